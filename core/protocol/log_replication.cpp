#include "core/protocol/log_replication.h"

#include <algorithm>

#include "core/protocol/limits.h"

namespace longship {
namespace {

constexpr std::size_t kSentMax = 64;

}  // namespace

LogReplication::LogReplication(const NodeId& self, const std::vector<NodeId>& nodes, const LogTimes& times,
                               LogIndex lastIndex, TimePoint now)
    : m_self(self), m_times(times), m_electedAt(now) {
    for (const NodeId& node : nodes) {
        if (node != self) {
            Peer& peer = m_peers[node];
            peer.next = lastIndex + 1;
            peer.heardAt = now;
            peer.answeredFor = now;
        }
    }
}

std::uint64_t LogReplication::note(Peer& peer, TimePoint now) {
    peer.sent.push_back({++m_number, now});
    if (peer.sent.size() > kSentMax) {
        peer.sent.pop_front();
    }
    return m_number;
}

std::optional<LogMessage> LogReplication::nextFor(const NodeId& node, const EntryList& entries,
                                                  LogIndex commit, TimePoint now) {
    Peer& peer = m_peers.at(node);
    const bool busy = peer.entriesUnderWay && now - peer.entriesUnderWay->sentAt < m_times.resend;
    if (busy || peer.next > entries.lastIndex() || peer.incarnation == 0) {
        return std::nullopt;
    }
    peer.entriesUnderWay = {note(peer, now), now};
    if (peer.next <= entries.base().index) {
        return InstallSnapshot{0, 0, m_number, entries.base()};
    }
    AppendEntries append{0, 0, m_number, peer.next - 1, *entries.termAt(peer.next - 1), commit, {}};
    std::size_t bytes = 0;
    for (LogIndex index = peer.next; index <= entries.lastIndex(); ++index) {
        const LogEntry& entry = entries.at(index);
        bytes += entry.payload.size();
        const bool full = append.entries.size() >= kAppendEntriesMax || bytes > kAppendBytesMax;
        if (full && !append.entries.empty()) {
            break;
        }
        append.entries.push_back(entry);
    }
    return append;
}

AppendEntries LogReplication::heartbeatFor(const NodeId& node, const EntryList& entries, LogIndex commit,
                                           TimePoint now) {
    Peer& peer = m_peers.at(node);
    // A base is known to all to be right; who lacks it says so, and gets it as a snapshot.
    const LogIndex previous = std::max(peer.next - 1, entries.base().index);
    return {0, 0, note(peer, now), previous, *entries.termAt(previous), commit, {}};
}

void LogReplication::noteAnswer(Peer& peer, std::uint64_t number, TimePoint now) {
    peer.heardAt = now;
    peer.refused = false;
    while (!peer.sent.empty() && peer.sent.front().number <= number) {
        if (peer.sent.front().number == number) {
            peer.answeredFor = std::max(peer.answeredFor, peer.sent.front().sentAt);
        }
        peer.sent.pop_front();
    }
    if (peer.entriesUnderWay && peer.entriesUnderWay->number == number) {
        peer.entriesUnderWay.reset();
    }
}

void LogReplication::answered(const NodeId& from, const AppendAnswer& answer, LogIndex lastIndex,
                              TimePoint now) {
    Peer& peer = m_peers.at(from);
    if (peer.incarnation != answer.incarnation) {
        peer.incarnation = answer.incarnation;
        peer.match = 0;
        peer.next = lastIndex + 1;
        peer.entriesUnderWay.reset();
    }
    noteAnswer(peer, answer.number, now);
    if (answer.matched) {
        peer.match = std::max(peer.match, std::min(answer.index, lastIndex));
        peer.next = std::max(peer.next, peer.match + 1);
    } else {
        peer.next = std::max(peer.match + 1, std::min(answer.index, lastIndex + 1));
    }
}

void LogReplication::refused(const NodeId& node) {
    if (const auto peer = m_peers.find(node); peer != m_peers.end()) {
        peer->second.refused = true;
    }
}

LogIndex LogReplication::heldByMajority(const VotingConfig& voting, std::uint64_t ownIncarnation,
                                        LogIndex own) const {
    const auto holds = [&](LogIndex index) {
        return isMajority(voting, [&](const NodeId& node, const Voter& voter) {
            if (node == m_self) {
                return voter.incarnation == ownIncarnation && own >= index;
            }
            const auto peer = m_peers.find(node);
            return peer != m_peers.end() && peer->second.incarnation == voter.incarnation &&
                   peer->second.match >= index;
        });
    };
    LogIndex best = holds(own) ? own : 0;
    for (const auto& [node, peer] : m_peers) {
        best = peer.match > best && holds(peer.match) ? peer.match : best;
    }
    return best;
}

TimePoint LogReplication::majorityHeardAt(const VotingConfig& voting, std::uint64_t ownIncarnation,
                                          TimePoint now) const {
    const auto heardSince = [&](TimePoint time) {
        return isMajority(voting, [&](const NodeId& node, const Voter& voter) {
            if (node == m_self) {
                return voter.incarnation == ownIncarnation;
            }
            const auto peer = m_peers.find(node);
            return peer != m_peers.end() && peer->second.incarnation == voter.incarnation &&
                   peer->second.answeredFor >= time;
        });
    };
    if (heardSince(now)) {
        return now;
    }
    TimePoint best = m_electedAt;
    for (const auto& [node, peer] : m_peers) {
        best = peer.answeredFor > best && heardSince(peer.answeredFor) ? peer.answeredFor : best;
    }
    return best;
}

bool LogReplication::isLive(const Peer& peer, TimePoint now) const {
    return !peer.refused && now - peer.heardAt < m_times.dead;
}

LogIndex LogReplication::heldByAllLive(LogIndex own, TimePoint now) const {
    LogIndex least = own;
    for (const auto& [node, peer] : m_peers) {
        least = isLive(peer, now) ? std::min(least, peer.match) : least;
    }
    return least;
}

VoterCandidate LogReplication::candidate(const NodeId& node, LogIndex commit, TimePoint now) const {
    const Peer& peer = m_peers.at(node);
    const bool heard = peer.incarnation != 0 && now - peer.heardAt < m_times.lease;
    return {node, peer.incarnation, isLive(peer, now), heard, peer.match >= commit, false};
}

}  // namespace longship
