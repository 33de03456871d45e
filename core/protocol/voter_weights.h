#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "core/base/ids.h"

namespace longship {

/// One voter of the replicated log. A node that lost its disk comes back with another incarnation: it is then
/// another voter, and what the old one promised is never counted for it.
struct Voter {
    std::uint64_t incarnation = 0;
    std::uint32_t weight = 1;
    bool operator==(const Voter&) const = default;
};
using VoterWeights = std::map<NodeId, Voter>;

/// Who votes with what weight. While a change is under way (`before` is not empty) every decision needs a
/// majority of both: joint consensus (Ongaro, Ousterhout: In Search of an Understandable Consensus Algorithm,
/// 2014, section 6), here with weights.
struct VotingConfig {
    VoterWeights now;
    VoterWeights before;

    bool isJoint() const { return !before.empty(); }
    /// With this incarnation, now or before.
    bool contains(const NodeId& node, std::uint64_t incarnation) const;
    bool operator==(const VotingConfig&) const = default;
};

using VoterTest = std::function<bool(const NodeId&, const Voter&)>;

/// More than half of the weights pass the test. Never with nobody.
bool isMajority(const VoterWeights& voters, const VoterTest& test);
/// Of those now and, during a change, also of those before.
bool isMajority(const VotingConfig& voting, const VoterTest& test);

/// A node as its leader sees it.
struct VoterCandidate {
    NodeId node;
    std::uint64_t incarnation = 0;  ///< 0: not heard of yet.
    bool live = false;              ///< Not dead.
    bool heard = false;             ///< A moment ago.
    bool level = false;             ///< Holds what is committed.
    bool drained = false;
};

/// Who should vote, with which weight: those that voted and are not dead, and those that are level. One vote
/// each; where their number is even, one has two (who had them before, else the leader, else the first), so
/// that one side of every split can go on. Drained nodes do not vote while there is anybody else: they may be
/// switched off, all at once. Only with two others one of them does: else the death of the one that has two
/// votes would end it all. While one of those chosen is silent and not dead yet, all stays as it is: a vote
/// given to one that is gone for good could never be taken back.
VoterWeights chooseVoters(const VoterWeights& current, const std::vector<VoterCandidate>& inRosterOrder,
                          const NodeId& leader);

}  // namespace longship
