#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/deploy/bundle.h"

namespace longship {

/// What a node says about itself, by node_scripts::kProbe.
struct NodeFacts {
    std::map<std::string, std::string, std::less<>>
        values;                                  ///< Single values by name; absent: the node did not say.
    std::map<std::string, std::uint64_t> store;  ///< SHA-256 → bytes of what is there already.
    std::set<std::string> versions;
    std::set<std::string> missingTools;
    unsigned workers = 0;  ///< Of ours that run there.

    std::string value(std::string_view name) const;
    /// 0 where the node did not say, or said nonsense.
    std::uint64_t number(std::string_view name) const;
};

/// Never fails: what cannot be understood is left out, and missed where it is needed.
NodeFacts parseFacts(std::string_view text);

enum class DeployStepKind {
    Upload,    ///< Files of the agent that the node's store lacks.
    ReadBack,  ///< They come back and are hashed here.
    Runtime,   ///< All others go packed; the agent unpacks and hashes them.
    Switch,    ///< The version becomes the current one.
    Start,     ///< An agent of this version runs.
    Prove      ///< It still runs after the connection has ended.
};

std::string_view toString(DeployStepKind kind);

struct DeployStep {
    DeployStepKind kind;
    std::vector<std::size_t> files{};  ///< Indices into Bundle::files, each content once.
    std::uint64_t bytes = 0;           ///< Of the files; Runtime sends fewer.

    bool operator==(const DeployStep&) const = default;
};

/// A run goes on there whose programs this version would replace.
bool isNeededByRun(const NodeFacts& node, const Bundle& bundle);

/// What is to be done on a node, in order. Refused when it cannot be, with what to do: another kind of
/// machine, a home where nothing can be written or started, a run that uses another version. Exhausted when
/// its disk is too full.
Result<std::vector<DeployStep>> planDeploy(const NodeFacts& node, const Bundle& bundle);

}  // namespace longship
