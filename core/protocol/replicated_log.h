#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/protocol/election.h"
#include "core/protocol/entry_list.h"
#include "core/protocol/log_outbox.h"
#include "core/protocol/log_replication.h"
#include "core/protocol/log_times.h"

namespace longship {

/// A log that all agents of a cluster hold equal copies of, and the election of the one that extends it.
/// After Raft (Ongaro, Ousterhout: In Search of an Understandable Consensus Algorithm, 2014) with prevote,
/// votes with weights that follow who is alive, joint consensus, and voters that are (node, incarnation of
/// its disk). Sans-I/O: told the time, random numbers from a seed. After every call its owner takes
/// pollWrite(), makes each durable and says so with written(), sends pollTransmit(), applies pollCommitted(),
/// until nothing more comes. What depends on a write is held back until written(). Not thread-safe. States,
/// rules and sources: core/protocol/README.md, "Replicated log".
class ReplicatedLog {
public:
    enum class Role : std::uint8_t {
        Founder,       ///< Has no log, and begins one unless somebody has.
        Follower,      ///< Has no log yet, or follows.
        PreCandidate,  ///< Asks who would vote for it.
        Candidate,
        Leader
    };
    struct Options {
        NodeId self;
        std::vector<NodeId> nodes;  ///< In roster order, this one among them.
        std::chrono::milliseconds tolerateSilence{3000};
        std::uint64_t seed = 0;  ///< Unpredictable: names this disk's incarnation and a new log's lineage.
        /// May begin the log of a new cluster, when most nodes say that they have none. Exactly one node may.
        bool founds = false;
        std::size_t entriesUntilCompaction = 4096;
    };
    using Write = LogOutbox::Write;
    using Outgoing = LogOutbox::Outgoing;
    using Committed = std::variant<LogEntry, LogSnapshot>;
    /// What was refused or ignored, for the log and the tests.
    struct Counters {
        std::uint64_t unknownNode = 0;
        std::uint64_t otherLineage = 0;  ///< About the log of another cluster, or of one founded again.
        std::uint64_t otherBranch = 0;   ///< About a branch of this log that was given up, or one to come.
        std::uint64_t oldTerm = 0;
        std::uint64_t unexpected = 0;  ///< Has no place in the present role.
        std::uint64_t sticky = 0;      ///< Votes not given because a leader was heard a moment ago.
    };

    /// What is known of a node's log where no leader is.
    struct Standing {
        NodeId node;
        bool answers = false;  ///< It did within T. Else the rest is as it was, or nothing.
        std::uint64_t incarnation = 0;
        LogReach reach;
        NodeId leader;  ///< Whom it hears.
    };

    /// `stored`: what written() confirmed before this start; all zero on a disk that is new or was lost. Such
    /// a node follows without a vote until a leader has brought it level and given it one.
    ReplicatedLog(Options options, StoredLog stored, TimePoint now);

    void handle(const NodeId& from, const LogMessage& message, TimePoint now);
    /// The link to the node was reset and connecting again was refused: its agent is gone.
    void handleRefused(const NodeId& node, TimePoint now);
    /// The node says of itself that it does not lead: it was started anew, faster than anybody noticed.
    void handleNotLeading(const NodeId& node, TimePoint now);
    void handleTimeout(TimePoint now);  ///< Harmless when called early.
    std::optional<TimePoint> nextTimeout() const;

    /// Appends to the log where this node leads; committed when pollCommitted() says so, or never when
    /// another leader takes over first. Refused (the text names the leader), BadInput (too long), Exhausted.
    Result<LogIndex> propose(std::string payload, TimePoint now);
    /// Nodes that should not vote while others can; on the leader.
    void setDrained(std::set<NodeId> nodes, TimePoint now);

    // --- Going on without a majority, because a person says so: core/protocol/README.md, "Takeover".

    /// Of all nodes in roster order, this one too.
    std::vector<Standing> standings(TimePoint now) const;
    /// Whose log reaches furthest, of those that answer.
    NodeId furthest(TimePoint now) const;
    /// Refused, with the reason, where a leader is known, may yet be elected, or another has more; Exhausted.
    Result<void> mayTakeOver(TimePoint now) const;
    /// Begins a branch of the log, with all that this node has, in which it alone votes. As mayTakeOver().
    Result<void> takeOver(TimePoint now);
    /// How often this log was dropped because a branch that supersedes it has something else.
    std::uint64_t timesDiscarded() const { return m_discarded; }

