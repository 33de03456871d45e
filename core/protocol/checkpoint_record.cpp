#include "core/protocol/checkpoint_record.h"

#include <algorithm>
#include <iterator>

#include "core/domain/checkpoint.h"

namespace longship {

namespace {

/// Steps that nobody commits for want of an answer are forgotten, the oldest first.
constexpr std::size_t kPendingMax = 16;

}  // namespace

void CheckpointRecord::report(const NodeId& node, const CheckpointWritten& written,
                              const std::vector<MembershipCommitted>& memberships) {
    const bool isVoid =
        std::any_of(memberships.begin(), memberships.end(), [&](const MembershipCommitted& later) {
            return later.number > written.number && written.step > later.baseStep;
        });
    Pending& pending = m_pending[written.step];
    if (isVoid || written.number < pending.membership) {
        if (pending.said.empty()) {
            m_pending.erase(written.step);
        }
        return;
    }
    if (written.number > pending.membership) {
        pending = {written.number, {}};
    }
    pending.said[written.key.task] = {node, written};
    if (m_pending.size() > kPendingMax) {
        m_pending.erase(m_pending.begin());
    }
}

void CheckpointRecord::dropAbove(Step base) {
    m_pending.erase(m_pending.upper_bound(base), m_pending.end());
}

bool CheckpointRecord::isComplete(const Pending& pending, std::uint32_t replicas,
                                  const std::vector<MembershipCommitted>& memberships,
                                  const std::function<bool(const Member&)>& isThere) {
    const auto membership = std::find_if(
        memberships.begin(), memberships.end(),
        [&](const MembershipCommitted& candidate) { return candidate.number == pending.membership; });
    if (membership == memberships.end()) {
        return false;
    }
    const std::vector<TaskId> writers = checkpointWriters(membership->members, replicas);
    return std::all_of(membership->members.begin(), membership->members.end(), [&](const Member& member) {
        const bool writes = std::find(writers.begin(), writers.end(), member.task) != writers.end();
        return !writes || pending.said.contains(member.task) || !isThere(member);
    });
}

std::optional<CheckpointRecord::Verdict> CheckpointRecord::take(
    Step finalSteps, std::uint32_t replicas, const std::vector<MembershipCommitted>& memberships,
    const std::function<bool(const Member&)>& isThere) {
    for (auto it = std::make_reverse_iterator(m_pending.upper_bound(finalSteps)); it != m_pending.rend();
         ++it) {
        const auto& [step, pending] = *it;
        if (!isComplete(pending, replicas, memberships, isThere)) {
            continue;
        }
        Verdict verdict;
        for (const auto& [task, said] : pending.said) {
            if (said.written.error) {
                continue;
            }
            CheckpointCommitted& checkpoint = verdict.checkpoint;
            verdict.agreed =
                verdict.agreed && (checkpoint.nodes.empty() || checkpoint.sha256 == said.written.sha256);
            checkpoint.step = step;
            checkpoint.samples = said.written.samples;
            checkpoint.bytes = said.written.bytes;
            checkpoint.sha256 = said.written.sha256;
            checkpoint.membership = pending.membership;
            checkpoint.nodes.push_back(said.node);
        }
        m_pending.erase(m_pending.begin(), m_pending.upper_bound(step));
        return verdict.checkpoint.nodes.empty() ? std::nullopt : std::optional(std::move(verdict));
    }
    return std::nullopt;
}

}  // namespace longship
