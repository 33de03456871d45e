#include "core/client/cluster_session.h"

#include <fmt/format.h>

#include <algorithm>

namespace longship {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Agents send a status each second; two and a half leave room for one late timer and still show a lost
// leader's run as failed within 5 s, since the others declare it dead after 3 s of their own.
constexpr milliseconds kSilenceMax{2500};
constexpr seconds kLongPoll{10};
constexpr seconds kFinishedPoll{1};
constexpr seconds kAnswerGrace{3};
constexpr std::uint32_t kRowsPerPull = 2000;
// An agent that answers a long poll at once and empty must not be asked in a tight loop.
constexpr milliseconds kEmptyPause{200};
constexpr milliseconds kTick{250};
// Nor one that refers to another leader and back.
constexpr milliseconds kElsewherePause{100};
// Finished runs are fetched a few at a time, so that the ones going on are not delayed by old ones.
constexpr std::size_t kPullsMax = 16;

const RunHead* headOf(const std::optional<ClusterStatus>& status, const RunId& run) {
    if (!status) {
        return nullptr;
    }
    const auto head = std::find_if(status->runs.begin(), status->runs.end(),
                                   [&](const RunHead& other) { return other.run == run; });
    return head == status->runs.end() ? nullptr : &*head;
}

}  // namespace

ClusterSession::ClusterSession(Options options, ProgressOf progressOf)
    : m_options(std::move(options)), m_progressOf(std::move(progressOf)) {}

void ClusterSession::setRoster(const Roster& roster, TimePoint now) {
    std::vector<Peer> peers;
    for (const RosterEntry& entry : roster.nodes) {
        const Peer* known = find(entry.node);
        // Another address or key is another connection: what was known of the old one does not count.
        if (known != nullptr && known->entry == entry) {
            peers.push_back(*known);
        } else {
            forgetPullsTo(entry.node);
            peers.emplace_back();
            peers.back().entry = entry;
            peers.back().heardAt = now;
        }
    }
    if (m_roster != roster) {
        m_term = 0;  // It may be another cluster of that name, which counts from one again.
    }
    m_roster = roster;
    m_peers = std::move(peers);
    m_problem.clear();
    if (find(m_leader) == nullptr) {
        m_leader = m_peers.empty() ? NodeId() : m_peers.front().entry.node;
    }
    changed();
    advance(now);
}

void ClusterSession::setProblem(std::string problem) {
    m_problem = std::move(problem);
    changed();
}

void ClusterSession::handleConnected(const NodeId& node, TimePoint now) {
    if (Peer* peer = find(node)) {
        peer->link = Link::Greeting;
        peer->heardAt = now;
        peer->silent = false;
        peer->refused = false;
        m_outgoing.push_back({node, Hello{Role::Client, m_options.clientId, m_options.version}});
        changed();
    }
}

void ClusterSession::handleDisconnected(const NodeId& node, TimePoint now) {
    const Peer* peer = find(node);
    dropLink(node, peer == nullptr ? "" : "The connection to " + peer->address() + " was lost.", now);
}

void ClusterSession::handleRefused(const NodeId& node, TimePoint now) {
    markRefused(node);
    const Peer* peer = find(node);
    dropLink(node, peer == nullptr ? "" : "No agent listens at " + peer->address() + ".", now);
}

void ClusterSession::handleRejected(const NodeId& node, TimePoint now) {
    markRefused(node);
    const Peer* peer = find(node);
    dropLink(node,
             peer == nullptr ? ""
                             : "The agent at " + peer->address() +
                                   " does not accept the key of this cluster: it belongs to somebody else.",
             now);
}

void ClusterSession::markRefused(const NodeId& node) {
    if (Peer* peer = find(node)) {
        peer->refused = true;
    }
}

void ClusterSession::handleUnreadable(const NodeId& node, const Error& error, TimePoint now) {
    if (Peer* peer = find(node)) {
        peer->heardAt = now;
        peer->problem = error.text;
        changed();
    }
}

