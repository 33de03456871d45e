#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/domain/run_event.h"
#include "core/protocol/messages.h"

namespace longship {

/// Collects what a run's workers say of their checkpoint files until one of them can be committed. Pure
/// bookkeeping; RunMachine records what follows.
class CheckpointRecord {
public:
    /// Of one step: committed, or not because its copies differ.
    struct Verdict {
        CheckpointCommitted checkpoint;
        bool agreed = true;
    };

    /// Reports of steps that a later of these memberships threw away are not taken.
    void report(const NodeId& node, const CheckpointWritten& written,
                const std::vector<MembershipCommitted>& memberships);

    /// Steps after this one never were.
    void dropAbove(Step base);

    /// The newest final checkpoint that all who were to write it have said something about, or can say
    /// nothing any more (`isThere` is false of them). Older ones are forgotten with it. `finalSteps`: steps
    /// whose rows are final.
    std::optional<Verdict> take(Step finalSteps, std::uint32_t replicas,
                                const std::vector<MembershipCommitted>& memberships,
                                const std::function<bool(const Member&)>& isThere);

private:
    struct Said {
        NodeId node;
        CheckpointWritten written;
    };
    struct Pending {
        MembershipNumber membership = 0;
        std::map<TaskId, Said> said;
    };

    static bool isComplete(const Pending& pending, std::uint32_t replicas,
                           const std::vector<MembershipCommitted>& memberships,
                           const std::function<bool(const Member&)>& isThere);

    std::map<Step, Pending> m_pending;
};

}  // namespace longship
