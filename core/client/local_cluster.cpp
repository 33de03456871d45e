#include "core/client/local_cluster.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "core/client/agent_process.h"
#include "core/client/agent_talk.h"
#include "core/client/cluster_record.h"
#include "core/client/file_lock.h"
#include "core/protocol/limits.h"

namespace longship {
namespace {

using std::chrono::seconds;

constexpr seconds kLockPatience{60};
constexpr seconds kStartPatience{20};
constexpr seconds kAnswerPatience{10};
constexpr seconds kShutdownPatience{10};
constexpr seconds kSignalPatience{5};

/// node-a … node-z, node-aa …
NodeId nodeName(unsigned index) {
    std::string letters;
    for (unsigned rest = index + 1; rest > 0; rest = (rest - 1) / 26) {
        letters.insert(letters.begin(), static_cast<char>('a' + (rest - 1) % 26));
    }
    return NodeId("node-" + letters);
}

Result<void> checkOptions(const LocalClusterOptions& options) {
    const bool named =
        !options.name.empty() && options.name.front() != '.' &&
        std::all_of(options.name.begin(), options.name.end(), [](unsigned char letter) {
            return std::isalnum(letter) != 0 || letter == '-' || letter == '_' || letter == '.';
        });
    if (!named) {
        return failure(
            ErrorKind::BadInput,
            fmt::format("\"{}\" cannot be the name of a cluster: letters, digits, '-', '_' and '.' can.",
                        options.name));
    }
    if (options.nodes < 1 || options.nodes > kNodesMax) {
        return failure(ErrorKind::BadInput,
                       fmt::format("A cluster has 1 to {} nodes, not {}.", kNodesMax, options.nodes));
    }
    for (const auto& program : {options.agentProgram, options.workerProgram}) {
        std::error_code ignored;
        if (!std::filesystem::is_regular_file(program, ignored)) {
            return failure(
                ErrorKind::NotFound,
                fmt::format("The program {} is missing: install Longship again, or build all of it.",
                            program.string()));
        }
    }
    return {};
}

/// The record to go on with: the old one where its nodes are the wanted ones, with the endpoints of the
/// agents that still run.
Result<ClusterRecord> wantedRecord(const ClusterFiles& cluster, const LocalClusterOptions& options) {
    ClusterRecord record{options.name, true, {}};
    for (unsigned index = 0; index < options.nodes; ++index) {
        record.nodes.push_back({nodeName(index), {}, {}});
    }
    const auto old = readClusterRecord(cluster);
    if (old && !old->local) {
        return failure(ErrorKind::Refused,
                       fmt::format("The cluster {} is not one of this machine alone; choose another name.",
                                   options.name));
    }
    if (old && old->nodes.size() != record.nodes.size()) {
        const bool runs = std::any_of(old->nodes.begin(), old->nodes.end(), [&](const RosterEntry& entry) {
            return runningAgent(nodeHome(cluster, entry.node)).has_value();
        });
        if (runs) {
            return failure(ErrorKind::Refused,
                           fmt::format("The cluster {} runs with {} nodes, not {}. Stop it first: "
                                       "longship cluster stop {}",
                                       options.name, old->nodes.size(), options.nodes, options.name));
        }
    }
    for (RosterEntry& entry : record.nodes) {
        if (const auto agent = runningAgent(nodeHome(cluster, entry.node))) {
            entry = {entry.node, agent->entry.endpoint, agent->entry.publicKey};
        }
    }
    return record;
}

/// A cluster of other nodes begins anew: what the agents agreed on before, the nodes of then agreed on. None
/// of them runs. The runs of each stay in its history.
Result<void> beginAnew(const ClusterFiles& cluster, const ClusterRecord& before,
                       const ClusterRecord& record) {
    for (const ClusterRecord* one : {&before, &record}) {
        for (const RosterEntry& entry : one->nodes) {
            for (const char* file : {"register", "roster.json"}) {
                const auto path = nodeHome(cluster, entry.node) / file;
                std::error_code code;
                std::filesystem::remove(path, code);
                if (code) {
                    return failure(ErrorKind::Io,
                                   fmt::format("Could not remove {}: {}.", path.string(), code.message()));
                }
            }
        }
    }
    return {};
}

Result<void> launch(const ClusterFiles& cluster, const LocalClusterOptions& options, const NodeId& node,
                    const KeyPair& keys) {
    const auto home = nodeHome(cluster, node);
    LONGSHIP_TRY(makePrivateFolder(home));
    std::error_code ignored;
    std::filesystem::remove(home / "endpoint", ignored);
    const std::vector<std::string> arguments{"--home",      home.string(),
                                             "--listen",    "127.0.0.1:0",
                                             "--owner-key", keys.publicKey,
                                             "--node",      node.value,
                                             "--worker",    options.workerProgram.string(),
                                             "--idle-exit", std::to_string(options.idleExit.count()),
                                             "--supervise"};
    auto started = startAgent(options.agentProgram, arguments, home / "start.log");
    if (!started) {
        return failure(started.error().within(node.value));
    }
    return {};
}

/// Starts the agents that are missing in the record and fills in their endpoints; writes the record after
/// each, so that clients can connect to the first nodes while the last ones start. True when any was started.
Result<bool> startMissing(const ClusterFiles& cluster, const LocalClusterOptions& options,
                          ClusterRecord& record, const KeyPair& keys) {
    std::vector<RosterEntry*> started;
    for (RosterEntry& entry : record.nodes) {
        if (entry.endpoint.empty()) {
            LONGSHIP_TRY(launch(cluster, options, entry.node, keys));
            started.push_back(&entry);
        }
    }
    const TimePoint deadline = BootClock::now() + kStartPatience;
    for (RosterEntry* entry : started) {
        LONGSHIP_ASSIGN(const auto agent,
                        waitForAgent(entry->node, nodeHome(cluster, entry->node), deadline));
        entry->endpoint = agent.entry.endpoint;
        entry->publicKey = agent.entry.publicKey;
        LONGSHIP_TRY(writeClusterRecord(cluster, record));
    }
    return !started.empty();
}

/// What workers are made of is some 100 MB of libraries: it is read from the disk while nobody needs it yet.
/// In the background; that it fails is told when a worker is started.
void readWorkerInAdvance(const std::filesystem::path& program, const std::filesystem::path& log) {
    static_cast<void>(startAgent(
        "/bin/sh", {"-c", "nice \"$0\" --version </dev/null >/dev/null 2>&1 &", program.string()}, log));
}

std::vector<RosterEntry> reachable(const ClusterRecord& record) {
    std::vector<RosterEntry> entries;
    std::copy_if(record.nodes.begin(), record.nodes.end(), std::back_inserter(entries),
                 [](const RosterEntry& entry) { return !entry.endpoint.empty(); });
    return entries;
}

bool anyRunning(const std::vector<ForeignProcess>& processes) {
    return std::any_of(processes.begin(), processes.end(),
                       [](const ForeignProcess& process) { return process.running(); });
}

/// Ends by signal what a Shutdown did not end.
void endBySignal(const std::map<NodeId, std::vector<ForeignProcess>>& nodes, int signal) {
    for (const auto& [node, processes] : nodes) {
        for (const ForeignProcess& process : processes) {
            if (process.running()) {
                process.signal(signal);
            }
        }
    }
    const TimePoint deadline = BootClock::now() + kSignalPatience;
    for (const auto& [node, processes] : nodes) {
        for (const ForeignProcess& process : processes) {
            process.waitForEnd(deadline);
        }
    }
}

}  // namespace

Result<ClusterFiles> ensureLocalCluster(const HomeFolders& home, const LocalClusterOptions& options) {
    LONGSHIP_TRY(checkOptions(options));
    const ClusterFiles cluster{options.name, home.data / "clusters" / options.name};
    LONGSHIP_TRY(makePrivateFolder(cluster.folder));
    LONGSHIP_ASSIGN(const FileLock lock, FileLock::take(cluster.folder / "lock", kLockPatience));
    LONGSHIP_ASSIGN(const KeyPair keys, loadClientKey(cluster));
    LONGSHIP_ASSIGN(ClusterRecord record, wantedRecord(cluster, options));
    if (const auto old = readClusterRecord(cluster); !old || *old != record) {
        if (old && old->nodes.size() != record.nodes.size()) {
            LONGSHIP_TRY(beginAnew(cluster, *old, record));
        }
        LONGSHIP_TRY(writeClusterRecord(cluster, record));
    }
    LONGSHIP_ASSIGN(const bool started, startMissing(cluster, options, record, keys));
    if (started) {
        readWorkerInAdvance(options.workerProgram, cluster.folder / "worker.log");
    }
    LONGSHIP_ASSIGN(AgentTalk talk, AgentTalk::open(keys, record.nodes, LONGSHIP_VERSION));
    const TimePoint deadline = BootClock::now() + kAnswerPatience;
    LONGSHIP_TRY(talk.greet(deadline));
    LONGSHIP_TRY(talk.handOut(record.roster(), deadline));
    return cluster;
}

Result<void> stopLocalCluster(const ClusterFiles& cluster) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(cluster.folder, ignored)) {
        return {};
    }
    LONGSHIP_ASSIGN(const FileLock lock, FileLock::take(cluster.folder / "lock", kLockPatience));
    LONGSHIP_ASSIGN(const ClusterRecord record, readClusterRecord(cluster));
    if (!record.local) {
        return failure(ErrorKind::Refused,
                       fmt::format("The agents of {} are not on this machine alone.", cluster.name));
    }
    std::map<NodeId, std::vector<ForeignProcess>> nodes;
    for (const RosterEntry& entry : record.nodes) {
        nodes[entry.node] = processesOf(nodeHome(cluster, entry.node));
    }
    LONGSHIP_ASSIGN(const KeyPair keys, loadClientKey(cluster));
    LONGSHIP_ASSIGN(AgentTalk talk, AgentTalk::open(keys, reachable(record), LONGSHIP_VERSION));
    talk.sayUntil(Shutdown{"its owner ended the cluster"}, BootClock::now() + kShutdownPatience,
                  [&](const NodeId& node) { return !anyRunning(nodes[node]); });
    endBySignal(nodes, SIGTERM);
    endBySignal(nodes, SIGKILL);
    for (const auto& [node, processes] : nodes) {
        for (const ForeignProcess& process : processes) {
            if (process.running()) {
                return failure(
                    ErrorKind::Unavailable,
                    fmt::format("The agent of {} (process {}) does not end.", node.value, process.id()));
            }
        }
    }
    return {};
}

std::vector<std::string> knownClusters(const HomeFolders& home) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& folder : std::filesystem::directory_iterator(home.data / "clusters", ignored)) {
        if (std::filesystem::exists(folder.path() / "cluster.json", ignored)) {
            names.push_back(folder.path().filename().string());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace longship
