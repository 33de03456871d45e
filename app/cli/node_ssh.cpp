#include <fmt/format.h>

#include <algorithm>

#include "app/cli/session.h"
#include "app/cli/ssh_access.h"
#include "core/deploy/node_route.h"
#include "core/deploy/ssh_cluster.h"

namespace longship::cli {
namespace {

constexpr std::size_t kListBytesMax = std::size_t{1} << 20;

struct AddOptions {
    std::string cluster;
    std::string name;
    std::string address;
    std::string identity;
    std::vector<std::string> jumps;
    std::string hostKey;
    std::vector<std::string> patterns;
    std::string file;
};

/// The way to a listed machine, whose key is known beforehand unless `hostKey` is empty.
Result<SshNode> nodeFrom(const SshConfig& config, const ListedNode& listed, const std::string& hostKey) {
    LONGSHIP_ASSIGN(SshNode node, sshNodeFor(config, listed));
    node.route.hops.back().expectedHostKey = hostKey;
    return node;
}

Result<std::vector<ListedNode>> byHand(const AddOptions& options) {
    if (options.name.empty()) {
        return failure(ErrorKind::BadInput,
                       "Which machine? Expected NAME USER@ADDRESS, --from-ssh-config PATTERN or "
                       "--from-file FILE.");
    }
    const std::string name = options.address.empty() ? "" : options.name + " ";
    LONGSHIP_ASSIGN(auto listed,
                    parseNodeList(name + (options.address.empty() ? options.name : options.address)));
    for (ListedNode& node : listed) {
        node.identity = options.identity;
        for (const std::string& jump : options.jumps) {
            LONGSHIP_ASSIGN(SshAddress address, parseSshAddress(jump));
            node.jumps.push_back(std::move(address));
        }
    }
    return listed;
}

Result<std::vector<ListedNode>> listedNodes(const AddOptions& options, const SshConfig& config) {
    if (!options.patterns.empty()) {
        return listedFromConfig(config, options.patterns);
    }
    if (!options.file.empty()) {
        LONGSHIP_ASSIGN(const std::string text, readFile(options.file, kListBytesMax));
        auto listed = parseNodeList(text);
        return listed ? std::move(listed) : failure(listed.error().within(options.file));
    }
    return byHand(options);
}

Result<ExitCode> add(Context& context, const AddOptions& options) {
    LONGSHIP_ASSIGN(const ClusterFiles cluster, findSshCluster(context.home, options.cluster));
    LONGSHIP_ASSIGN(const SshConfig config,
                    SshConfig::read(context.ssh->home / ".ssh" / "config", context.ssh->home));
    LONGSHIP_ASSIGN(const auto listed, listedNodes(options, config));
    if (!options.hostKey.empty() && listed.size() != 1) {
        return failure(ErrorKind::BadInput, "--host-key is the key of one machine; these are several.");
    }
    if (!options.hostKey.empty() && !options.hostKey.starts_with("SHA256:")) {
        return failure(ErrorKind::BadInput, "--host-key: expected SHA256:… as ssh-keygen -l prints it.");
    }
    std::vector<SshNode> nodes;
    for (const ListedNode& one : listed) {
        LONGSHIP_ASSIGN(SshNode node, nodeFrom(config, one, options.hostKey));
        nodes.push_back(std::move(node));
    }
    LONGSHIP_TRY(addSshNodes(cluster, nodes));
    for (const SshNode& node : nodes) {
        std::vector<std::string> hops;
        for (const SshHop& hop : node.route.hops) {
            hops.push_back(hop.address.text());
        }
        context.output.event("node_added",
                             {{"cluster", cluster.name}, {"node", node.node.value}, {"route", hops}});
        context.output.text(fmt::format("{:<12} {}", node.node.value, fmt::join(hops, " → ")));
    }
    context.output.text(
        fmt::format("Next: longship cluster check {0}, then longship cluster deploy {0}", cluster.name));
    return ExitCode::Done;
}

void describeAdd(CLI::App& verb, AddOptions& options) {
    verb.add_option("NAME", options.name,
                    "What the node is to be called, or an address; ranges like node[01-16]");
    verb.add_option("ADDRESS", options.address, "USER@ADDRESS[:PORT], or a host of ~/.ssh/config");
    verb.add_option("--cluster", options.cluster, "Name of its cluster")->required();
    verb.add_option("--identity", options.identity, "Key file to log in with");
    verb.add_option("--jump", options.jumps, "USER@HOST[:PORT] on the way; several in order")->expected(1);
    verb.add_option("--host-key", options.hostKey, "SHA256:… of the machine's host key");
    verb.add_option("--from-ssh-config", options.patterns,
                    "Hosts of ~/.ssh/config that match, * and ? allowed");
    verb.add_option("--from-file", options.file, "File with one machine a line, or a table");
}

}  // namespace

void addNodesOverSsh(CLI::App& group, Choice& choice) {
    addVerb<AddOptions>(group, choice, "add", "Name a machine, or many, as nodes of a cluster", &describeAdd,
                        &add);
    addRemove(group, choice);
}

}  // namespace longship::cli