void ClusterSession::dropLink(const NodeId& node, const std::string& problem, TimePoint now) {
    Peer* peer = find(node);
    if (peer == nullptr) {
        return;
    }
    peer->link = Link::Connecting;
    peer->silent = false;
    peer->problem = problem;
    peer->status.reset();
    peer->exhausted.clear();
    forgetPullsTo(node);
    m_upToDate.clear();
    settleDrills(node);
    if (node == m_leader) {
        m_term = 0;
    }
    for (auto& [number, command] : m_commands) {
        if (command.sentTo == node) {
            command.sentTo.reset();
        }
    }
    for (auto& [number, fetch] : m_fetches) {
        if (fetch.node == node) {
            fetch.sent = false;
        }
    }
    changed();
    advance(now);
}

void ClusterSession::forgetPullsTo(const NodeId& node) {
    std::erase_if(m_pulls, [&](const auto& pull) { return pull.second.node == node; });
}

void ClusterSession::handle(const NodeId& from, const Message& message, TimePoint now) {
    Peer* peer = find(from);
    if (peer == nullptr) {
        return;
    }
    m_now = now;
    peer->heardAt = now;
    peer->spokeAt = now;
    if (peer->silent) {
        peer->silent = false;
        peer->problem.clear();
        changed();
    }
    if (const auto* welcome = std::get_if<Welcome>(&message)) {
        handleWelcome(*peer, *welcome, now);
    } else if (const auto* refusal = std::get_if<Refusal>(&message)) {
        handleRefusal(*peer, *refusal);
    } else if (const auto* status = std::get_if<ClusterStatus>(&message)) {
        handleStatus(*peer, *status);
    } else if (const auto* records = std::get_if<PullAnswer>(&message)) {
        handleRecords(*peer, *records, now);
    } else if (const auto* done = std::get_if<CommandAnswer>(&message)) {
        finishCommand(done->sequence,
                      done->error ? Result<RunId>(tl::unexpect, *done->error) : Result<RunId>(done->run));
    } else if (const auto* part = std::get_if<FetchAnswer>(&message)) {
        finishFetch(part->request, *part);
    }
    advance(now);
}

void ClusterSession::handleWelcome(Peer& peer, const Welcome& welcome, TimePoint) {
    const NodeId node = peer.entry.node;
    if (welcome.node != node) {
        peer.problem = fmt::format("The agent at {} says that it is {}, not {}.", peer.address(),
                                   welcome.node.value, node.value);
        changed();
        return;
    }
    if (!welcome.cluster.empty() && welcome.cluster != m_roster.cluster) {
        peer.problem = fmt::format("{} belongs to the cluster {}, not {}.", node.value, welcome.cluster,
                                   m_roster.cluster);
        changed();
        return;
    }
    peer.link = Link::Ready;
    peer.problem.clear();
    peer.version = welcome.version;
    learnLeader(node, welcome.leader, welcome.term);
    m_outgoing.push_back({node, WatchCluster{}});
    changed();
}

void ClusterSession::handleStatus(Peer& peer, const ClusterStatus& status) {
    if (peer.link != Link::Ready) {
        return;
    }
    for (const RunHead& head : status.runs) {
        m_announced.erase(head.run);
        // It learned more of a run that it knew nothing new of before.
        const RunHead* before = headOf(peer.status, head.run);
        if (before == nullptr || before->sequence != head.sequence) {
            peer.exhausted.erase(head.run);
        }
    }
    const auto leader = std::find_if(status.nodes.begin(), status.nodes.end(),
                                     [](const NodeView& node) { return node.leader; });
    learnLeader(peer.entry.node, leader == status.nodes.end() ? NodeId() : leader->node, status.term);
    peer.status = status;
    learnClock(peer, status.time);
    changed();
}

/// A message takes its time: the one that took least tells most. A clock that was set is believed at once.
void ClusterSession::learnClock(Peer& peer, UtcTime told) const {
    const auto sinceBoot = std::chrono::duration_cast<std::chrono::microseconds>(m_now.time_since_epoch());
    const UtcTime clock{told.microseconds - sinceBoot.count()};
    constexpr std::int64_t kSet = 1'000'000;
    if (told.microseconds != 0 &&
        (!peer.clock || clock > *peer.clock || peer.clock->microseconds - clock.microseconds > kSet)) {
        peer.clock = clock;
    }
}

