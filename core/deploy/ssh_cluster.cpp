#include "core/deploy/ssh_cluster.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "core/base/clock.h"
#include "core/client/agent_talk.h"
#include "core/client/file_lock.h"
#include "core/deploy/node_list.h"
#include "core/protocol/limits.h"

namespace longship {
namespace {

using nlohmann::json;

// Grows when older programs cannot read the file any more.
constexpr int kFormat = 1;
constexpr std::size_t kFileBytesMax = std::size_t{4} << 20;
constexpr std::chrono::seconds kLockPatience{60};
constexpr std::chrono::seconds kAnswerPatience{20};

std::filesystem::path nodesPath(const ClusterFiles& cluster) {
    return cluster.folder / "ssh.json";
}

json toJson(const SshHop& hop) {
    std::vector<std::string> identities;
    for (const auto& file : hop.identities) {
        identities.push_back(file.string());
    }
    return {{"user", hop.address.user},      {"host", hop.address.host},
            {"port", hop.address.port},      {"keyName", hop.keyName},
            {"identities", identities},      {"identitiesOnly", hop.identitiesOnly},
            {"hostKey", hop.expectedHostKey}};
}

/// Throws json::exception on what is none.
SshHop hopOf(const json& object) {
    SshHop hop;
    hop.address = {object.at("user"), object.at("host"), object.at("port")};
    hop.keyName = object.at("keyName");
    hop.identitiesOnly = object.at("identitiesOnly");
    hop.expectedHostKey = object.at("hostKey");
    for (const std::string file : object.at("identities")) {
        hop.identities.emplace_back(file);
    }
    return hop;
}

Result<void> writeNodes(const ClusterFiles& cluster, const std::vector<SshNode>& nodes) {
    json list = json::array();
    for (const SshNode& node : nodes) {
        json hops = json::array();
        for (const SshHop& hop : node.route.hops) {
            hops.push_back(toJson(hop));
        }
        list.push_back({{"node", node.node.value}, {"hops", std::move(hops)}});
    }
    const json file{{"format", kFormat}, {"nodes", std::move(list)}};
    return writeFileAtomically(nodesPath(cluster),
                               file.dump(2, ' ', false, json::error_handler_t::replace) + "\n",
                               FileAccess::OwnerOnly);
}

/// The record's nodes in the order of the machines; what is not deployed has no endpoint.
Result<void> updateRecord(const ClusterFiles& cluster, const std::vector<SshNode>& nodes,
                          const std::vector<RosterEntry>& known) {
    ClusterRecord record{cluster.name, false, {}};
    for (const SshNode& node : nodes) {
        const auto found = std::find_if(known.begin(), known.end(),
                                        [&](const RosterEntry& entry) { return entry.node == node.node; });
        record.nodes.push_back(found == known.end() ? RosterEntry{node.node, {}, {}} : *found);
    }
    return writeClusterRecord(cluster, record);
}

Result<FileLock> lockOf(const ClusterFiles& cluster) {
    return FileLock::take(cluster.folder / "lock", kLockPatience);
}

std::vector<RosterEntry> reached(const ClusterRecord& record, const WayTo& wayTo) {
    std::vector<RosterEntry> agents;
    for (const RosterEntry& entry : record.nodes) {
        agents.push_back(reachedBy(wayTo, entry));
    }
    return agents;
}

std::string namesOf(const std::vector<SshNode>& nodes) {
    std::vector<std::string> names;
    for (const SshNode& node : nodes) {
        names.push_back(node.node.value);
    }
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Result<ClusterFiles> createSshCluster(const HomeFolders& home, const std::string& name) {
    if (!isNodeName(name)) {
        return failure(
            ErrorKind::BadInput,
            fmt::format("\"{}\" cannot be the name of a cluster: letters, digits, '-', '_' and '.' can.",
                        name));
    }
    const ClusterFiles cluster{name, home.data / "clusters" / name};
    LONGSHIP_TRY(makePrivateFolder(cluster.folder));
    LONGSHIP_ASSIGN(const FileLock lock, lockOf(cluster));
    if (readClusterRecord(cluster)) {
        return failure(ErrorKind::Refused, fmt::format("There is a cluster {} already.", name));
    }
    LONGSHIP_TRY(writeNodes(cluster, {}));
    LONGSHIP_TRY(updateRecord(cluster, {}, {}));
    return cluster;
}

Result<ClusterFiles> findSshCluster(const HomeFolders& home, const std::string& name) {
    const ClusterFiles cluster{name, home.data / "clusters" / name};
    const auto record =
        isNodeName(name) ? readClusterRecord(cluster) : failure(ErrorKind::NotFound, "no name of a cluster");
    if (!record && record.error().kind != ErrorKind::NotFound) {
        return failure(record.error());
    }
    if (!record) {
        return failure(ErrorKind::NotFound,
                       fmt::format("There is no cluster {}. Known: {}. Make it: longship cluster "
                                   "create {}",
                                   name, fmt::join(knownClusters(home), ", "), name));
    }
    if (record->local) {
        return failure(ErrorKind::Refused,
                       fmt::format("The cluster {} is one of this machine alone, not one over SSH.", name));
    }
    if (!isSshCluster(cluster)) {
        return failure(ErrorKind::Refused,
                       fmt::format("The agents of the cluster {} were not brought there over SSH.", name));
    }
    return cluster;
}

bool isSshCluster(const ClusterFiles& cluster) {
    std::error_code ignored;
    return std::filesystem::exists(nodesPath(cluster), ignored);
}

Result<std::vector<SshNode>> readSshNodes(const ClusterFiles& cluster) {
    LONGSHIP_ASSIGN(const std::string text, readFile(nodesPath(cluster), kFileBytesMax));
    const std::string path = nodesPath(cluster).string();
    try {
        const json file = json::parse(text);
        if (file.at("format").get<int>() > kFormat) {
            return failure(ErrorKind::Refused, fmt::format("{} was written by a newer Longship.", path));
        }
        std::vector<SshNode> nodes;
        for (const json& object : file.at("nodes")) {
            SshNode node{NodeId(object.at("node").get<std::string>()), {}};
            for (const json& hop : object.at("hops")) {
                node.route.hops.push_back(hopOf(hop));
            }
            if (node.route.hops.empty() || !isNodeName(node.node.value)) {
                return failure(ErrorKind::Corrupt, fmt::format("{} names a node without a way to it.", path));
            }
            nodes.push_back(std::move(node));
        }
        return nodes;
    } catch (const json::exception& problem) {
        return failure(ErrorKind::Corrupt,
                       fmt::format("{} does not list machines: {}", path, problem.what()));
    }
}

Result<void> addSshNodes(const ClusterFiles& cluster, const std::vector<SshNode>& added) {
    LONGSHIP_ASSIGN(const FileLock lock, lockOf(cluster));
    LONGSHIP_ASSIGN(std::vector<SshNode> nodes, readSshNodes(cluster));
    for (const SshNode& node : added) {
        if (!isNodeName(node.node.value)) {
            return failure(
                ErrorKind::BadInput,
                fmt::format("\"{}\" cannot be the name of a node: letters, digits, '-', '_' and '.' can.",
                            node.node.value));
        }
        const auto same = std::find_if(nodes.begin(), nodes.end(),
                                       [&](const SshNode& known) { return known.node == node.node; });
        if (same != nodes.end()) {
            return failure(ErrorKind::Refused,
                           fmt::format("The cluster {} has a node {} already ({}).", cluster.name,
                                       node.node.value, same->route.target().address.text()));
        }
        nodes.push_back(node);
    }
    if (nodes.size() > kNodesMax) {
        return failure(
            ErrorKind::Refused,
            fmt::format("A cluster has at most {} nodes, and these would be {}.", kNodesMax, nodes.size()));
    }
    LONGSHIP_ASSIGN(const ClusterRecord record, readClusterRecord(cluster));
    LONGSHIP_TRY(writeNodes(cluster, nodes));
    return updateRecord(cluster, nodes, record.nodes);
}

Result<void> removeSshNode(const ClusterFiles& cluster, const NodeId& node) {
    LONGSHIP_ASSIGN(const FileLock lock, lockOf(cluster));
    LONGSHIP_ASSIGN(std::vector<SshNode> nodes, readSshNodes(cluster));
    const std::string names = namesOf(nodes);
    if (std::erase_if(nodes, [&](const SshNode& known) { return known.node == node; }) == 0) {
        return failure(ErrorKind::NotFound, fmt::format("The cluster {} has no node {}. It has: {}.",
                                                        cluster.name, node.value, names));
    }
    LONGSHIP_ASSIGN(const ClusterRecord record, readClusterRecord(cluster));
    LONGSHIP_TRY(writeNodes(cluster, nodes));
    return updateRecord(cluster, nodes, record.nodes);
}

Result<void> joinNodes(const ClusterFiles& cluster, const std::vector<NodeDeployment>& deployments,
                       const WayTo& wayTo) {
    LONGSHIP_ASSIGN(const FileLock lock, lockOf(cluster));
    LONGSHIP_ASSIGN(const std::vector<SshNode> nodes, readSshNodes(cluster));
    std::vector<RosterEntry> entries;
    for (const NodeDeployment& deployment : deployments) {
        if (!deployment.error) {
            entries.push_back(deployment.entry);
        }
    }
    LONGSHIP_TRY(updateRecord(cluster, nodes, entries));
    LONGSHIP_ASSIGN(const ClusterRecord record, readClusterRecord(cluster));
    if (!record.complete()) {
        return failure(ErrorKind::Unavailable,
                       "Not every node has an agent, so they were not brought together.");
    }
    LONGSHIP_ASSIGN(const KeyPair keys, loadClientKey(cluster));
    LONGSHIP_ASSIGN(AgentTalk talk, AgentTalk::open(keys, reached(record, wayTo), LONGSHIP_VERSION));
    const TimePoint deadline = BootClock::now() + kAnswerPatience;
    if (const auto greeted = talk.greet(deadline); !greeted) {
        return failure(
            greeted.error().within("The agents run, but this machine does not reach all of their ports, not "
                                   "through SSH either"));
    }
    return talk.handOut(record.roster(), deadline);
}

Result<void> leaveNode(const ClusterFiles& cluster, const NodeId& node, const WayTo& wayTo) {
    {
        LONGSHIP_ASSIGN(const FileLock lock, lockOf(cluster));
        LONGSHIP_ASSIGN(ClusterRecord record, readClusterRecord(cluster));
        std::erase_if(record.nodes,
                      [&](const RosterEntry& entry) { return entry.node == node || entry.endpoint.empty(); });
        if (!record.nodes.empty()) {
            LONGSHIP_ASSIGN(const KeyPair keys, loadClientKey(cluster));
            LONGSHIP_ASSIGN(AgentTalk talk, AgentTalk::open(keys, reached(record, wayTo), LONGSHIP_VERSION));
            const TimePoint deadline = BootClock::now() + kAnswerPatience;
            LONGSHIP_TRY(talk.greet(deadline));
            LONGSHIP_TRY(talk.handOut(record.roster(), deadline));
        }
    }
    return removeSshNode(cluster, node);
}

Result<void> forgetAgents(const ClusterFiles& cluster, const std::vector<NodeId>& gone) {
    LONGSHIP_ASSIGN(const FileLock lock, lockOf(cluster));
    LONGSHIP_ASSIGN(const std::vector<SshNode> nodes, readSshNodes(cluster));
    LONGSHIP_ASSIGN(ClusterRecord record, readClusterRecord(cluster));
    std::erase_if(record.nodes, [&](const RosterEntry& entry) {
        return std::find(gone.begin(), gone.end(), entry.node) != gone.end();
    });
    return updateRecord(cluster, nodes, record.nodes);
}

Result<void> forgetCluster(const ClusterFiles& cluster) {
    LONGSHIP_ASSIGN(const FileLock lock, lockOf(cluster));
    LONGSHIP_ASSIGN(const ClusterRecord record, readClusterRecord(cluster));
    for (const RosterEntry& entry : record.nodes) {
        if (!entry.endpoint.empty()) {
            return failure(
                ErrorKind::Refused,
                fmt::format("{} still has an agent of {}, whose key would be lost. First: longship cluster "
                            "undeploy {}",
                            entry.node.value, cluster.name, cluster.name));
        }
    }
    std::error_code problem;
    std::filesystem::remove_all(cluster.folder, problem);
    if (problem) {
        return failure(ErrorKind::Io,
                       fmt::format("{} cannot be removed: {}.", cluster.folder.string(), problem.message()));
    }
    return {};
}

}  // namespace longship
