#include "core/deploy/node_deployment.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <fstream>
#include <thread>
#include <tuple>

#include "core/base/digest.h"
#include "core/base/files.h"
#include "tests/core/deploy/ssh/test_sshd.h"

namespace longship::test {
namespace {

/// A stand-in for the agent: unpacks as the real one does, publishes an endpoint, stays, ends when asked.
constexpr const char* kAgent =
    "#!/bin/sh\n"
    "# version %\n"
    "if [ \"$1\" = --unpack ]; then exec " LONGSHIP_AGENT
    " \"$@\"; fi\n"
    "while [ $# -gt 0 ]; do case $1 in --home) home=$2 ;; --node) node=$2 ;; esac; shift; done\n"
    "cd \"$home\"\n"
    "[ -f key ] || echo 'Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID' > key\n"
    "key=$(cat key)\n"
    "printf '{\"endpoint\":\"tcp://127.0.0.1:1\",\"node\":\"%s\",\"publicKey\":\"%s\"}' \"$node\" \"$key\" > "
    "endpoint\n"
    "setsid sh -c 'trap \"exit 0\" TERM; while [ -e endpoint ]; do sleep 0.1; done' sh --home \"$home\" "
    "\"$0\" "
    "< /dev/null > /dev/null 2>&1 &\n";

std::string replaced(std::string text, const std::string& with) {
    return text.replace(text.find('%'), 1, with);
}

BundleFile fileOf(std::string path, std::string text, bool ofAgent) {
    BundleFile file{std::move(path), {}, std::move(text), 0, {}, ofAgent};
    file.bytes = file.text.size();
    file.sha256 = sha256Hex(std::as_bytes(std::span(file.text)));
    return file;
}

/// A bundle of scripts and of `libraryBytes` of something incompressible.
Bundle bundleOf(const std::string& version, std::size_t libraryBytes = 100'000) {
    std::string library(libraryBytes, '\0');
    for (std::size_t index = 0; index < library.size(); ++index) {
        library[index] = static_cast<char>((index * 2654435761U) >> 13);
    }
    Bundle bundle;
    bundle.architecture = "x86_64";
    bundle.files = {fileOf("bin/longship-agent", replaced(kAgent, version), true),
                    fileOf("lib/empty", "", true), fileOf("lib/one", version + library, true),
                    fileOf("lib/same", library, false), fileOf("lib/two", "x" + library, false)};
    const std::string manifest = manifestOf(bundle);
    bundle.id = sha256Hex(std::as_bytes(std::span(manifest)));
    return bundle;
}

class NodeDeploymentTest : public ::testing::Test {
protected:
    /// A server that is made after another may get its port, with a key of its own.
    void forgetServers() { std::filesystem::remove(settings.acceptedKeys); }

    void SetUp() override {
        if (const std::string why = whyNoSshd(); !why.empty()) {
            GTEST_SKIP() << why;
        }
        if (runProgram({"uname", "-m"}) != "x86_64\n") {
            GTEST_SKIP() << "written for x86_64";
        }
    }

    static SshNode nodeOn(const TestSshd& server, const std::string& name = "n1") {
        return {NodeId(name), {{server.hop()}}};
    }
    NodeDeployment deploy(const TestSshd& server, const Bundle& bundle, std::stop_token stop = {},
                          const std::function<void(const DeployProgress&)>& progress = {}) {
        return deployNode(nodeOn(server), {"lab", key, bundle}, {settings, questions}, std::move(stop),
                          progress);
    }
    std::vector<NodeRemoval> remove(const TestSshd& server) {
        return removeFromNodes({nodeOn(server)}, "lab", {settings, questions}, {});
    }
    static std::filesystem::path base(const TestSshd& server) {
        return server.home() / ".local/share/longship";
    }
    static std::size_t countIn(const std::filesystem::path& folder) {
        std::size_t count = 0;
        for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) {
            ++count;
        }
        return count;
    }

