#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/domain/run_snapshot.h"
#include "core/protocol/agent_machine.h"
#include "core/protocol/cluster_register.h"
#include "core/protocol/history_feed.h"
#include "core/protocol/leadership.h"
#include "core/protocol/messages.h"
#include "core/protocol/replicated_log.h"

namespace longship {

/// This agent's part in its cluster: an AgentMachine, its copy of the replicated log, what the log's
/// committed entries have made (the register), and a Coordinator while it leads. Sans-I/O, told the time, not
/// thread-safe: lives on the agent loop.
///
/// Driving it. After every call (or all calls of one turn of a loop) drain until Work::empty():
///
///     for (Work work = seat.drain(now, wall); !work.empty(); work = seat.drain(now, wall)) {
///         for (write : work.writes) { store.write(write.change); seat.written(write.number, now, wall); }
///         history.append(work.events), history.append(work.rows);   // queued: needs no sync here
///         actions → processes; toNodes, toWorkers → sockets; answers → clients
///     }
///
/// What depends on a write comes out only after its written(); what depends on an event (an order to a
/// worker, a client's answer) only after that event was committed, so nothing of one Work waits for anything
/// else of it. A write that fails must not be reported with written(): from then on nothing more may be
/// written, and this agent takes part only as one that does not vote; it must be started again. The log, not
/// the history, is what a restart goes on from: events that the history lost are given out again, so the
/// history is synced at ease, but before compact().
///
/// Links. "Up": what is sent to that agent from now on arrives there, in order, until the link is down; what
/// was sent before may be lost. "Refused": its machine refused a connection, so that its agent is gone.
/// Messages for a node without a link are dropped by the owner; all of them come again. Every message between
/// agents goes to handleAgent(), those of the log too; a PullRequest of another agent is answered by the
/// owner from its history, a PullAnswer comes here.
class ClusterSeat {
public:
    struct Options {
        NodeId self;
        std::string cluster;
        std::string version;
        std::vector<NodeId> nodes;  ///< In roster order; the first begins the log of a new cluster.
        std::chrono::milliseconds tolerateSilence{3000};
        std::uint64_t seed = 0;  ///< Unpredictable.
        std::size_t entriesUntilCompaction = 4096;
        std::map<RunId, UtcTime> lastEvents = {};  ///< When the last event of each run of the history was.
    };
    using Answer = CommandOutcome;
    /// What was refused or ignored, for the log and the tests.
    struct Counters {
        std::uint64_t notMeant = 0;    ///< For a leader at one that is not, or an order of another term.
        std::uint64_t unreadable = 0;  ///< Entries of the log that this version does not understand.
        /// Of all leaderships that have ended: Coordinator::Counters::transitions.
        std::map<std::string, std::uint64_t> transitions{};
    };
    /// What is to be done now, in this order.
    struct Work {
        std::vector<ReplicatedLog::Write> writes;
        std::vector<RunEvent> events;  ///< Committed ones, of one run in order. May come again after a start.
        std::vector<AgentMachine::RowsToStore> rows;
        std::vector<AgentAction> actions;
        std::vector<std::pair<NodeId, Message>> toNodes;
        std::vector<std::pair<TaskKey, Message>> toWorkers;
        std::vector<Answer> answers;
        /// What the history has of these runs is of a branch of the log that was given up (takeOver). The
        /// owner drops all of it, ends all workers and makes a new seat with the log as it is.
        std::vector<RunId> voidRuns;

        bool empty() const {
            return voidRuns.empty() && writes.empty() && events.empty() && rows.empty() && actions.empty() &&
                   toNodes.empty() && toWorkers.empty() && answers.empty();
        }
    };

    /// `stored`: as LogStore read it, of a cluster of these nodes. `history`: the runs that this agent's
    /// history holds, in any order; what they lack comes out as events.
    ClusterSeat(Options options, StoredLog stored, const std::vector<RunSnapshot>& history, TimePoint now);
    ~ClusterSeat();

    void linkUp(const NodeId& node, TimePoint now);
    void linkDown(const NodeId& node, TimePoint now);
    void linkRefused(const NodeId& node, TimePoint now, UtcTime wallTime);
    /// The node's answer to the greeting on a new link to it. Who led before it was started anew leads no
    /// more.
    void linkWelcomed(const NodeId& node, bool leads, TimePoint now);
    void handleAgent(const NodeId& from, const Message& message, TimePoint now, UtcTime wallTime);
    /// All writes up to this number are durable.
    void written(std::uint64_t number, TimePoint now, UtcTime wallTime);
    void handleTimeout(TimePoint now, UtcTime wallTime);  ///< Harmless when called early.
    TimePoint nextTimeout() const;

