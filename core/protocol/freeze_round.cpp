#include "core/protocol/freeze_round.h"

#include "core/protocol/mutation.h"

namespace longship {

bool FreezeRound::answer(const Frozen& frozen) {
    if (frozen.number != m_number && !LONGSHIP_MUTANT("leader-takes-any-frozen")) {
        return false;
    }
    m_awaited.erase(frozen.key);
    m_answers[frozen.key] = frozen;
    return true;
}

void FreezeRound::drop(const TaskKey& key) {
    m_awaited.erase(key);
    m_answers.erase(key);
}

const Frozen* FreezeRound::answerOf(const TaskKey& key) const {
    const auto found = m_answers.find(key);
    return found == m_answers.end() ? nullptr : &found->second;
}

}  // namespace longship