    TempFolder folder;
    SshSettings settings = settingsIn(folder.path());
    ScriptedQuestions questions;
    std::string key = KeyPair::generate().publicKey;
};

TEST_F(NodeDeploymentTest, ANodeIsMadeAndMadeAgainAndRemoved) {
    const TestSshd server;
    const Bundle bundle = bundleOf("1");
    std::vector<std::string> steps;
    const auto first = deploy(server, bundle, {}, [&](const DeployProgress& now) {
        if (steps.empty() || steps.back() != now.step) {
            steps.push_back(now.step);
        }
    });
    ASSERT_FALSE(first.error) << first.error->text;
    EXPECT_EQ(steps, (std::vector<std::string>{"connect", "look", "upload", "verify", "runtime", "switch",
                                               "start", "prove", "connect"}));
    EXPECT_GT(first.bytes, bundle.agentBytes());
    EXPECT_LT(first.bytes, bundle.bytes()) << "the rest went packed";
    EXPECT_FALSE(first.skipped);
    EXPECT_EQ(first.entry.node.value, "n1");
    EXPECT_FALSE(first.afterReboot.empty());
    EXPECT_EQ(countIn(base(server) / "store"), bundle.files.size());
    EXPECT_EQ(readFile(base(server) / "current").value_or(""), bundle.id + "\n");
    EXPECT_EQ(readFile(base(server) / "versions" / bundle.id / "lib/one").value_or(""), bundle.files[2].text);
    struct stat status {};
    ASSERT_EQ(::stat(base(server).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700u);

    const auto second = deploy(server, bundle);
    ASSERT_FALSE(second.error) << second.error->text;
    EXPECT_TRUE(second.skipped);
    EXPECT_EQ(second.bytes, 0u);
    EXPECT_LT(second.seconds, 10);
    RecordProperty("seconds_when_all_is_there", std::to_string(second.seconds));
    EXPECT_EQ(second.entry, first.entry);

    const auto removed = remove(server);
    ASSERT_FALSE(removed[0].error) << removed[0].error->text;
    EXPECT_GE(removed[0].bytesFreed, bundle.bytes());
    EXPECT_FALSE(std::filesystem::exists(base(server)));
    const auto nothing = remove(server);
    ASSERT_FALSE(nothing[0].error) << nothing[0].error->text;
    EXPECT_EQ(nothing[0].bytesFreed, 0u);
}

TEST_F(NodeDeploymentTest, LookingLeavesNothingBehind) {
    const TestSshd server;
    auto session = SshSession::open({{server.hop()}}, settings, questions);
    ASSERT_TRUE(session.has_value());
    const auto facts = lookAt(*session, {});
    ASSERT_TRUE(facts.has_value()) << facts.error().text;
    EXPECT_EQ(facts->value("writable"), "yes");
    EXPECT_EQ(facts->value("executable"), "yes");
    EXPECT_GT(facts->number("free_kib"), 0u);
    EXPECT_GT(facts->number("memory_kib"), 0u);
    EXPECT_GT(facts->number("clock"), 1'600'000'000u);
    EXPECT_GT(facts->number("processors"), 0u);
    EXPECT_TRUE(facts->missingTools.empty());
    EXPECT_TRUE(std::filesystem::is_empty(server.home()));
}

TEST_F(NodeDeploymentTest, ANewVersionReplacesTheAgentAndTwoAreKept) {
    const TestSshd server;
    std::vector<std::string> ids;
    for (const std::string version : {"1", "2", "3"}) {
        const Bundle bundle = bundleOf(version);
        ids.push_back(bundle.id);
        const auto result = deploy(server, bundle);
        ASSERT_FALSE(result.error) << result.error->text;
        // An hour later, as far as the store can tell.
        runProgram(
            {"find", (base(server) / "store").string(), "-exec", "touch", "-d", "2 hours ago", "{}", "+"});
    }
    EXPECT_EQ(readFile(base(server) / "current").value_or(""), ids[2] + "\n" + ids[1] + "\n");
    EXPECT_FALSE(std::filesystem::exists(base(server) / "versions" / ids[0]));
    EXPECT_TRUE(std::filesystem::exists(base(server) / "versions" / ids[1] / "manifest"));
    // Three files are the same in all; the two others of each kept version.
    EXPECT_EQ(countIn(base(server) / "store"), 7u);
    EXPECT_EQ(countIn(base(server) / "versions"), 2u);
    // Back to the one before: nothing is sent.
    const auto back = deploy(server, bundleOf("2"));
    EXPECT_EQ(back.bytes, 0u);
    EXPECT_FALSE(back.skipped);
    EXPECT_EQ(readFile(base(server) / "current").value_or(""), ids[1] + "\n" + ids[2] + "\n");
    remove(server);
}

TEST_F(NodeDeploymentTest, AnUploadCutAnywhereIsGoneOnWithAndNeverHalfUsed) {
    const Bundle bundle = bundleOf("1", 1'500'000);
    for (unsigned tenth = 0; tenth <= 10; ++tenth) {
        const TestSshd server;
        std::stop_source stop;
        const auto cut = deploy(server, bundle, stop.get_token(), [&](const DeployProgress& now) {
            if ((now.step == "upload" || now.step == "runtime") && now.bytesTotal > 0 &&
                now.bytes * 10 >= now.bytesTotal * tenth) {
                stop.request_stop();
            }
        });
        ASSERT_TRUE(cut.error) << tenth;
        EXPECT_EQ(cut.error->kind, ErrorKind::Interrupted) << cut.error->text;
        EXPECT_FALSE(std::filesystem::exists(base(server) / "current"));
        const auto again = deploy(server, bundle);
        ASSERT_FALSE(again.error) << tenth << ": " << again.error->text;
        EXPECT_EQ(readFile(base(server) / "versions" / bundle.id / "lib/two").value_or(""),
                  bundle.files[4].text);
        remove(server);
        forgetServers();
    }
}

TEST_F(NodeDeploymentTest, AnInterruptedStepIsDoneAgain) {
    const Bundle bundle = bundleOf("1");
    for (const std::string step : {"verify", "runtime", "switch", "start", "prove"}) {
        const TestSshd server;
        std::stop_source stop;
        const auto cut = deploy(server, bundle, stop.get_token(), [&](const DeployProgress& now) {
            if (now.step == step) {
                stop.request_stop();
            }
        });
        EXPECT_TRUE(cut.error) << step;
        const auto again = deploy(server, bundle);
        ASSERT_FALSE(again.error) << step << ": " << again.error->text;
        remove(server);
        forgetServers();
        EXPECT_FALSE(std::filesystem::exists(base(server)));
    }
}

TEST_F(NodeDeploymentTest, ADamagedFileIsNeverUsed) {
    const TestSshd server;
    const Bundle bundle = bundleOf("1");
    const auto store = base(server) / "store";
    std::filesystem::create_directories(store);
    std::ofstream(store / bundle.files[2].sha256) << std::string(bundle.files[2].bytes, 'x');
    const auto refused = deploy(server, bundle);
    ASSERT_TRUE(refused.error);
    EXPECT_NE(refused.error->text.find("damaged"), std::string::npos) << refused.error->text;
    const auto again = deploy(server, bundle);
    ASSERT_FALSE(again.error) << again.error->text;
    remove(server);
}

TEST_F(NodeDeploymentTest, TwoAtOnceEndInOneVersion) {
    const TestSshd server;
    const Bundle bundle = bundleOf("1", 500'000);
    ASSERT_FALSE(remove(server)[0].error);  // accepts the key
    std::vector<NodeDeployment> results(2);
    {
        std::vector<std::jthread> threads;
        for (NodeDeployment& result : results) {
            threads.emplace_back([&] {
                NoQuestions nobody;
                result = deployNode(nodeOn(server), {"lab", key, bundle}, {settings, nobody}, {}, {});
            });
        }
    }
    const auto settled = deploy(server, bundle);
    EXPECT_FALSE(settled.error) << settled.error->text;
    EXPECT_TRUE(settled.skipped);
    EXPECT_EQ(countIn(base(server) / "versions"), 1u);
    EXPECT_TRUE(!results[0].error || !results[1].error);
    remove(server);
}

TEST_F(NodeDeploymentTest, ARunOnOneNodeKeepsTheVersionOfAll) {
    const TestSshd busy;
    const TestSshd idle;
    const std::vector<SshNode> nodes{nodeOn(busy, "n1"), nodeOn(idle, "n2")};
    const auto deployAll = [&](const Bundle& bundle) {
        return deployNodes(nodes, {"lab", key, bundle}, {settings, questions}, {}, {});
    };
    const Bundle old = bundleOf("1");
    for (const auto& result : deployAll(old)) {
        ASSERT_FALSE(result.error) << result.error->text;
    }
    const std::string worker = (base(busy) / "versions" / old.id / "libexec/longship-worker").string();
    const std::string process = runProgram(
        {"sh", "-c", "sh -c 'sleep 300; :' " + worker + " --task worker-0 > /dev/null 2>&1 & echo $!"});
    for (const auto& result : deployAll(bundleOf("2"))) {
        ASSERT_TRUE(result.error) << result.node.value;
        EXPECT_EQ(result.error->kind, ErrorKind::Refused);
        EXPECT_NE(result.error->text.find("stop the run"), std::string::npos) << result.error->text;
    }
    for (const TestSshd* server : {&busy, &idle}) {
        EXPECT_EQ(readFile(base(*server) / "current").value_or(""), old.id + "\n");
    }
    for (const auto& result : deployAll(old)) {
        EXPECT_FALSE(result.error) << "the version that the run uses";
        EXPECT_TRUE(result.skipped);
    }
    runProgram({"sh", "-c", "pkill -P " + process.substr(0, process.size() - 1) + "; kill " + process});
    const auto replaced = deployAll(bundleOf("2"));
    EXPECT_FALSE(replaced[0].error) << replaced[0].error->text;
    EXPECT_FALSE(replaced[1].error) << replaced[1].error->text;
    remove(busy);
    remove(idle);
}

TEST_F(NodeDeploymentTest, AChattyShellDoesNotDisturb) {
    const TestSshd server;
    std::ofstream(server.home() / ".bashrc") << "echo Welcome to the lab; echo disk quota 90% >&2\n";
    auto session = SshSession::open({{server.hop()}}, settings, questions);
    std::string noise;
    const auto facts = lookAt(*session, {}, &noise);
    ASSERT_TRUE(facts.has_value()) << facts.error().text;
    if (noise.empty()) {
        GTEST_SKIP() << "the login shell of this user is not bash";
    }
    EXPECT_EQ(noise, "Welcome to the lab");
    const auto result = deploy(server, bundleOf("1"));
    EXPECT_FALSE(result.error) << result.error->text;
    remove(server);
}

TEST_F(NodeDeploymentTest, ABrokenShellIsRecognised) {
    const TestSshd server;
    std::ofstream(server.home() / ".bashrc") << "echo no entry; exit 1\n";
    auto session = SshSession::open({{server.hop()}}, settings, questions);
    const auto facts = lookAt(*session, {});
    if (facts.has_value()) {
        GTEST_SKIP() << "the login shell of this user is not bash";
    }
    EXPECT_EQ(facts.error().kind, ErrorKind::Refused);
    EXPECT_NE(facts.error().text.find("no entry"), std::string::npos) << facts.error().text;
    EXPECT_NE(facts.error().text.find(".bashrc"), std::string::npos) << facts.error().text;
}

TEST_F(NodeDeploymentTest, ArgumentsAreNotInterpreted) {
    const TestSshd server;
    auto session = SshSession::open({{server.hop()}}, settings, questions);
    const std::string odd = R"(a $(touch here) `id` 'q' "d" \n ; & | * ~ !x)";
    const std::string script = "read -r word; printf %s \"$word\"; cat";
    std::string_view rest = "payload\n\x01";
    ScriptCall call{script, {odd}, [&](std::span<std::byte> bytes) -> Result<std::size_t> {
                        const std::size_t count = rest.size();
                        std::memcpy(bytes.data(), rest.data(), count);
                        rest = {};
                        return count;
                    }};
    const auto answer = NodeShell(*session).must(call, "it");
    ASSERT_TRUE(answer.has_value()) << answer.error().text;
    EXPECT_EQ(answer->output, odd + "payload\n\x01");
}

TEST_F(NodeDeploymentTest, HomesWhereItCannotWorkAreToldBeforeAnyCopy) {
    if (!canMount()) {
        GTEST_SKIP() << "needs the right to make mount namespaces (root)";
    }
    const std::tuple<const char*, const char*, ErrorKind> cases[] = {
        {"mount -t tmpfs -o noexec none \"$HOME\"", "noexec", ErrorKind::Refused},
        {"mount -t tmpfs none \"$HOME\"; mount -o remount,ro \"$HOME\"", "read-only", ErrorKind::Refused},
        {"mount -t tmpfs -o size=40m none \"$HOME\"", "are free", ErrorKind::Exhausted},
        {"mount -t tmpfs -o size=1m none \"$HOME\"; head -c 2000000 /dev/zero > \"$HOME\"/full || true",
         "disk full", ErrorKind::Refused}};
    for (const auto& [mounts, word, kind] : cases) {
        const TestSshd server({"ed25519"}, "", 0, mounts);
        const auto result = deploy(server, bundleOf("1"));
        ASSERT_TRUE(result.error) << word;
        EXPECT_EQ(result.error->kind, kind) << result.error->text;
        EXPECT_NE(result.error->text.find(word), std::string::npos) << result.error->text;
    }
}

TEST_F(NodeDeploymentTest, TheSameMachineTwiceIsNoticed) {
    const TestSshd server;
    const Bundle bundle = bundleOf("1");
    ASSERT_FALSE(deploy(server, bundle).error);
    const auto twin = deployNode(nodeOn(server, "n2"), {"lab", key, bundle}, {settings, questions}, {}, {});
    ASSERT_TRUE(twin.error);
    EXPECT_NE(twin.error->text.find("same machine twice"), std::string::npos) << twin.error->text;
    remove(server);
}

TEST_F(NodeDeploymentTest, SeveralNodesSideBySideTheFailedOneAlone) {
    const TestSshd good;
    TestSshd dead;
    const TestSshd other;
    dead.kill();
    const Bundle bundle = bundleOf("1");
    const auto results = deployNodes({nodeOn(good, "n1"), nodeOn(dead, "n2"), nodeOn(other, "n3")},
                                     {"lab", key, bundle}, {settings, questions}, {}, {});
    ASSERT_EQ(results.size(), 3u);
    EXPECT_FALSE(results[0].error) << results[0].error->text;
    ASSERT_TRUE(results[1].error);
    EXPECT_EQ(results[1].error->kind, ErrorKind::Unavailable);
    EXPECT_FALSE(results[2].error) << results[2].error->text;
    remove(good);
    remove(other);
}

}  // namespace
}  // namespace longship::test
