#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/protocol/messages.h"

namespace longship {

/// Makes commands take effect at most once: remembers what each client was answered, so that a command that
/// is sent again gets the same answer. Bounded by kCommandsPerClientMax and kCommandClientsMax.
class CommandJournal {
public:
    struct Client {
        std::string name;
        std::uint64_t forgotten = 0;  ///< All sequences up to this one.
        std::vector<CommandAnswer> answers{};
        bool operator==(const Client&) const = default;
    };

    CommandJournal() = default;
    explicit CommandJournal(std::vector<Client> clients) : m_clients(clients.begin(), clients.end()) {}

    /// The answer already given to this (client, sequence). A sequence older than what is remembered gets a
    /// Refused answer: it may have been done. None: the command is new and must be carried out.
    std::optional<CommandAnswer> find(const Command& command) const;

    /// Remembers the answer of a command that was carried out (or failed), its sentence shortened.
    void record(const std::string& client, CommandAnswer answer);

    /// Who was answered last comes last.
    const std::deque<Client>& clients() const { return m_clients; }

private:
    std::deque<Client> m_clients;
};

}  // namespace longship
