#pragma once

#include <optional>
#include <vector>

#include "core/domain/run_event.h"

namespace longship {

/// What a frozen worker says of itself.
struct StandingClaim {
    TaskId task;
    Generation generation = 0;
    MembershipNumber entered = 0;  ///< The last membership that it entered, 0: none.
    Step stepsApplied = 0;
};

/// Counts: it holds the run's state after the base step. Behind: it holds an earlier one. Nothing: whatever
/// it claims, it takes the state from another.
enum class Standing { Counts, Behind, Nothing };

struct Standings {
    std::vector<Standing> of;      ///< One for each claim.
    std::optional<Step> baseStep;  ///< None: nobody has state.
};

/// Who counts when a membership is left for the next. A claim has state when it entered the last committed
/// membership, or when it entered an earlier one and is, with the very state of its base step, a member of
/// all that were committed since: none of those can have made a step without it. The base step is the highest
/// that anybody with state has applied; before the first membership everybody stands at step 0 with the
/// initial state.
///
/// Where nobody has it, those who were given memberships since but entered none of them are asked, although
/// they stand below a base: whoever stood there is gone and nobody entered after it, so that no step from
/// there on has been published. That last step is computed again. This is how a run survives the death of
/// the one worker that was a step ahead, before it could give its state to the others.
Standings judgeStandings(const std::vector<StandingClaim>& claims,
                         const std::vector<MembershipCommitted>& memberships);

}  // namespace longship
