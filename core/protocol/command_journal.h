#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "core/protocol/messages.h"

namespace longship {

/// Makes commands take effect at most once: remembers what each client was answered, so that a command that
/// is sent again gets the same answer. Bounded by kCommandsPerClientMax and kCommandClientsMax.
class CommandJournal {
public:
    /// The answer already given to this (client, sequence). A sequence older than what is remembered gets a
    /// Refused answer: it may have been done. None: the command is new and must be carried out.
    std::optional<CommandAnswer> find(const Command& command) const;

    /// Remembers the answer of a command that was carried out (or failed).
    void record(const std::string& client, const CommandAnswer& answer);

private:
    struct Client {
        std::map<std::uint64_t, CommandAnswer> answers;
        std::uint64_t forgotten = 0;  ///< All sequences up to this one.
    };

    std::map<std::string, Client> m_clients;
    std::deque<std::string> m_byAge;  ///< Oldest client first.
};

}  // namespace longship
