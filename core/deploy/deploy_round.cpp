#include "core/deploy/deploy_round.h"

namespace longship {

void DeployRound::lookedAt(bool needed) {
    const std::lock_guard lock(m_mutex);
    m_isNeeded = m_isNeeded || needed;
    m_unseen -= m_unseen > 0 ? 1 : 0;
    m_changed.notify_all();
}

Result<void> DeployRound::mayReplace(const std::stop_token& stop) {
    std::unique_lock lock(m_mutex);
    if (!m_changed.wait(lock, stop, [this] { return m_unseen == 0 || m_isNeeded; })) {
        return failure(ErrorKind::Interrupted, "The deployment was cancelled.");
    }
    if (m_isNeeded) {
        return failure(
            ErrorKind::Refused,
            "A run on another node uses another version of Longship, and all nodes change to the new "
            "one together: stop the run, or deploy after its end. What was sent is kept.");
    }
    return {};
}

}  // namespace longship
