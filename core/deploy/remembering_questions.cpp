#include "core/deploy/remembering_questions.h"

namespace longship {

bool RememberingQuestions::acceptHostKey(const HostKeyQuestion& question) {
    const std::lock_guard lock(m_mutex);
    const std::string key = question.host.knownName() + " " + question.fingerprint;
    if (m_acceptedKeys.contains(key)) {
        return true;
    }
    // A no is not kept: the next connection may be a better moment.
    const bool accepted = m_person.acceptHostKey(question);
    if (accepted) {
        m_acceptedKeys.insert(key);
    }
    return accepted;
}

std::optional<Secret> RememberingQuestions::secret(const SecretQuestion& question) {
    const std::lock_guard lock(m_mutex);
    if (question.kind == SecretKind::Challenge) {
        return m_person.secret(question);  // codes are good once
    }
    const std::string what =
        question.kind == SecretKind::Passphrase ? "key " + question.prompt : "host " + question.host.text();
    const auto known = m_secrets.find(what);
    if (question.attempt == 1 && known != m_secrets.end()) {
        return known->second.copy();
    }
    auto given = m_person.secret(question);
    if (given) {
        m_secrets.insert_or_assign(what, given->copy());
    }
    return given;
}

void RememberingQuestions::hostKeyChanged(const HostKeyAlarm& alarm) {
    const std::lock_guard lock(m_mutex);
    m_person.hostKeyChanged(alarm);
}

}  // namespace longship
