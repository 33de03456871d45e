#pragma once

#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/protocol/entry_list.h"
#include "core/protocol/log_times.h"

namespace longship {

/// What a leader knows of the others' logs, and what each is to be sent next. At most one message with
/// entries (or a snapshot) is under way to each node; heartbeats go beside it.
class LogReplication {
public:
    LogReplication(const NodeId& self, const std::vector<NodeId>& nodes, const LogTimes& times,
                   LogIndex lastIndex, TimePoint now);

    /// What the node lacks, if anything and if nothing is under way to it. Without lineage and term.
    std::optional<LogMessage> nextFor(const NodeId& node, const EntryList& entries, LogIndex commit,
                                      TimePoint now);
    /// What it hears each T/12 even so.
    AppendEntries heartbeatFor(const NodeId& node, const EntryList& entries, LogIndex commit, TimePoint now);

    void answered(const NodeId& from, const AppendAnswer& answer, LogIndex lastIndex, TimePoint now);
    void refused(const NodeId& node);

    /// The last entry that a majority holds; `own`: up to where this node does.
    LogIndex heldByMajority(const VotingConfig& voting, std::uint64_t ownIncarnation, LogIndex own) const;
    /// A majority heard of this leader not before that time; at least since it was elected.
    TimePoint majorityHeardAt(const VotingConfig& voting, std::uint64_t ownIncarnation, TimePoint now) const;
    /// The last entry that every node holds which is not dead.
    LogIndex heldByAllLive(LogIndex own, TimePoint now) const;
    VoterCandidate candidate(const NodeId& node, LogIndex commit, TimePoint now) const;

private:
    struct UnderWay {
        std::uint64_t number = 0;
        TimePoint sentAt;
    };
    struct Peer {
        std::uint64_t incarnation = 0;  ///< 0: has not answered yet.
        LogIndex next = 1;
        LogIndex match = 0;
        TimePoint heardAt;      ///< Its last answer came.
        TimePoint answeredFor;  ///< When the newest message that it answered was sent.
        bool refused = false;
        std::optional<UnderWay> entriesUnderWay;
        std::deque<UnderWay> sent;  ///< Not answered, oldest first, at most kSentMax.
    };

    std::uint64_t note(Peer& peer, TimePoint now);
    bool isLive(const Peer& peer, TimePoint now) const;
    void noteAnswer(Peer& peer, std::uint64_t number, TimePoint now);

    const NodeId m_self;
    const LogTimes m_times;
    const TimePoint m_electedAt;
    std::map<NodeId, Peer> m_peers;
    std::uint64_t m_number = 0;
};

}  // namespace longship
