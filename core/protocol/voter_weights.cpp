#include "core/protocol/voter_weights.h"

#include <algorithm>
#include <optional>

namespace longship {
namespace {

bool has(const VoterWeights& voters, const NodeId& node, std::uint64_t incarnation) {
    const auto found = voters.find(node);
    return found != voters.end() && found->second.incarnation == incarnation;
}

/// The incarnation with which the node may vote.
std::optional<std::uint64_t> votesAs(const VoterWeights& current, const VoterCandidate& candidate) {
    const auto found = current.find(candidate.node);
    const bool sameDisk = found != current.end() &&
                          (candidate.incarnation == 0 || candidate.incarnation == found->second.incarnation);
    if (sameDisk && candidate.live) {
        return found->second.incarnation;
    }
    if (candidate.incarnation != 0 && candidate.live && candidate.heard && candidate.level) {
        return candidate.incarnation;
    }
    return std::nullopt;
}

bool isSilent(const VoterWeights& chosen, const VoterCandidate& candidate) {
    return chosen.contains(candidate.node) && !candidate.heard;
}

/// Everybody who may vote and is drained or not, with one vote each.
VoterWeights eligible(const VoterWeights& current, const std::vector<VoterCandidate>& inRosterOrder,
                      bool drained) {
    VoterWeights chosen;
    for (const VoterCandidate& candidate : inRosterOrder) {
        const auto incarnation = votesAs(current, candidate);
        if (incarnation && candidate.drained == drained) {
            chosen[candidate.node] = {*incarnation, 1};
        }
    }
    return chosen;
}

/// Of those who are drained one that votes now, else the first.
void addThird(VoterWeights& chosen, const VoterWeights& current, const VoterWeights& drained) {
    const auto votes = std::find_if(drained.begin(), drained.end(), [&](const auto& entry) {
        return has(current, entry.first, entry.second.incarnation);
    });
    const auto third = votes != drained.end() ? votes : drained.begin();
    if (third != drained.end()) {
        chosen.insert(*third);
    }
}

NodeId holderOfTwo(const VoterWeights& current, const VoterWeights& chosen,
                   const std::vector<VoterCandidate>& inRosterOrder, const NodeId& leader) {
    for (const auto& [node, voter] : current) {
        if (voter.weight > 1 && has(chosen, node, voter.incarnation)) {
            return node;
        }
    }
    if (chosen.contains(leader)) {
        return leader;
    }
    for (const VoterCandidate& candidate : inRosterOrder) {
        if (chosen.contains(candidate.node)) {
            return candidate.node;
        }
    }
    return {};
}

}  // namespace

bool VotingConfig::contains(const NodeId& node, std::uint64_t incarnation) const {
    return has(now, node, incarnation) || has(before, node, incarnation);
}

bool isMajority(const VoterWeights& voters, const VoterTest& test) {
    std::uint64_t total = 0;
    std::uint64_t passed = 0;
    for (const auto& [node, voter] : voters) {
        total += voter.weight;
        passed += test(node, voter) ? voter.weight : 0;
    }
    return 2 * passed > total;
}

bool isMajority(const VotingConfig& voting, const VoterTest& test) {
    if (!isMajority(voting.now, test)) {
        return false;
    }
    return !voting.isJoint() || isMajority(voting.before, test);
}

VoterWeights chooseVoters(const VoterWeights& current, const std::vector<VoterCandidate>& inRosterOrder,
                          const NodeId& leader) {
    VoterWeights chosen = eligible(current, inRosterOrder, false);
    const VoterWeights drained = eligible(current, inRosterOrder, true);
    if (chosen.empty()) {
        chosen = drained;
    } else if (chosen.size() == 2) {
        addThird(chosen, current, drained);
    }
    if (std::any_of(inRosterOrder.begin(), inRosterOrder.end(),
                    [&](const VoterCandidate& candidate) { return isSilent(chosen, candidate); })) {
        return current;
    }
    if (!chosen.empty() && chosen.size() % 2 == 0) {
        chosen.at(holderOfTwo(current, chosen, inRosterOrder, leader)).weight = 2;
    }
    return chosen;
}

}  // namespace longship