/// Agents learn at different moments who leads: the one with the highest term is right.
void ClusterSession::learnLeader(const NodeId& reporter, const NodeId& leader, Term term) {
    if (term < m_term || (leader == m_leader && term == m_term)) {
        return;
    }
    if (find(leader) == nullptr) {
        if (reporter == m_leader) {
            m_leader = NodeId();  // Nobody knows better that it does not lead.
            changed();
        }
        return;
    }
    m_leader = leader;
    m_term = term;
    // What was asked of an earlier leadership and not answered may have gone with it, also where the same
    // node leads again. A command has one effect, however often it comes; a drill does not.
    for (auto& [number, command] : m_commands) {
        if (!std::holds_alternative<Drill>(command.body)) {
            command.sentTo.reset();
        }
    }
    changed();
}

void ClusterSession::handleRecords(Peer& peer, const PullAnswer& answer, TimePoint now) {
    const bool empty = answer.events.empty() && answer.rows.empty() && !answer.startOver;
    if (!empty) {
        // Late answers to a forgotten request count too: what is already here is dropped where it is stored.
        m_effects.push_back(RecordsArrived{answer.run, answer.events, answer.rows, answer.startOver});
        ++m_recordsPending;
    }
    const auto pull = m_pulls.find(answer.run);
    if (pull == m_pulls.end() || pull->second.number != answer.request) {
        return;
    }
    const auto progress = m_progressOf(answer.run);
    if (empty && progress && progress->finished) {
        peer.exhausted.insert(answer.run);
    }
    if (answer.more) {
        m_upToDate.erase(answer.run);
    } else {
        m_upToDate.insert(answer.run);
    }
    pull->second.number = 0;
    const bool hasty = pull->second.patient && empty && now - pull->second.sentAt < kEmptyPause;
    pull->second.notBefore = hasty ? now + kEmptyPause : now;
}

void ClusterSession::handleRefusal(Peer& peer, const Refusal& refusal) {
    const Error error{refusal.kind, refusal.text};
    if (refusal.request == 0) {
        peer.problem = refusal.text;
        changed();
        return;
    }
    const auto command = m_commands.find(refusal.request);
    if (refusal.elsewhere && command != m_commands.end()) {
        return sendAgain(command->second, peer, refusal);
    }
    finishCommand(refusal.request, failure(error));
    finishFetch(refusal.request, failure(error));
    for (auto& [run, pull] : m_pulls) {
        if (pull.number == refusal.request) {
            pull.number = 0;
            peer.exhausted.insert(run);
        }
    }
}

/// To the leader that was named, or to the one that a status will name.
void ClusterSession::sendAgain(PendingCommand& command, const Peer& refuser, const Refusal& refusal) {
    learnLeader(refuser.entry.node, refusal.leader, refusal.term);
    command.sentTo.reset();
    command.notBefore = m_leader == refuser.entry.node ? m_now + kElsewherePause : m_now;
}

void ClusterSession::finishCommand(std::uint64_t number, Result<RunId> result) {
    if (m_commands.erase(number) == 0) {
        return;
    }
    if (result && !result->empty()) {
        m_announced.insert(*result);
    }
    m_effects.push_back(CommandDone{number, std::move(result)});
}

void ClusterSession::finishFetch(std::uint64_t number, Result<FetchAnswer> result) {
    if (m_fetches.erase(number) != 0) {
        m_effects.push_back(FetchDone{number, std::move(result)});
    }
}

void ClusterSession::handleTimeout(TimePoint now) {
    expire(now);
    advance(now);
}