    std::optional<Write> pollWrite();
    /// All writes up to this number are durable.
    void written(std::uint64_t number, TimePoint now);
    std::optional<Outgoing> pollTransmit();
    /// Payload entries in log order, each once since the start; or a snapshot that replaces all before it
    /// (with index 0: by nothing).
    std::optional<Committed> pollCommitted();

    /// So much is in the log that its owner should call compact().
    bool compactionDue() const;
    /// Drops what pollCommitted() gave out; `state` is what it made. Exhausted when that is too long.
    Result<void> compact(std::string state, TimePoint now);

    Role role() const { return m_role; }
    bool leads() const { return m_role == Role::Leader; }
    /// It leads, and everything of earlier leaders was given out by pollCommitted().
    bool isReady() const;
    /// It leads, and a majority answered it within T/3. For liveness only.
    bool hasLease(TimePoint now) const;
    NodeId leader() const { return m_leader; }  ///< Empty: unknown.
    Term term() const { return m_term; }
    LogIndex committed() const { return m_commit; }
    LogIndex applied() const { return m_applied; }
    std::uint64_t incarnation() const { return m_incarnation; }
    Lineage lineage() const { return m_lineage; }
    const EntryList& entries() const { return m_entries; }
    const VotingConfig& voting() const { return m_entries.voting(); }
    bool votes() const { return voting().contains(m_options.self, m_incarnation); }
    const Counters& counters() const { return m_counters; }

private:
    // Lineage and terms (replicated_log.cpp).
    bool belongs(const NodeId& from, const LogMessage& message);
    void adopt(Lineage lineage);
    void found();
    void probeOthers();
    bool isKnown(const NodeId& node) const;
    void follow(Term term, const NodeId& leader);
    void toAll(const LogMessage& message);
    void to(const NodeId& node, LogMessage message);

    // Elections (replicated_log_election.cpp).
    bool mayLead() const;
    bool mayVoteFor(const VoteRequest& request) const;
    void standForElection();
    void becomeCandidate();
    void becomeLeader();
    void on(const NodeId& from, const VoteRequest& request);
    void on(const NodeId& from, const VoteAnswer& answer);
    void countVotes();

    // Takeover (replicated_log_takeover.cpp).
    void askAround();
    void noteStanding(const NodeId& from, const VoteAnswer& answer);
    bool hasJoined() const;
    bool contradicts(const AppendEntries& append) const;
    bool contradicts(const LogSnapshot& snapshot) const;
    void discard();

    // Following (replicated_log_entries.cpp).
    void on(const NodeId& from, const AppendEntries& append);
    void on(const NodeId& from, const InstallSnapshot& install);
    bool heardFrom(const NodeId& from, Term term, std::uint64_t number);
    LogIndex whereToTry(LogIndex previous) const;
    bool take(LogIndex previous, const std::vector<LogEntry>& entries);
    void commitUpTo(LogIndex index);

    // Leading (replicated_log_entries.cpp).
    void on(const NodeId& from, const AppendAnswer& answer);
    void append(EntryKind kind, std::string payload, VotingConfig voting);
    void sendEntries(const NodeId& node);
    void sendHeartbeats();
    void lead();
    void advanceCommit();
    void keepVoters();
    std::vector<VoterCandidate> candidates() const;

    const Options m_options;
    const LogTimes m_times;
    EntryList m_entries;
    LogOutbox m_outbox;
    Election m_election;
    std::optional<LogReplication> m_replication;  ///< Of the leader.

    Role m_role = Role::Follower;
    Lineage m_lineage = 0;
    std::uint64_t m_incarnation = 0;
    Term m_term = 0;
    NodeId m_votedFor;
    NodeId m_leader;
    LogIndex m_commit = 0;
    LogIndex m_applied = 0;

    TimePoint m_now;
    TimePoint m_heartbeatAt;        ///< Of a leader, or of a founder's next question.
    TimePoint m_askedAt;            ///< This candidate began to ask for votes.
    std::uint64_t m_ownVoteIn = 0;  ///< Write that makes a candidate's vote for itself durable.
    LogIndex m_termStart = 0;       ///< The leader's first entry.
    std::set<NodeId> m_withoutLog;  ///< Answered the founder's question so.
    std::set<NodeId> m_drained;
    std::set<NodeId> m_refused;  ///< Connections to them, and not heard since.
    std::map<NodeId, std::pair<TimePoint, Standing>> m_standings;  ///< When it said so.
    std::optional<TimePoint> m_leaderlessSince;
    std::uint64_t m_discarded = 0;
    bool m_startsOver = false;  ///< The owner has to hear that its state is void.
    Counters m_counters;
};

}  // namespace longship
