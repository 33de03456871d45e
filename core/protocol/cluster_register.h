#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/domain/run_snapshot.h"
#include "core/protocol/command_journal.h"

namespace longship {

struct ExecutedCommand {
    std::string client;
    CommandAnswer answer;
    bool operator==(const ExecutedCommand&) const = default;
};
/// One entry of the replicated log: what became true together. A command and the events that it made are in
/// one, so that it is never carried out twice.
struct RegisterChange {
    std::vector<RunEvent> events;
    std::optional<std::set<NodeId>> drained;  ///< All of them, from here on.
    std::vector<ExecutedCommand> commands;

    bool empty() const { return events.empty() && !drained && commands.empty(); }
    bool operator==(const RegisterChange&) const = default;
};
/// What all entries up to one have made, in the log's snapshot.
struct RegisterState {
    struct Run {
        std::vector<RunEvent> events;
        bool complete = true;  ///< Else some events were left out; what a leader needs is there.
        bool operator==(const Run&) const = default;
    };
    std::vector<Run> runs;
    std::set<NodeId> drained;
    std::vector<CommandJournal::Client> clients;
    bool operator==(const RegisterState&) const = default;
};

std::string encodeChange(const RegisterChange& change);
/// Corrupt for bytes that have no meaning, whatever they are.
Result<RegisterChange> decodeChange(std::string_view bytes);

/// What the committed entries of the replicated log have made: the runs, who is drained, which commands were
/// carried out. Equal on all agents that have applied the same entries, but for events of the past that a
/// snapshot left out.
class ClusterRegister {
public:
    struct Run {
        RunSnapshot snapshot;
        std::vector<RunEvent> events;
        bool complete = true;  ///< `events` are all there were.
    };

    void apply(const RegisterChange& change);

    /// The inverse of state(). Corrupt for bytes that have no meaning.
    static Result<ClusterRegister> fromState(std::string_view bytes);
    /// For the log's snapshot. Where it would be longer than about `bytesMax`, what is least needed is left
    /// out here, too: events of runs that ended long ago, then texts and superseded events of others.
    std::string state(std::size_t bytesMax);

    /// Unfinished ones, and the last kFinishedRunsMax that ended.
    const std::map<RunId, Run>& runs() const { return m_runs; }
    const std::set<NodeId>& drained() const { return m_drained; }
    const CommandJournal& commands() const { return m_commands; }

private:
    void forgetOldest();
    void shrink(std::size_t bytesMax);

    std::map<RunId, Run> m_runs;  ///< Ids begin with the time.
    std::set<NodeId> m_drained;
    CommandJournal m_commands;
};

}  // namespace longship