void ClusterSession::expire(TimePoint now) {
    for (Peer& peer : m_peers) {
        const bool overdue = now - peer.heardAt > kSilenceMax;
        // A node without an address is one whose agent is still being started.
        const bool started = !peer.entry.endpoint.empty();
        if (peer.link == Link::Connecting && peer.problem.empty() && overdue && started) {
            peer.problem = fmt::format("Nothing answers at {}.", peer.address());
            changed();
        }
        const bool expected =
            peer.link == Link::Ready || (peer.link == Link::Greeting && peer.problem.empty());
        if (expected && !peer.silent && overdue) {
            peer.silent = true;
            peer.problem = fmt::format("The agent at {} is connected but has not answered for {:.1f} s.",
                                       peer.address(), toSeconds(kSilenceMax));
            forgetPullsTo(peer.entry.node);
            changed();
        }
    }
    std::erase_if(m_pulls,
                  [&](const auto& pull) { return pull.second.number != 0 && pull.second.deadline <= now; });
    std::vector<std::uint64_t> late;
    for (const auto& [number, command] : m_commands) {
        if (command.deadline <= now) {
            late.push_back(number);
        }
    }
    for (const std::uint64_t number : late) {
        const bool sent = m_commands.at(number).sentTo.has_value();
        finishCommand(number,
                      failure(ErrorKind::Unavailable,
                              sent ? fmt::format("The leader {} did not answer in time; whether it did what "
                                                 "was asked shows in the list of runs.",
                                                 m_leader.value)
                                   : whyUnreachable()));
    }
    late.clear();
    for (const auto& [number, fetch] : m_fetches) {
        const Peer* peer = find(fetch.node);
        // A node that refuses connections has no file for us; one that was lost just now may come back in
        // time.
        if (fetch.deadline <= now || (peer != nullptr && peer->refused)) {
            late.push_back(number);
        }
    }
    for (const std::uint64_t number : late) {
        const NodeId& node = m_fetches.at(number).node;
        const Peer* peer = find(node);
        finishFetch(number, failure(ErrorKind::Unavailable,
                                    fmt::format("{} does not answer. {}", node.value,
                                                peer == nullptr ? "It left the cluster." : peer->problem)));
    }
}

void ClusterSession::advance(TimePoint now) {
    m_now = now;
    sendCommands();
    sendFetches();
    followRuns(now);
}

std::uint64_t ClusterSession::command(CommandBody body, TimePoint now, TimePoint deadline) {
    const std::uint64_t number = ++m_lastNumber;
    m_commands.emplace(number, PendingCommand{std::move(body), deadline, std::nullopt, now});
    advance(now);
    return number;
}

std::uint64_t ClusterSession::fetch(const NodeId& node, FetchRequest request, TimePoint now,
                                    TimePoint deadline) {
    const std::uint64_t number = ++m_lastNumber;
    request.request = number;
    m_fetches.emplace(number, PendingFetch{node, std::move(request), deadline, false});
    advance(now);
    return number;
}

void ClusterSession::sendCommands() {
    for (auto& [number, command] : m_commands) {
        const auto* drill = std::get_if<Drill>(&command.body);
        const NodeId& to = drill == nullptr ? m_leader : drill->node;
        if (command.sentTo != to && isReady(to) && command.notBefore <= m_now) {
            command.sentTo = to;
            m_outgoing.push_back({to, Command{m_options.clientId, number, command.body}});
        }
    }
}

/// An agent that was told to die answers by being gone. No drill is ever sent a second time: it would be a
/// second fault.
void ClusterSession::settleDrills(const NodeId& lost) {
    std::map<std::uint64_t, Drill> settled;
    for (const auto& [number, command] : m_commands) {
        const auto* drill = std::get_if<Drill>(&command.body);
        if (drill != nullptr && command.sentTo == lost) {
            settled.emplace(number, *drill);
        }
    }
    for (const auto& [number, drill] : settled) {
        finishCommand(number, drill.fault == Fault::KillAgent || drill.fault == Fault::KillLeader
                                  ? Result<RunId>(drill.run)
                                  : failure(ErrorKind::Unavailable,
                                            fmt::format("The connection to {} was lost before it answered.",
                                                        lost.value)));
    }
}

void ClusterSession::sendFetches() {
    for (auto& [number, fetch] : m_fetches) {
        if (!fetch.sent && isReady(fetch.node)) {
            fetch.sent = true;
            m_outgoing.push_back({fetch.node, fetch.request});
        }
    }
}

