#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>

#include <QObject>

#include "core/deploy/ssh/questions.h"

namespace longship {

/// Carries what only a person can answer from the threads that connect to the window. One question at a time;
/// the asking thread waits for answer() or withdraw(). Lives on the GUI thread.
class PersonQuestions : public QObject, public SshQuestions {
    Q_OBJECT

public:
    explicit PersonQuestions(QObject* parent = nullptr) : QObject(parent) {}

    // On the thread that asks.
    bool acceptHostKey(const HostKeyQuestion& question) override;
    std::optional<Secret> secret(const SecretQuestion& question) override;
    void hostKeyChanged(const HostKeyAlarm& alarm) override;

    // On the GUI thread.
    void answerHostKey(bool accepted);
    void answerSecret(std::optional<Secret> secret);
    /// Whoever waits gets no answer, and so does whoever asks until allow().
    void withdraw();
    void allow();

Q_SIGNALS:
    // Emitted on the GUI thread. Each of the first two wants its answer.
    void hostKeyAsked(const longship::HostKeyQuestion& question);
    void secretAsked(const longship::SecretQuestion& question);
    void withdrawn();
    void hostKeyAlarmed(const longship::HostKeyAlarm& alarm);

private:
    /// Waits until it is answered; false: withdrawn.
    bool waitForAnswer(std::unique_lock<std::mutex>& lock);

    std::mutex m_turn;  ///< Whose question it is.
    std::mutex m_mutex;
    std::condition_variable m_answered;
    bool m_withdrawn = false;
    bool m_hasAnswer = false;
    bool m_accepted = false;
    std::optional<Secret> m_secret;
};

}  // namespace longship
