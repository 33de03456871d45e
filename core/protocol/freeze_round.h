#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/base/clock.h"
#include "core/protocol/messages.h"
#include "core/protocol/timeouts.h"

namespace longship {

/// Collects the answers to one Freeze. Pure bookkeeping; RunMachine draws the conclusions.
class FreezeRound {
public:
    /// `number`: of the membership that is to come.
    FreezeRound(MembershipNumber number, std::string reason, TimePoint now, Duration patience)
        : m_number(number), m_reason(std::move(reason)), m_startedAt(now), m_deadline(now + patience) {}

    MembershipNumber number() const { return m_number; }
    const std::string& reason() const { return m_reason; }
    TimePoint startedAt() const { return m_startedAt; }
    TimePoint deadline() const { return m_deadline; }

    void await(const TaskKey& key) { m_awaited.insert(key); }
    /// False for an answer to another Freeze. One that was not awaited counts, too: it is there after all.
    bool answer(const Frozen& frozen);
    /// It is gone: nobody waits for it, and what it said does not count.
    void drop(const TaskKey& key);

    bool isComplete() const { return m_awaited.empty(); }
    bool awaits(const TaskKey& key) const { return m_awaited.contains(key); }
    const Frozen* answerOf(const TaskKey& key) const;
    const std::set<TaskKey>& awaited() const { return m_awaited; }

private:
    MembershipNumber m_number;
    std::string m_reason;
    TimePoint m_startedAt;
    TimePoint m_deadline;
    std::set<TaskKey> m_awaited;
    std::map<TaskKey, Frozen> m_answers;
};

}  // namespace longship