void ClusterSession::followRuns(TimePoint now) {
    // The cursors move when the caller has stored what arrived.
    if (m_recordsPending > 0) {
        return;
    }
    for (const RunId& run : runsOnCluster()) {
        followRun(run, now);
    }
    if (m_caughtUp != caughtUp()) {
        changed();
    }
}

void ClusterSession::followRun(const RunId& run, TimePoint now) {
    const auto progress = m_progressOf(run);
    const Peer* from = progress ? sourceFor(run, *progress) : nullptr;
    const auto known = m_pulls.find(run);
    if (from == nullptr) {
        if (known != m_pulls.end() && known->second.number == 0) {
            m_pulls.erase(known);
        }
        return;
    }
    if (known == m_pulls.end()) {
        const auto underWay = std::count_if(m_pulls.begin(), m_pulls.end(),
                                            [](const auto& other) { return other.second.number != 0; });
        if (progress->finished && static_cast<std::size_t>(underWay) >= kPullsMax) {
            return;
        }
    }
    Pull& pull = m_pulls[run];
    const bool waiting = pull.number != 0 && pull.node == from->entry.node;
    if (waiting || (pull.number == 0 && now < pull.notBefore)) {
        return;
    }
    // The first question is answered at once, so that it is known soon whether something is missing here.
    const bool first = !m_upToDate.contains(run);
    const auto patience = first ? seconds(0) : progress->finished ? kFinishedPoll : kLongPoll;
    pull = {++m_lastNumber, from->entry.node, !first, now, now + patience + kAnswerGrace, now};
    m_outgoing.push_back(
        {pull.node,
         PullRequest{pull.number, run, progress->sequence, progress->lastRow, kRowsPerPull,
                     static_cast<std::uint32_t>(milliseconds(patience).count()), progress->lastEventAt}});
}

const ClusterSession::Peer* ClusterSession::sourceFor(const RunId& run, const RunProgress& progress) const {
    const auto suits = [&](const Peer& peer) {
        const RunHead* head = headOf(peer.status, run);
        const bool knows = head != nullptr || (m_announced.contains(run) && peer.entry.node == m_leader);
        const bool hasMore = !progress.complete() || (head != nullptr && head->sequence > progress.sequence);
        return answers(peer) && knows && hasMore && !peer.exhausted.contains(run);
    };
    if (const Peer* first = source(); first != nullptr && suits(*first)) {
        return first;
    }
    const auto other = std::find_if(m_peers.begin(), m_peers.end(), suits);
    return other == m_peers.end() ? nullptr : &*other;
}

const ClusterSession::Peer* ClusterSession::source() const {
    // The leader knows best. As long as nothing speaks against it, it is waited for: the others know little.
    const Peer* leader = find(m_leader);
    if (leader != nullptr && (answers(*leader) || leader->problem.empty())) {
        return answers(*leader) ? leader : nullptr;
    }
    const auto first =
        std::find_if(m_peers.begin(), m_peers.end(), [&](const Peer& peer) { return answers(peer); });
    return first == m_peers.end() ? nullptr : &*first;
}

std::optional<ClusterSession::Outgoing> ClusterSession::pollTransmit() {
    if (m_outgoing.empty()) {
        return std::nullopt;
    }
    Outgoing next = std::move(m_outgoing.front());
    m_outgoing.pop_front();
    return next;
}

std::optional<ClusterSession::Effect> ClusterSession::pollEffect() {
    if (!m_effects.empty()) {
        Effect next = std::move(m_effects.front());
        m_effects.pop_front();
        m_recordsPending -= std::holds_alternative<RecordsArrived>(next) ? 1 : 0;
        return next;
    }
    if (m_viewChanged) {
        m_viewChanged = false;
        return ViewChanged{};
    }
    return std::nullopt;
}

TimePoint ClusterSession::nextTimeout() const {
    TimePoint next = m_now + kTick;
    for (const auto& [number, command] : m_commands) {
        if (!command.sentTo && command.notBefore > m_now) {
            next = std::min(next, command.notBefore);
        }
    }
    return next;
}

}  // namespace longship
