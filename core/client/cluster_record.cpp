#include "core/client/cluster_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/client/file_lock.h"

namespace longship {
namespace {

using nlohmann::json;

// Grows when older programs cannot read the file any more.
constexpr int kFormat = 1;
constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;

Result<json> readJson(const std::filesystem::path& path) {
    LONGSHIP_ASSIGN(const std::string text, readFile(path, kFileBytesMax));
    json value = json::parse(text, nullptr, false);
    if (value.is_discarded() || !value.is_object()) {
        return failure(ErrorKind::Corrupt, fmt::format("{} is not a JSON object.", path.string()));
    }
    return value;
}

std::string textOf(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

RosterEntry entryOf(const json& object) {
    return {NodeId(textOf(object, "node")), textOf(object, "endpoint"), textOf(object, "publicKey")};
}

}  // namespace

bool ClusterRecord::complete() const {
    return !nodes.empty() && std::none_of(nodes.begin(), nodes.end(),
                                          [](const RosterEntry& entry) { return entry.endpoint.empty(); });
}

RosterEntry reachedBy(const WayTo& wayTo, RosterEntry agent) {
    if (wayTo && !agent.endpoint.empty()) {
        agent.endpoint = wayTo(agent);
    }
    return agent;
}

std::filesystem::path clusterRecordPath(const ClusterFiles& cluster) {
    return cluster.folder / "cluster.json";
}

std::filesystem::path clientKeyPath(const ClusterFiles& cluster) {
    return cluster.folder / "client.key";
}

std::filesystem::path nodeHome(const ClusterFiles& cluster, const NodeId& node) {
    return cluster.folder / "nodes" / node.value;
}

Result<KeyPair> loadClientKey(const ClusterFiles& cluster) {
    LONGSHIP_TRY(makePrivateFolder(cluster.folder));
    LONGSHIP_ASSIGN(const FileLock lock,
                    FileLock::take(cluster.folder / "key.lock", std::chrono::seconds(5)));
    return KeyPair::loadOrCreate(clientKeyPath(cluster));
}

Result<ClusterRecord> readClusterRecord(const ClusterFiles& cluster) {
    const auto path = clusterRecordPath(cluster);
    LONGSHIP_ASSIGN(const json file, readJson(path));
    const auto format = file.find("format");
    const auto nodes = file.find("nodes");
    if (format == file.end() || !format->is_number_integer() || nodes == file.end() || !nodes->is_array()) {
        return failure(ErrorKind::Corrupt, fmt::format("{} does not describe a cluster.", path.string()));
    }
    if (const auto number = format->get<std::int64_t>(); number > kFormat) {
        return failure(ErrorKind::Refused,
                       fmt::format("{} has format {}, written by a newer Longship; this one reads {}.",
                                   path.string(), number, kFormat));
    }
    ClusterRecord record;
    record.name = textOf(file, "name");
    record.local = textOf(file, "kind") == "local";
    for (const json& node : *nodes) {
        if (!node.is_object() || textOf(node, "node").empty()) {
            return failure(ErrorKind::Corrupt, fmt::format("{} names a node without a name.", path.string()));
        }
        record.nodes.push_back(entryOf(node));
    }
    return record;
}

Result<void> writeClusterRecord(const ClusterFiles& cluster, const ClusterRecord& record) {
    json nodes = json::array();
    for (const RosterEntry& entry : record.nodes) {
        nodes.push_back(
            {{"node", entry.node.value}, {"endpoint", entry.endpoint}, {"publicKey", entry.publicKey}});
    }
    const json file{{"format", kFormat},
                    {"name", record.name},
                    {"kind", record.local ? "local" : "remote"},
                    {"nodes", std::move(nodes)}};
    return writeFileAtomically(clusterRecordPath(cluster),
                               file.dump(2, ' ', false, json::error_handler_t::replace) + "\n",
                               FileAccess::OwnerOnly);
}

Result<PublishedEndpoint> readPublishedEndpoint(const std::filesystem::path& home) {
    const auto path = home / "endpoint";
    LONGSHIP_ASSIGN(const json file, readJson(path));
    PublishedEndpoint published;
    published.entry = entryOf(file);
    published.version = textOf(file, "version");
    if (const auto pid = file.find("pid"); pid != file.end() && pid->is_number_integer()) {
        published.pid = static_cast<pid_t>(pid->get<std::int64_t>());
    }
    if (published.entry.endpoint.empty() || published.entry.publicKey.empty() || published.pid <= 0) {
        return failure(ErrorKind::Corrupt,
                       fmt::format("{} names no endpoint, key and process.", path.string()));
    }
    return published;
}

}  // namespace longship
