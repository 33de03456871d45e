#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/protocol/cluster_register.h"
#include "core/protocol/coordinator.h"
#include "core/protocol/log_messages.h"

namespace longship {

/// What becomes of a client's command at this node.
struct CommandOutcome {
    std::uint64_t ticket = 0;
    /// None: this node led no more before it was certain. To be asked again at the leader, with the same
    /// client and sequence; it takes effect once.
    std::optional<CommandAnswer> answer;
};

/// One leadership of this node: a Coordinator that goes on from the register, the changes that it has made,
/// and all that waits until these are committed. Events become entries of the log; a message or an answer
/// that follows from an event leaves after its entry was committed, in order; acknowledgements of heartbeats
/// do not wait, but confirm only what is committed. Dies with the leadership, and what waits with it.
class Leadership {
public:
    Leadership(Coordinator::Options options, const ClusterRegister& state, TimePoint now, UtcTime wallTime);

    Term term() const { return m_term; }
    Coordinator& coordinator() { return m_coordinator; }
    const Coordinator& coordinator() const { return m_coordinator; }

    /// `state`: what is committed.
    void command(std::uint64_t ticket, const Command& command, const ClusterRegister& state, TimePoint now,
                 UtcTime wallTime);
    bool isPending(const Command& command) const;
    /// Unfinished runs of this node's history that no log knows: nobody can go on with them.
    void closeForgotten(const std::vector<RunSnapshot>& runs, UtcTime wallTime);

    /// Takes what the coordinator said since the last call. To be called after every call of it.
    void collect();

    /// The change that should be proposed next, encoded; then proposed() with its place in the log.
    const std::string* nextProposal() const;
    void proposed(LogIndex index);
    void committed(LogIndex index);

    /// Messages and answers that may leave now.
    std::optional<Coordinator::Outgoing> pollTransmit();
    std::optional<CommandOutcome> pollOutcome();
    /// Of commands that are not answered yet.
    std::vector<std::uint64_t> openTickets() const;

private:
    /// Number of a change; all up to m_settled are committed.
    using Mark = std::uint64_t;
    struct Change {
        Mark mark = 0;
        std::string encoded;
        std::optional<LogIndex> index;
    };
    struct HeldMessage {
        Mark after = 0;
        Coordinator::Outgoing outgoing;
    };
    struct HeldAnswer {
        Mark after = 0;
        CommandOutcome outcome;
    };
    /// Of the heartbeats of one agent in one life.
    struct Heard {
        std::uint64_t last = 0;
        std::uint64_t confirmed = 0;
        std::deque<std::pair<Mark, std::uint64_t>> open{};  ///< After what they may be confirmed.
    };
    using CommandKey = std::pair<std::string, std::uint64_t>;

    void add(RegisterChange change);
    void holdMessage(Coordinator::Outgoing outgoing);
    void confirm(Heard& heard) const;

    const Term m_term;
    Coordinator m_coordinator;
    std::set<NodeId> m_drained;
    std::vector<ExecutedCommand> m_executed;  ///< Since the last collect().
    Mark m_last = 0;
    Mark m_settled = 0;
    std::deque<Change> m_changes;  ///< Not committed yet.
    std::deque<HeldMessage> m_messages;
    std::deque<Coordinator::Outgoing> m_urgent;
    std::deque<HeldAnswer> m_answers;
    std::map<CommandKey, std::pair<Mark, CommandAnswer>> m_pending;
    std::map<NodeId, Heard> m_heard;
};

}  // namespace longship
