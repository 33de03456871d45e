#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/base/ids.h"
#include "core/protocol/lineage.h"
#include "core/protocol/voter_weights.h"

/// What the agents of a cluster say to each other about their replicated log (replicated_log.h). Every
/// message names the lineage of the log it is about; 0 while its sender has none.
namespace longship {

/// Position in the replicated log; the first entry has 1.
using LogIndex = std::uint64_t;

enum class EntryKind : std::uint8_t {
    TermStart,  ///< The first entry of a leader: with it everything before is committed.
    Voting,     ///< Who votes, from here on.
    Payload     ///< Bytes of the log's owner.
};
struct LogEntry {
    LogIndex index = 0;
    Term term = 0;
    EntryKind kind = EntryKind::Payload;
    std::string payload;
    VotingConfig voting;
    bool operator==(const LogEntry&) const = default;
};
/// What all entries up to `index` have made, as bytes of the log's owner.
struct LogSnapshot {
    LogIndex index = 0;
    Term term = 0;
    VotingConfig voting;
    std::string state;
    bool operator==(const LogSnapshot&) const = default;
};

/// How far a node's log reaches.
struct LogReach {
    LogIndex lastIndex = 0;
    Term lastTerm = 0;
    LogIndex commit = 0;  ///< Up to here it knows that it can never be taken back.
    bool operator==(const LogReach&) const = default;
};

/// "May I lead in this term?" With `prevote`: would you say yes? Nothing is promised then.
struct VoteRequest {
    std::uint64_t lineage = 0;
    Term term = 0;
    bool prevote = false;
    LogIndex lastIndex = 0;
    Term lastTerm = 0;
    bool operator==(const VoteRequest&) const = default;
};
struct VoteAnswer {
    std::uint64_t lineage = 0;
    Term term = 0;   ///< Where the answering node is.
    Term asked = 0;  ///< Of the request.
    bool prevote = false;
    bool granted = false;
    std::uint64_t incarnation = 0;
    LogReach reach = {};
    NodeId leader = {};  ///< Whom it follows; empty: nobody.
    bool operator==(const VoteAnswer&) const = default;
};
/// From the leader, each T/12 also without entries.
struct AppendEntries {
    std::uint64_t lineage = 0;
    Term term = 0;
    std::uint64_t number = 0;  ///< Comes back with the answer.
    LogIndex previousIndex = 0;
    Term previousTerm = 0;
    LogIndex commit = 0;
    std::vector<LogEntry> entries;
    bool operator==(const AppendEntries&) const = default;
};
struct AppendAnswer {
    std::uint64_t lineage = 0;
    Term term = 0;
    std::uint64_t number = 0;
    std::uint64_t incarnation = 0;
    bool matched = false;
    LogIndex index = 0;  ///< Matched: equal and durable up to here. Else: try from here.
    bool operator==(const AppendAnswer&) const = default;
};
/// For a node that lacks entries which its leader has dropped. Answered by AppendAnswer.
struct InstallSnapshot {
    std::uint64_t lineage = 0;
    Term term = 0;
    std::uint64_t number = 0;
    LogSnapshot snapshot;
    bool operator==(const InstallSnapshot&) const = default;
};
using LogMessage = std::variant<VoteRequest, VoteAnswer, AppendEntries, AppendAnswer, InstallSnapshot>;

}  // namespace longship
