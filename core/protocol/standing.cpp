#include "core/protocol/standing.h"

#include <algorithm>

#include "core/protocol/mutation.h"

namespace longship {

namespace {

bool isMember(const MembershipCommitted& membership, const StandingClaim& claim) {
    return std::any_of(membership.members.begin(), membership.members.end(), [&](const Member& member) {
        return member.task == claim.task && member.generation == claim.generation;
    });
}

/// Says of a claim and of each membership committed since whether the claim stands for its base.
using StandsFor = bool (*)(const StandingClaim& claim, const MembershipCommitted& membership);

bool standsAtBase(const StandingClaim& claim, const MembershipCommitted& membership) {
    return LONGSHIP_MUTANT("standing-ignores-base") || membership.baseStep == claim.stepsApplied;
}

/// After a return to a checkpoint nothing older counts.
bool standsBelow(const StandingClaim& claim, const MembershipCommitted& membership) {
    return !membership.fromCheckpoint && claim.stepsApplied <= membership.baseStep;
}

bool hasState(const StandingClaim& claim, const std::vector<MembershipCommitted>& memberships,
              StandsFor standsFor) {
    if (LONGSHIP_MUTANT("standing-believes-everybody")) {
        return true;
    }
    for (const MembershipCommitted& membership : memberships) {
        const bool member = isMember(membership, claim);
        if (membership.number == claim.entered && !member) {
            return false;
        }
        if (membership.number <= claim.entered) {
            continue;
        }
        if ((!member && !LONGSHIP_MUTANT("standing-skips-memberships")) || !standsFor(claim, membership)) {
            return false;
        }
    }
    return claim.entered <= memberships.back().number;
}

/// All but who is behind the base.
Standings judge(const std::vector<StandingClaim>& claims, const std::vector<MembershipCommitted>& memberships,
                StandsFor standsFor) {
    Standings result;
    for (const StandingClaim& claim : claims) {
        const bool has = hasState(claim, memberships, standsFor);
        result.of.push_back(has ? Standing::Counts : Standing::Nothing);
        if (has && (!result.baseStep ||
                    (LONGSHIP_MUTANT("standing-takes-the-lowest") ? claim.stepsApplied < *result.baseStep
                                                                  : claim.stepsApplied > *result.baseStep))) {
            result.baseStep = claim.stepsApplied;
        }
    }
    return result;
}

}  // namespace

Standings judgeStandings(const std::vector<StandingClaim>& claims,
                         const std::vector<MembershipCommitted>& memberships) {
    Standings result;
    if (memberships.empty()) {
        result.of.assign(claims.size(), Standing::Counts);
        result.baseStep = 0;
        return result;
    }
    result = judge(claims, memberships, standsAtBase);
    if (!result.baseStep) {
        result = judge(claims, memberships, standsBelow);
    }
    for (std::size_t i = 0; i < claims.size(); ++i) {
        const bool behind = result.of[i] == Standing::Counts && claims[i].stepsApplied < *result.baseStep;
        if (behind && !LONGSHIP_MUTANT("standing-forgets-who-is-behind")) {
            result.of[i] = Standing::Behind;
        }
    }
    return result;
}

}  // namespace longship
