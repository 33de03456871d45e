#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/client/client.h"
#include "core/protocol/messages.h"

namespace longship {

/// What is here of a run: the cursor to pull from.
struct RunProgress {
    std::uint64_t sequence = 0;
    std::optional<RowKey> lastRow;
    UtcTime lastEventAt = {};  ///< Time of the event with `sequence`.
    bool finished = false;     ///< A terminal state was seen.
    Step stepsFinished = 0;    ///< Of the finished run.

    /// Nothing can come any more.
    bool complete() const {
        return finished && (stepsFinished == 0 || (lastRow && lastRow->step + 1 >= stepsFinished));
    }
};

/// What a client says to the agents of one cluster, and when: greets every node, follows the runs from the
/// leader by cursor, goes over to the next node when the leader is silent or gone, sends commands to whoever
/// leads until they are answered. Sans-I/O: told the time and what happened to each connection. After every
/// call the caller drains pollEffect(), calls handleTimeout() when there were effects, then drains
/// pollTransmit(). Not thread-safe: lives on the client's engine thread. States and times:
/// core/client/README.md.
class ClusterSession {
public:
    /// None: the run is not wanted here.
    using ProgressOf = std::function<std::optional<RunProgress>(const RunId&)>;

    struct Options {
        std::string clientId;
        std::string version;
    };
    struct Outgoing {
        NodeId to;
        Message message;
    };
    struct ViewChanged {};
    struct RecordsArrived {
        RunId run;
        std::vector<RunEvent> events;
        std::vector<StepRow> rows;
        bool startOver = false;  ///< What is here of the run is void: it is to be dropped.
    };
    struct CommandDone {
        std::uint64_t number = 0;
        Result<RunId> result;
    };
    struct FetchDone {
        std::uint64_t number = 0;
        Result<FetchAnswer> result;
    };
    using Effect = std::variant<ViewChanged, RecordsArrived, CommandDone, FetchDone>;

    ClusterSession(Options options, ProgressOf progressOf);

    void setRoster(const Roster& roster, TimePoint now);
    /// Why there is no roster, in words.
    void setProblem(std::string problem);

    void handleConnected(const NodeId& node, TimePoint now);
    void handleDisconnected(const NodeId& node, TimePoint now);
    void handleRefused(const NodeId& node, TimePoint now);   ///< Nobody listens there.
    void handleRejected(const NodeId& node, TimePoint now);  ///< The key was not accepted.
    void handleUnreadable(const NodeId& node, const Error& error, TimePoint now);
    void handle(const NodeId& from, const Message& message, TimePoint now);
    void handleTimeout(TimePoint now);  ///< Harmless when called early.

    /// Both return the number under which the answer comes as an effect, at the latest at `deadline`.
    std::uint64_t command(CommandBody body, TimePoint now, TimePoint deadline);
    std::uint64_t fetch(const NodeId& node, FetchRequest request, TimePoint now, TimePoint deadline);

    bool isReady(const NodeId& node) const;
    /// Nodes that answer now, the leader first.
    std::vector<NodeId> readyNodes() const;
    std::set<RunId> runsOnCluster() const;
    /// The leader answers, and neither it nor anybody else knows of that run, which was queued at that time.
    bool isUnknownToAll(const RunId& run, UtcTime queuedAt) const;
    ClusterView view();

    std::optional<Outgoing> pollTransmit();
    std::optional<Effect> pollEffect();
    TimePoint nextTimeout() const;

private:
    enum class Link { Connecting, Greeting, Ready };
    struct Peer {
        RosterEntry entry;
        Link link = Link::Connecting;
        TimePoint heardAt{};  ///< Or since when it is waited for.
        std::string problem;  ///< Why it is not ready; empty while nothing is known against it.
        bool silent = false;
        bool refused = false;  ///< Since the last connection: nobody listens there, or not to us.
        std::string version;
        std::optional<ClusterStatus> status;
        std::optional<UtcTime> clock;  ///< Its wall clock at zero of ours (BootClock).
        std::optional<TimePoint> spokeAt;
        std::set<RunId> exhausted;  ///< Finished runs of which it has nothing more.

        std::string address() const;
    };
    struct Pull {
        std::uint64_t number = 0;  ///< 0: none is under way.
        NodeId node;
        bool patient = false;  ///< A long poll.
        TimePoint sentAt{};
        TimePoint deadline{};
        TimePoint notBefore{};  ///< Of the next one.
    };
    struct PendingCommand {
        CommandBody body;
        TimePoint deadline{};
        std::optional<NodeId> sentTo;
        TimePoint notBefore{};  ///< After it was sent to one that does not lead.
    };
    struct PendingFetch {
        NodeId node;
        FetchRequest request;
        TimePoint deadline{};
        bool sent = false;
    };

    void handleWelcome(Peer& peer, const Welcome& welcome, TimePoint now);
    void handleStatus(Peer& peer, const ClusterStatus& status);
    void learnClock(Peer& peer, UtcTime told) const;
    void handleRecords(Peer& peer, const PullAnswer& answer, TimePoint now);
    void handleRefusal(Peer& peer, const Refusal& refusal);
    void learnLeader(const NodeId& reporter, const NodeId& leader, Term term);
    void sendAgain(PendingCommand& command, const Peer& refuser, const Refusal& refusal);
    void dropLink(const NodeId& node, const std::string& problem, TimePoint now);
    void markRefused(const NodeId& node);
    void forgetPullsTo(const NodeId& node);
    void finishCommand(std::uint64_t number, Result<RunId> result);
    void finishFetch(std::uint64_t number, Result<FetchAnswer> result);
    void expire(TimePoint now);
    void advance(TimePoint now);  ///< Sends what can be sent now.
    void followRuns(TimePoint now);
    void followRun(const RunId& run, TimePoint now);
    bool caughtUp() const;
    const Peer* sourceFor(const RunId& run, const RunProgress& progress) const;
    NodeView viewOf(const Peer& peer, const Peer* reporter) const;
    std::optional<Standstill> standstill() const;
    void sendCommands();
    void settleDrills(const NodeId& lost);
    void sendFetches();

    Peer* find(const NodeId& node);
    const Peer* find(const NodeId& node) const;
    bool answers(const Peer& peer) const { return peer.link == Link::Ready && !peer.silent; }
    /// Who is asked: the leader; while it is gone the first other node that answers.
    const Peer* source() const;
    std::string whyUnreachable() const;
    void changed() { m_viewChanged = true; }

    Options m_options;
    ProgressOf m_progressOf;
    Roster m_roster;
    std::string m_problem;
    std::vector<Peer> m_peers;  ///< In roster order.
    NodeId m_leader;  ///< The first of the roster until an agent names one; empty: it said that it is none.
    Term m_term = 0;  ///< In which m_leader leads; 0: not known, or it was lost since.
    std::uint64_t m_lastNumber = 0;
    std::map<RunId, Pull> m_pulls;
    std::set<RunId> m_upToDate;  ///< Asked for with an answer that left nothing out.
    bool m_caughtUp = false;
    std::set<RunId> m_announced;  ///< Submitted by us and not yet in a status.
    std::map<std::uint64_t, PendingCommand> m_commands;
    std::map<std::uint64_t, PendingFetch> m_fetches;
    std::deque<Outgoing> m_outgoing;
    std::deque<Effect> m_effects;
    int m_recordsPending = 0;  ///< RecordsArrived among the effects.
    bool m_viewChanged = false;
    TimePoint m_now{};
};

}  // namespace longship
