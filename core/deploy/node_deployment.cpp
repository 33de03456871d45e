#include "core/deploy/node_deployment.h"

#include <fmt/format.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/deploy/node_scripts.h"
#include "core/deploy/side_by_side.h"
#include "core/deploy/upload.h"

namespace longship {
namespace {

using nlohmann::json;

constexpr std::size_t kTokenBytes = 8;
// Unpacking and hashing hundreds of MB on a slow disk says nothing meanwhile.
constexpr std::chrono::seconds kUploadSilence{180};

std::string textOf(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The agent's endpoint file, as the node sent it: only what a roster needs, and that checked.
Result<RosterEntry> entryOf(const NodeId& node, const std::string& text) {
    const json file = json::parse(text, nullptr, false);
    if (!file.is_object()) {
        return failure(ErrorKind::Corrupt,
                       "The agent there does not say where it listens: " + printable(text, 300));
    }
    const RosterEntry entry{NodeId(textOf(file, "node")), textOf(file, "endpoint"),
                            textOf(file, "publicKey")};
    if (!isPublicKey(entry.publicKey) || !entry.endpoint.starts_with("tcp://")) {
        return failure(ErrorKind::Corrupt, "The agent there names no endpoint and no key.");
    }
    if (entry.node != node) {
        return failure(
            ErrorKind::Refused,
            fmt::format("The agent that runs there is called {}, not {}: is it the same machine twice?",
                        printable(entry.node.value, 64), node.value));
    }
    return entry;
}

/// One node, step by step.
class Deployment {
public:
    Deployment(const SshNode& node, const DeployOrder& order, const SshAccess& access, std::stop_token stop,
               const std::function<void(const DeployProgress&)>& progress)
        : m_node(node), m_order(order), m_access(access), m_stop(std::move(stop)), m_progress(progress) {}

    Result<void> run(NodeDeployment& result) {
        LONGSHIP_TRY(connect());
        say("look");
        LONGSHIP_ASSIGN(const NodeFacts facts, lookAt(*m_session, m_stop));
        tellLooked(isNeededByRun(facts, m_order.bundle));
        LONGSHIP_ASSIGN(const auto steps, planDeploy(facts, m_order.bundle));
        result.skipped = true;
        for (const DeployStep& step : steps) {
            // How many bytes a packed runtime has is known once it is packed.
            say(toString(step.kind), 0, step.kind == DeployStepKind::Runtime ? 0 : step.bytes);
            LONGSHIP_TRY(perform(step, result));
        }
        return {};
    }

    /// The others wait for it, also where nothing came of looking.
    void tellLooked(bool needed) {
        if (!std::exchange(m_hasLooked, true)) {
            m_order.round->lookedAt(needed);
        }
    }

private:
    void say(std::string_view step, std::uint64_t bytes = 0, std::uint64_t bytesTotal = 0) const {
        if (m_progress) {
            m_progress({m_node.node, std::string(step), bytes, bytesTotal});
        }
    }

    Result<void> connect() {
        say("connect");
        m_session.reset();
        LONGSHIP_ASSIGN(SshSession session,
                        SshSession::open(m_node.route, m_access.settings, m_access.questions, m_stop));
        m_session.emplace(std::move(session));
        return {};
    }

    Result<void> perform(const DeployStep& step, NodeDeployment& result) {
        switch (step.kind) {
            case DeployStepKind::Upload:
                result.skipped = false;
                result.bytes += step.bytes;
                return upload(*m_session, m_order.bundle, step.files, m_stop,
                              [&](std::uint64_t bytes) { say(toString(step.kind), bytes, step.bytes); });
            case DeployStepKind::ReadBack: return readBack(step);
            case DeployStepKind::Runtime: return sendRuntime(step, result);
            case DeployStepKind::Switch: result.skipped = false; return makeCurrent();
            case DeployStepKind::Start: return start(result);
            case DeployStepKind::Prove: return prove(result.entry);
        }
        return {};
    }

    Result<void> sendRuntime(const DeployStep& step, NodeDeployment& result) {
        result.skipped = false;
        RuntimePack& pack = m_order.round->pack;
        LONGSHIP_TRY(pack.prepare(step.files, m_stop));
        RuntimePack::Reader packed(pack, step.files);
        const std::uint64_t total = packed.bytesTotal();
        say(toString(step.kind), 0, total);
        LONGSHIP_TRY(uploadPacked(*m_session, m_order.bundle, packed, m_stop,
                                  [&](std::uint64_t bytes) { say(toString(step.kind), bytes, total); }));
        result.bytes += total;
        return {};
    }

    /// The bytes as they lie on the node, hashed here.
    Result<void> readBack(const DeployStep& step) {
        const auto& files = m_order.bundle.files;
        std::vector<std::string> arguments;
        for (const std::size_t index : step.files) {
            arguments.push_back(files[index].sha256);
        }
        arguments.emplace_back(".");
        std::size_t place = 0;
        std::uint64_t left = files[step.files.front()].bytes;
        Sha256 digest;
        const auto finishFiles = [&]() -> Result<void> {
            while (place < step.files.size() && left == 0) {
                if (digest.hex() != files[step.files[place]].sha256) {
                    return failure(ErrorKind::Corrupt,
                                   fmt::format("{} came back from the node with other bytes than it "
                                               "was sent with: is its disk or its memory broken?",
                                               files[step.files[place]].path));
                }
                digest = Sha256();
                left = ++place < step.files.size() ? files[step.files[place]].bytes : 0;
            }
            return {};
        };
        ScriptCall call{node_scripts::kReadBack, arguments, {}};
        call.output = [&](std::span<const std::byte> bytes) -> Result<void> {
            while (!bytes.empty() && place < step.files.size()) {
                const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left));
                digest.update(bytes.first(count));
                bytes = bytes.subspan(count);
                left -= count;
                LONGSHIP_TRY(finishFiles());
            }
            return bytes.empty()
                       ? Result<void>()
                       : failure(ErrorKind::Corrupt, "More bytes came back from the node than it was sent.");
        };
        LONGSHIP_TRY(NodeShell(*m_session).must(call, "Reading back", m_stop));
        if (place < step.files.size()) {
            return failure(ErrorKind::Corrupt, "Fewer bytes came back from the node than it was sent.");
        }
        return {};
    }

