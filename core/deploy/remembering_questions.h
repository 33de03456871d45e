#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "core/deploy/ssh/questions.h"

namespace longship {

/// Puts each question to the person once: many nodes share a key file or a jump host, and a deployment
/// connects twice. One question at a time, whatever thread it comes from. An answer that was wrong is asked
/// for anew. Passwords are given to no other machine than the one they were typed for.
class RememberingQuestions final : public SshQuestions {
public:
    explicit RememberingQuestions(SshQuestions& person) : m_person(person) {}

    bool acceptHostKey(const HostKeyQuestion& question) override;
    std::optional<Secret> secret(const SecretQuestion& question) override;
    void hostKeyChanged(const HostKeyAlarm& alarm) override;

private:
    SshQuestions& m_person;
    std::mutex m_mutex;
    std::set<std::string> m_acceptedKeys;
    std::map<std::string, Secret> m_secrets;
};

}  // namespace longship