    /// From a client, any command but Drill and TakeOver. `ticket` is the caller's and comes back in
    /// Work::answers, once, maybe at once. The same (client, sequence) has one effect in the cluster, whoever
    /// leads.
    void command(std::uint64_t ticket, const Command& command, TimePoint now, UtcTime wallTime);
    /// It was carried out before, or is about to be: checks that concern new commands only do not apply.
    bool isKnown(const Command& command) const;

    /// A person says that this node goes on without a majority of the others. Refused, with the reason, where
    /// that must not be: ReplicatedLog::mayTakeOver().
    Result<void> takeOver(TimePoint now, UtcTime wallTime);
    /// Whether that can be done and what it may cost; none while a leader is known or was until a moment ago.
    std::optional<TakeoverOutlook> outlook(TimePoint now) const;

    Work drain(TimePoint now, UtcTime wallTime);

    /// The log has grown: when all events given out so far are durable in the history, call compact().
    bool compactionDue() const;
    Result<void> compact(TimePoint now);

    /// It decides for the cluster: commands are carried out here. False for a moment also on a new leader.
    bool leads() const { return m_leadership.has_value(); }
    NodeId leader() const;  ///< Maybe this node; empty: not known now.
    Term term() const;
    /// A leader was heard within T; on the leader itself: a majority answers it.
    bool leaderHeard(TimePoint now) const;
    std::set<NodeId> drained() const;  ///< As committed.

    /// For what concerns workers: their processes, connections, words; never for links to other agents.
    AgentMachine& machine() { return *m_machine; }
    const AgentMachine& machine() const { return *m_machine; }
    const Coordinator* coordinator() const {  ///< Null unless leads().
        return m_leadership ? &m_leadership->coordinator() : nullptr;
    }
    const ReplicatedLog& log() const { return m_log; }
    const ClusterRegister& committed() const { return m_register; }
    const Counters& counters() const { return m_counters; }

private:
    struct WaitingCommand {
        std::uint64_t ticket = 0;
        Command command;
    };

    // What was committed.
    bool applyCommitted();
    void apply(const LogEntry& entry);
    void apply(const LogSnapshot& snapshot);
    void askForHistory(Work& work, TimePoint now);

    // Leading.
    bool othersVote(TimePoint now);
    void settleRole(TimePoint now, UtcTime wallTime);
    void beginLeadership(TimePoint now, UtcTime wallTime);
    void endLeadership(TimePoint now);
    void propose(TimePoint now);

    // Following.
    void followLeader(TimePoint now);
    bool leaderListens(const NodeId& leader) const;
    void dropForgotten();
    void toLeader(const Message& message, TimePoint now, UtcTime wallTime, Work& work);

    bool drainLog(Work& work);
    bool drainLeadership(Work& work, TimePoint now, UtcTime wallTime);
    bool drainMachine(Work& work, TimePoint now, UtcTime wallTime);

    const Options m_options;
    ReplicatedLog m_log;
    ClusterRegister m_register;
    HistoryFeed m_feed;
    std::vector<RunSnapshot> m_runsBefore;  ///< Of the history; of ended ones only where they ended.
    std::unique_ptr<AgentMachine> m_machine;
    std::optional<Leadership> m_leadership;

    std::set<NodeId> m_up;           ///< Nodes with a link.
    std::set<NodeId> m_seen;         ///< That had one once.
    std::set<NodeId> m_gone;         ///< That refused a connection, and had no link since.
    std::set<NodeId> m_drainedTold;  ///< To the log.
    NodeId m_followed;  ///< The leader that the machine knows, in this term, and whether it listens.
    Term m_followedTerm = 0;
    bool m_connected = false;
    std::optional<TimePoint> m_aloneSince;                      ///< Led with no vote but its own.
    std::optional<std::pair<NodeId, TimePoint>> m_leaderHeard;  ///< Another one, last.

    std::vector<WaitingCommand> m_waiting;  ///< Until this node, which was elected, is ready to lead.
    std::vector<Answer> m_answers;
    std::vector<AgentMachine::RowsToStore> m_rows;  ///< Of other nodes' workers.
    Counters m_counters;
};

}  // namespace longship