    Result<void> makeCurrent() {
        LONGSHIP_TRY(m_order.round->mayReplace(m_stop));
        std::vector<std::string> arguments{randomHex(kTokenBytes), m_order.bundle.id};
        for (const BundleFile& file : m_order.bundle.files) {
            arguments.push_back(file.sha256 + " " + file.path);
        }
        arguments.emplace_back(".");
        LONGSHIP_TRY(NodeShell(*m_session)
                         .must({node_scripts::kSwitch, arguments, {}, {}, kUploadSilence},
                               "Switching to the version", m_stop));
        return {};
    }

    Result<void> start(NodeDeployment& result) {
        LONGSHIP_ASSIGN(
            const ScriptAnswer answer,
            NodeShell(*m_session)
                .must({node_scripts::kStart, {m_order.cluster, m_node.node.value, m_order.ownerKey}, {}},
                      "Starting the agent", m_stop));
        const auto endpoint = answer.output.find("\nendpoint\n");
        const NodeFacts facts = parseFacts(answer.output.substr(0, endpoint));
        result.skipped = result.skipped && facts.value("started") == "no";
        result.afterReboot = printable(facts.value("after_reboot"), 20);
        result.died = printable(facts.value("died"), 300);
        LONGSHIP_ASSIGN(
            result.entry,
            entryOf(m_node.node, endpoint == std::string::npos ? "" : answer.output.substr(endpoint + 10)));
        return {};
    }

