#include "core/protocol/command_journal.h"

#include <algorithm>

#include "core/protocol/limits.h"

namespace longship {

std::optional<CommandAnswer> CommandJournal::find(const Command& command) const {
    const auto client = m_clients.find(command.client);
    if (client == m_clients.end()) {
        return std::nullopt;
    }
    const auto answer = client->second.answers.find(command.sequence);
    if (answer != client->second.answers.end()) {
        return answer->second;
    }
    if (command.sequence > client->second.forgotten) {
        return std::nullopt;
    }
    return CommandAnswer{command.sequence,
                         Error{ErrorKind::Refused,
                               "This command is too old to tell whether it was carried "
                               "out. Look at the list of runs before sending it again."},
                         RunId()};
}

void CommandJournal::record(const std::string& client, const CommandAnswer& answer) {
    if (!m_clients.contains(client)) {
        m_byAge.push_back(client);
        if (m_byAge.size() > kCommandClientsMax) {
            m_clients.erase(m_byAge.front());
            m_byAge.pop_front();
        }
    }
    Client& known = m_clients[client];
    known.answers[answer.sequence] = answer;
    if (known.answers.size() > kCommandsPerClientMax) {
        known.forgotten = std::max(known.forgotten, known.answers.begin()->first);
        known.answers.erase(known.answers.begin());
    }
}

}  // namespace longship
