#include "app/studio/viewmodels/person_questions.h"

#include <utility>

namespace longship {

bool PersonQuestions::acceptHostKey(const HostKeyQuestion& question) {
    const std::lock_guard turn(m_turn);
    std::unique_lock lock(m_mutex);
    m_hasAnswer = false;
    if (!m_withdrawn) {
        QMetaObject::invokeMethod(
            this, [this, question] { Q_EMIT hostKeyAsked(question); }, Qt::QueuedConnection);
    }
    return waitForAnswer(lock) && m_accepted;
}

std::optional<Secret> PersonQuestions::secret(const SecretQuestion& question) {
    const std::lock_guard turn(m_turn);
    std::unique_lock lock(m_mutex);
    m_hasAnswer = false;
    if (!m_withdrawn) {
        QMetaObject::invokeMethod(
            this, [this, question] { Q_EMIT secretAsked(question); }, Qt::QueuedConnection);
    }
    return waitForAnswer(lock) ? std::exchange(m_secret, std::nullopt) : std::nullopt;
}

void PersonQuestions::hostKeyChanged(const HostKeyAlarm& alarm) {
    QMetaObject::invokeMethod(
        this, [this, alarm] { Q_EMIT hostKeyAlarmed(alarm); }, Qt::QueuedConnection);
}

bool PersonQuestions::waitForAnswer(std::unique_lock<std::mutex>& lock) {
    m_answered.wait(lock, [this] { return m_hasAnswer || m_withdrawn; });
    return m_hasAnswer;
}

void PersonQuestions::answerHostKey(bool accepted) {
    const std::lock_guard lock(m_mutex);
    m_accepted = accepted;
    m_hasAnswer = true;
    m_answered.notify_all();
}

void PersonQuestions::answerSecret(std::optional<Secret> secret) {
    const std::lock_guard lock(m_mutex);
    m_secret = std::move(secret);
    m_hasAnswer = true;
    m_answered.notify_all();
}

void PersonQuestions::withdraw() {
    {
        const std::lock_guard lock(m_mutex);
        m_withdrawn = true;
        m_answered.notify_all();
    }
    Q_EMIT withdrawn();
}

void PersonQuestions::allow() {
    const std::lock_guard lock(m_mutex);
    m_withdrawn = false;
}

}  // namespace longship