    Result<void> prove(const RosterEntry& entry) {
        LONGSHIP_TRY(connect());
        LONGSHIP_ASSIGN(
            const ScriptAnswer answer,
            NodeShell(*m_session)
                .must({node_scripts::kFindAgent, {m_order.cluster}, {}}, "Finding the agent", m_stop));
        const auto found = entryOf(m_node.node, answer.output);
        if (!found || *found != entry) {
            return failure(
                ErrorKind::Unavailable,
                "Its agent did not survive the end of the connection. The machine seems to end what a user "
                "leaves behind: \"loginctl enable-linger\" there, or KillUserProcesses=no in "
                "/etc/systemd/logind.conf, lets it stay.");
        }
        return {};
    }

    const SshNode& m_node;
    const DeployOrder& m_order;
    const SshAccess& m_access;
    std::stop_token m_stop;
    const std::function<void(const DeployProgress&)>& m_progress;
    std::optional<SshSession> m_session;
    bool m_hasLooked = false;
};

Result<std::uint64_t> removeFrom(const SshNode& node, const std::string& cluster, const SshAccess& access,
                                 const std::stop_token& stop) {
    LONGSHIP_ASSIGN(SshSession session,
                    SshSession::open(node.route, access.settings, access.questions, stop));
    LONGSHIP_ASSIGN(const ScriptAnswer answer, NodeShell(session).must({node_scripts::kRemove, {cluster}, {}},
                                                                       "Removing Longship", stop));
    return parseFacts("kib=" + answer.output).number("kib") * 1024;
}

}  // namespace

Result<NodeFacts> lookAt(SshSession& session, std::stop_token stop, std::string* noise) {
    LONGSHIP_ASSIGN(
        const ScriptAnswer answer,
        NodeShell(session).must({node_scripts::kProbe, {}, {}}, "Looking at the machine", std::move(stop)));
    if (noise != nullptr) {
        *noise = answer.noise;
    }
    return parseFacts(answer.output);
}

NodeDeployment deployNode(const SshNode& node, const DeployOrder& order, const SshAccess& access,
                          std::stop_token stop, const std::function<void(const DeployProgress&)>& progress) {
    NodeDeployment result;
    result.node = node.node;
    DeployRound alone(order.bundle, 1);
    DeployOrder together = order;
    together.round = order.round == nullptr ? &alone : order.round;
    const TimePoint begin = BootClock::now();
    Deployment deployment(node, together, access, std::move(stop), progress);
    auto done = deployment.run(result);
    deployment.tellLooked(false);
    if (!done) {
        result.error = std::move(done).error();
        result.skipped = false;
    }
    result.seconds = toSeconds(BootClock::now() - begin);
    return result;
}

std::vector<NodeDeployment> deployNodes(const std::vector<SshNode>& nodes, const DeployOrder& order,
                                        const SshAccess& access, std::stop_token stop,
                                        const std::function<void(const DeployProgress&)>& progress) {
    std::vector<NodeDeployment> results(nodes.size());
    std::mutex mutex;
    const auto oneAtATime = oneByOne(mutex, progress);
    DeployRound round(order.bundle, nodes.size());
    DeployOrder together = order;
    together.round = &round;
    sideBySide(nodes.size(), [&](std::size_t index) {
        results[index] = deployNode(nodes[index], together, access, stop, oneAtATime);
    });
    return results;
}

std::vector<NodeRemoval> removeFromNodes(const std::vector<SshNode>& nodes, const std::string& cluster,
                                         const SshAccess& access, std::stop_token stop) {
    std::vector<NodeRemoval> results(nodes.size());
    sideBySide(nodes.size(), [&](std::size_t index) {
        results[index].node = nodes[index].node;
        auto freed = removeFrom(nodes[index], cluster, access, stop);
        if (freed) {
            results[index].bytesFreed = *freed;
        } else {
            results[index].error = std::move(freed).error();
        }
    });
    return results;
}

}  // namespace longship
