#include <algorithm>
#include <tuple>

#include "core/base/random.h"
#include "core/protocol/replicated_log.h"

/// ReplicatedLog: how a person lets it go on without a majority, and how nodes of a branch that was given up
/// come over.
namespace longship {
namespace {

tl::unexpected<Error> refused(std::string text) {
    return failure(ErrorKind::Refused, std::move(text));
}

}  // namespace

/// Every node that hears no leader does so, also one that cannot lead: the answers tell how far the others'
/// logs reach.
void ReplicatedLog::askAround() {
    if (m_lineage == 0) {
        return;
    }
    m_leaderlessSince = m_leaderlessSince.value_or(m_now);
    toAll(VoteRequest{m_lineage, m_term + 1, true, m_entries.lastIndex(), m_entries.lastTerm()});
}

void ReplicatedLog::noteStanding(const NodeId& from, const VoteAnswer& answer) {
    m_standings[from] = {m_now, {from, true, answer.incarnation, answer.reach, answer.leader}};
}

std::vector<ReplicatedLog::Standing> ReplicatedLog::standings(TimePoint now) const {
    std::vector<Standing> all;
    for (const NodeId& node : m_options.nodes) {
        if (node == m_options.self) {
            all.push_back({node, true, m_incarnation,
                           LogReach{m_entries.lastIndex(), m_entries.lastTerm(), m_commit}, m_leader});
            continue;
        }
        const auto known = m_standings.find(node);
        all.push_back(known == m_standings.end() ? Standing{node, false, 0, {}, {}} : known->second.second);
        all.back().answers = known != m_standings.end() && now - known->second.first < m_times.dead &&
                             !m_refused.contains(node);
    }
    return all;
}

/// Nothing that anybody of them knows to be committed may be lost: so one of those that know of the most
/// committed entries, or one whose last entry is of the same term, but further on. That log has all which the
/// first has, because a term has one leader.
NodeId ReplicatedLog::furthest(TimePoint now) const {
    std::vector<Standing> all = standings(now);
    std::erase_if(all, [](const Standing& one) { return !one.answers; });
    const auto knows = [](const Standing& one) {
        return std::tuple(one.reach.commit, one.reach.lastTerm, one.reach.lastIndex);
    };
    const Term term = std::max_element(all.begin(), all.end(), [&](const Standing& a, const Standing& b) {
                          return knows(a) < knows(b);
                      })->reach.lastTerm;
    std::erase_if(all, [&](const Standing& one) { return one.reach.lastTerm != term; });
    return std::max_element(
               all.begin(), all.end(),
               [](const Standing& a, const Standing& b) { return a.reach.lastIndex < b.reach.lastIndex; })
        ->node;
}

Result<void> ReplicatedLog::mayTakeOver(TimePoint now) const {
    if (!m_leader.empty()) {
        return refused(m_leader.value + " leads the cluster: nothing has to be taken over.");
    }
    if (m_lineage == 0 || !hasJoined()) {
        return refused(m_options.self.value +
                       " has nothing of the cluster's log yet that it could go on from.");
    }
    const std::vector<Standing> all = standings(now);
    for (const Standing& one : all) {
        if (one.answers && !one.leader.empty()) {
            return refused(one.node.value + " hears the leader " + one.leader.value +
                           ", and this node does not: mend the connection between them.");
        }
    }
    if (!m_leaderlessSince || now - *m_leaderlessSince < m_times.dead) {
        return refused("The leader was lost only a moment ago; try again in some seconds.");
    }
    const bool majority = isMajority(voting(), [&](const NodeId& node, const Voter& voter) {
        return std::any_of(all.begin(), all.end(), [&](const Standing& one) {
            return one.node == node && one.answers && one.incarnation == voter.incarnation;
        });
    });
    if (majority) {
        return refused("A majority of the voters answers: they elect a leader by themselves in a moment.");
    }
    if (const NodeId other = furthest(now); other != m_options.self) {
        return refused(other.value + " has more of the cluster's log than " + m_options.self.value +
                       ": it is the one to go on.");
    }
    if (takeoversOf(m_lineage) == kTakeoversMax) {
        return failure(ErrorKind::Exhausted,
                       "This cluster was taken over too often: " + std::to_string(kTakeoversMax) + " times.");
    }
    return {};
}

/// One write holds the new name, the first term of the branch and the entry which says that this node alone
/// votes: so there is the whole branch, or none. It leads like the founder of a log, and gives the others
/// their votes when they are level.
Result<void> ReplicatedLog::takeOver(TimePoint now) {
    LONGSHIP_TRY(mayTakeOver(now));
    m_now = now;
    const auto place = std::find(m_options.nodes.begin(), m_options.nodes.end(), m_options.self);
    adopt(*branchOf(m_lineage, static_cast<std::size_t>(place - m_options.nodes.begin()),
                    keyOf({m_options.seed, 4, m_lineage})));
    follow(firstTermOf(m_lineage), NodeId());
    m_standings.clear();
    append(EntryKind::Voting, {}, {{{m_options.self, {m_incarnation, 1}}}, {}});
    standForElection();
    return {};
}

/// It has something that was said in this branch of the log. Until then what it has may be void.
bool ReplicatedLog::hasJoined() const {
    return m_entries.lastTerm() >= firstTermOf(m_lineage);
}

/// The leader's log lacks what this node knows to be committed in the branch that it comes from. No two
/// branches share a term, so an entry of the same place and term is the same entry after the same entries. A
/// leader's first word about a place is never before the beginning of its branch, and goes back only as far
/// as it is asked to.
bool ReplicatedLog::contradicts(const AppendEntries& message) const {
    if (hasJoined() || message.previousIndex > m_commit) {
        return false;
    }
    if (message.previousIndex == m_commit) {
        return m_entries.termAt(m_commit) != message.previousTerm;
    }
    const LogIndex place = m_commit - message.previousIndex - 1;
    return place >= message.entries.size() || message.entries[place].term != m_entries.termAt(m_commit);
}

/// Nobody can tell what a snapshot is made of, unless this node has its last entry.
bool ReplicatedLog::contradicts(const LogSnapshot& snapshot) const {
    return !hasJoined() && m_entries.lastIndex() > 0 && m_entries.termAt(snapshot.index) != snapshot.term;
}

void ReplicatedLog::discard() {
    m_outbox.writeReplacement(LogSnapshot{}, 0);
    m_entries.replace(LogSnapshot{});
    m_commit = 0;
    m_applied = 0;
    ++m_discarded;
    m_startsOver = true;
}

}  // namespace longship
