#include "core/protocol/command_journal.h"

#include <algorithm>
#include <utility>

#include "core/protocol/limits.h"
#include "core/protocol/utf8.h"

namespace longship {

std::optional<CommandAnswer> CommandJournal::find(const Command& command) const {
    const auto client = std::find_if(m_clients.begin(), m_clients.end(),
                                     [&](const Client& known) { return known.name == command.client; });
    if (client == m_clients.end()) {
        return std::nullopt;
    }
    for (const CommandAnswer& answer : client->answers) {
        if (answer.sequence == command.sequence) {
            return answer;
        }
    }
    if (command.sequence > client->forgotten) {
        return std::nullopt;
    }
    return CommandAnswer{command.sequence,
                         Error{ErrorKind::Refused,
                               "This command is too old to tell whether it was carried "
                               "out. Look at the list of runs before sending it again."},
                         RunId()};
}

void CommandJournal::record(const std::string& client, CommandAnswer answer) {
    Client known{client};
    const auto found = std::find_if(m_clients.begin(), m_clients.end(),
                                    [&](const Client& candidate) { return candidate.name == client; });
    if (found != m_clients.end()) {
        known = std::move(*found);
        m_clients.erase(found);
    } else if (m_clients.size() >= kCommandClientsMax) {
        m_clients.pop_front();
    }
    if (answer.error) {
        answer.error->text = cleanText(answer.error->text, kCommandErrorBytesMax, Keep::Front);
    }
    const auto place = std::find_if(known.answers.begin(), known.answers.end(),
                                    [&](const CommandAnswer& a) { return a.sequence >= answer.sequence; });
    if (place != known.answers.end() && place->sequence == answer.sequence) {
        *place = std::move(answer);
    } else {
        known.answers.insert(place, std::move(answer));
    }
    if (known.answers.size() > kCommandsPerClientMax) {
        known.forgotten = std::max(known.forgotten, known.answers.front().sequence);
        known.answers.erase(known.answers.begin());
    }
    m_clients.push_back(std::move(known));
}

}  // namespace longship
