// What starts an agent again when its machine was: with stand-ins for systemctl, loginctl and crontab, which
// show that they are asked for the right things, not that systemd and cron do them.
#include <gtest/gtest.h>

#include <fstream>
#include <optional>

#include "core/base/digest.h"
#include "core/base/files.h"
#include "core/deploy/node_deployment.h"
#include "tests/core/deploy/ssh/test_sshd.h"

namespace longship::test {
namespace {

/// Publishes an endpoint, stays until that is gone, ends when asked.
constexpr const char* kAgent =
    "#!/bin/sh\n"
    "while [ $# -gt 0 ]; do case $1 in --home) home=$2 ;; --node) node=$2 ;; --owner-key) key=$2 ;; esac; "
    "shift; done\n"
    "cd \"$home\"\n"
    "printf '{\"endpoint\":\"tcp://127.0.0.1:1\",\"node\":\"%s\",\"publicKey\":\"%s\"}' \"$node\" \"$key\" > "
    "endpoint\n"
    "setsid sh -c 'trap \"exit 0\" TERM; while [ -e endpoint ]; do sleep 0.1; done' sh --home \"$home\" "
    "\"$0\" < /dev/null > /dev/null 2>&1 &\n";

constexpr const char* kSystemctl =
    "#!/bin/sh\n"
    "echo \"$*\" >> \"$HOME/asked\"\n"
    "units=$HOME/.config/systemd/user\n"
    "case \"$2\" in\n"
    "  restart) command=$(sed -n 's/^ExecStart=//p' \"$units/$3\")\n"
    "    setsid sh -c \"$command\" < /dev/null > /dev/null 2>&1 & ;;\n"
    "  enable) mkdir -p \"$units/default.target.wants\"; ln -sf \"../$3\" \"$units/default.target.wants/$3\" "
    ";;\n"
    "  disable) rm -f \"$units/default.target.wants/$3\" ;;\n"
    "esac\n";
constexpr const char* kLoginctl =
    "#!/bin/sh\n"
    "case \"$*\" in\n"
    "  show-user*) cat \"$HOME/linger\" ;;\n"
    "  *enable-linger) echo yes > \"$HOME/linger\" ;;\n"
    "  *disable-linger) echo no > \"$HOME/linger\" ;;\n"
    "esac\n";
constexpr const char* kCrontab =
    "#!/bin/sh\n"
    "case \"$1\" in\n"
    "  -l) cat \"$HOME/crontab\" 2>/dev/null || { echo \"no crontab for me\" >&2; exit 1; } ;;\n"
    "  -r) rm \"$HOME/crontab\" ;;\n"
    "  -) cat > \"$HOME/crontab.new\"; mv \"$HOME/crontab.new\" \"$HOME/crontab\" ;;\n"
    "esac\n";

class AfterRebootTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = whyNoSshd(); !why.empty()) {
            GTEST_SKIP() << why;
        }
        if (runProgram({"uname", "-m"}) != "x86_64\n") {
            GTEST_SKIP() << "written for x86_64";
        }
        server.emplace();
        BundleFile agent{"bin/longship-agent", {}, kAgent, std::string(kAgent).size(), {}, true};
        agent.sha256 = sha256Hex(std::as_bytes(std::span(agent.text)));
        bundle.architecture = "x86_64";
        bundle.files = {agent};
        bundle.id = idOf(bundle);
    }
    void TearDown() override {
        if (!bundle.files.empty()) {
            remove();
        }
    }
    void tool(const std::string& name, const char* text) const {
        const auto file = server->tools() / name;
        std::ofstream(file) << text;
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    }
    NodeDeployment deploy() {
        auto result = deployNode({NodeId("n1"), {{server->hop()}}}, {"lab", key, bundle},
                                 {settings, questions}, {}, {});
        EXPECT_FALSE(result.error) << result.error->text;
        return result;
    }
    void remove() {
        const auto removed =
            removeFromNodes({{NodeId("n1"), {{server->hop()}}}}, "lab", {settings, questions}, {});
        EXPECT_FALSE(removed[0].error) << removed[0].error->text;
        EXPECT_FALSE(std::filesystem::exists(server->home() / ".local/share/longship"));
    }
    std::filesystem::path agentHome() const {
        return server->home() / ".local/share/longship/agents/lab/home";
    }
    std::string fileOf(const std::string& name) const {
        return readFile(server->home() / name).value_or("none");
    }

    TempFolder folder;
    SshSettings settings = settingsIn(folder.path());
    ScriptedQuestions questions;
    std::string key = KeyPair::generate().publicKey;
    std::optional<TestSshd> server;
    Bundle bundle;
};

TEST_F(AfterRebootTest, SystemdStartsItWhereTheUserMayLinger) {
    tool("systemctl", kSystemctl);
    tool("loginctl", kLoginctl);
    tool("crontab", kCrontab);
    std::ofstream(server->home() / "linger") << "no\n";
    EXPECT_EQ(deploy().afterReboot, "systemd");
    EXPECT_EQ(fileOf("linger"), "yes\n");
    const std::string unit = ".config/systemd/user/longship-lab.service";
    EXPECT_NE(fileOf(unit).find("agents/lab/start\" --supervise --foreground"), std::string::npos)
        << fileOf(unit);
    EXPECT_NE(fileOf("asked").find("--user enable longship-lab.service"), std::string::npos);
    EXPECT_NE(fileOf("asked").find("--user restart longship-lab.service"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(server->home() / "crontab"));
    EXPECT_TRUE(deploy().skipped);

    remove();
    EXPECT_NE(fileOf("asked").find("--user disable longship-lab.service"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(server->home() / ".config/systemd"));
    EXPECT_EQ(fileOf("linger"), "no\n") << "was made for us";
}

TEST_F(AfterRebootTest, CronStartsItElsewhereAndTheUsersLinesStay) {
    tool("crontab", kCrontab);
    std::ofstream(server->home() / "crontab") << "0 4 * * * backup\n";
    // Any process of that name is taken for the daemon.
    std::filesystem::copy_file("/bin/sleep", folder.path() / "cron");
    const std::string cron =
        runProgram({"sh", "-c", (folder.path() / "cron").string() + " 300 > /dev/null 2>&1 & echo $!"});
    const auto first = deploy();
    EXPECT_EQ(first.afterReboot, "cron");
    EXPECT_TRUE(fileOf("crontab").starts_with("0 4 * * * backup\n@reboot ")) << fileOf("crontab");
    const std::string once = fileOf("crontab");
    EXPECT_TRUE(deploy().skipped);
    EXPECT_EQ(fileOf("crontab"), once);

    // As after a reboot: the agent is gone, and cron does what its line says.
    std::filesystem::remove(agentHome() / "endpoint");
    const std::string line = once.substr(once.find("@reboot ") + 8);
    runProgram({"sh", "-c", line});
    EXPECT_EQ(deploy().entry, first.entry);

    remove();
    EXPECT_EQ(fileOf("crontab"), "0 4 * * * backup\n");
    runProgram({"sh", "-c", "kill " + cron});
}

TEST_F(AfterRebootTest, WhereNothingStartsItThatIsSaidAndWhyItDiedOnce) {
    const auto first = deploy();
    EXPECT_EQ(first.afterReboot, "no");
    EXPECT_EQ(first.died, "");
    std::ofstream(agentHome() / "died") << "2026-11-23T12:00:00.000Z The agent died (killed by SIGSEGV)\n";
    EXPECT_NE(deploy().died.find("SIGSEGV"), std::string::npos);
    EXPECT_EQ(deploy().died, "");
}

}  // namespace
}  // namespace longship::test
