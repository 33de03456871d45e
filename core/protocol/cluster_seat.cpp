#include "core/protocol/cluster_seat.h"

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/base/check.h"
#include "core/base/random.h"
#include "core/protocol/limits.h"
#include "core/protocol/mutation.h"

namespace longship {
namespace {

constexpr std::size_t kWaitingCommandsMax = 256;

/// The term of an order or an acknowledgement of a leader; none for other messages.
std::optional<Term> termOfOrder(const Message& message) {
    return std::visit(
        [](const auto& m) -> std::optional<Term> {
            using M = std::decay_t<decltype(m)>;
            constexpr bool order = std::is_same_v<M, HeartbeatAck> || std::is_same_v<M, StartTask> ||
                                   std::is_same_v<M, KillTask> || std::is_same_v<M, AssignMembership> ||
                                   std::is_same_v<M, StopWork> || std::is_same_v<M, Freeze>;
            if constexpr (order) {
                return m.term;
            } else {
                return std::nullopt;
            }
        },
        message);
}

std::optional<LogMessage> logMessageOf(const Message& message) {
    return std::visit(
        [](const auto& m) -> std::optional<LogMessage> {
            using M = std::decay_t<decltype(m)>;
            constexpr bool ofLog = std::is_same_v<M, VoteRequest> || std::is_same_v<M, VoteAnswer> ||
                                   std::is_same_v<M, AppendEntries> || std::is_same_v<M, AppendAnswer> ||
                                   std::is_same_v<M, InstallSnapshot>;
            if constexpr (ofLog) {
                return LogMessage(m);
            } else {
                return std::nullopt;
            }
        },
        message);
}

Message asMessage(LogMessage message) {
    return std::visit([](auto& m) -> Message { return std::move(m); }, message);
}

RunSnapshot essenceOf(const RunSnapshot& run) {
    RunSnapshot essence;
    essence.run = run.run;
    essence.sequence = run.sequence;
    essence.state = run.state;
    return essence;
}

ReplicatedLog::Options logOptions(const ClusterSeat::Options& options) {
    ReplicatedLog::Options log;
    log.self = options.self;
    log.nodes = options.nodes;
    log.tolerateSilence = options.tolerateSilence;
    log.seed = options.seed;
    log.entriesUntilCompaction = options.entriesUntilCompaction;
    log.founds = options.nodes.front() == options.self;
    return log;
}

}  // namespace

ClusterSeat::ClusterSeat(Options options, StoredLog stored, const std::vector<RunSnapshot>& history,
                         TimePoint now)
    : m_options(std::move(options)),
      m_log(logOptions(m_options), std::move(stored), now),
      m_feed(history, m_options.lastEvents),
      m_machine(std::make_unique<AgentMachine>(
          AgentMachine::Options{m_options.self, NodeId(), m_options.version, m_options.tolerateSilence},
          now)) {
    for (const RunSnapshot& run : history) {
        m_runsBefore.push_back(isTerminal(run.state) ? essenceOf(run) : run);
    }
}

ClusterSeat::~ClusterSeat() = default;

// --- What arrives.

void ClusterSeat::linkUp(const NodeId& node, TimePoint now) {
    m_up.insert(node);
    m_seen.insert(node);
    m_gone.erase(node);
    if (node == m_followed && m_connected) {
        m_connected = false;  // Another link than before: what was under way on that one is lost.
        m_machine->leaderDisconnected(now);
    }
    followLeader(now);
}

void ClusterSeat::linkDown(const NodeId& node, TimePoint now) {
    m_up.erase(node);
    if (node == m_followed && m_connected) {
        m_connected = false;
        m_machine->leaderDisconnected(now);
    }
}

void ClusterSeat::linkRefused(const NodeId& node, TimePoint now, UtcTime wallTime) {
    linkDown(node, now);
    m_gone.insert(node);
    m_log.handleRefused(node, now);
    if (m_leadership) {
        m_leadership->coordinator().handleRefused(node, now, wallTime);
        m_leadership->collect();
    } else if (node == m_followed) {
        m_machine->leaderRefused(now, wallTime);
    }
}

void ClusterSeat::linkWelcomed(const NodeId& node, bool leads, TimePoint now) {
    if (!leads) {
        m_log.handleNotLeading(node, now);
        followLeader(now);
    }
}

void ClusterSeat::handleAgent(const NodeId& from, const Message& message, TimePoint now, UtcTime wallTime) {
    if (from == m_log.leader()) {
        m_leaderHeard = {from, now};
    }
    if (const auto words = logMessageOf(message)) {
        m_log.handle(from, *words, now);
        return;
    }
    if (const auto* answer = std::get_if<PullAnswer>(&message)) {
        m_feed.answered(*answer, m_register);
        return;
    }
    if (const auto term = termOfOrder(message)) {
        // The log knows who leads. An order of a later term comes again when this node has heard of that.
        if (*term == m_log.term() || LONGSHIP_MUTANT("seat-obeys-any-term")) {
            m_machine->handleLeader(message, now, wallTime);
        } else {
            ++m_counters.notMeant;
        }
        return;
    }
    settleRole(now, wallTime);
    if (!m_leadership) {
        ++m_counters.notMeant;
        return;
    }
    const auto* steps = std::get_if<StepsDone>(&message);
    if (steps != nullptr && m_register.runs().contains(steps->key.run)) {
        m_rows.push_back({steps->key.run, steps->rows});
    }
    m_leadership->coordinator().handle(from, message, now, wallTime);
    m_leadership->collect();
}

void ClusterSeat::written(std::uint64_t number, TimePoint now, UtcTime) {
    m_log.written(number, now);
}

void ClusterSeat::handleTimeout(TimePoint now, UtcTime wallTime) {
    m_log.handleTimeout(now);
    settleRole(now, wallTime);
    if (m_leadership) {
        m_leadership->coordinator().handleTimeout(now, wallTime);
        m_leadership->collect();
    }
    m_machine->handleTimeout(now, wallTime);
}

TimePoint ClusterSeat::nextTimeout() const {
    TimePoint next = std::min(m_log.nextTimeout().value_or(TimePoint::max()),
                              m_machine->nextTimeout().value_or(TimePoint::max()));
    if (m_leadership) {
        next = std::min(next, m_leadership->coordinator().nextTimeout().value_or(TimePoint::max()));
    }
    return next;
}

void ClusterSeat::command(std::uint64_t ticket, const Command& command, TimePoint now, UtcTime wallTime) {
    settleRole(now, wallTime);
    if (m_leadership) {
        m_leadership->command(ticket, command, m_register, now, wallTime);
    } else if (m_log.leads() && m_waiting.size() < kWaitingCommandsMax) {
        m_waiting.push_back({ticket, command});
    } else {
        m_answers.push_back({ticket, std::nullopt});
    }
}

bool ClusterSeat::isKnown(const Command& command) const {
    return m_register.commands().find(command).has_value() ||
           (m_leadership && m_leadership->isPending(command));
}

// --- Going on without a majority.

Result<void> ClusterSeat::takeOver(TimePoint now, UtcTime wallTime) {
    LONGSHIP_TRY(m_log.takeOver(now));
    settleRole(now, wallTime);
    return {};
}

std::optional<TakeoverOutlook> ClusterSeat::outlook(TimePoint now) const {
    if (!m_log.leader().empty() || m_log.lineage() == 0) {
        return std::nullopt;
    }
    TakeoverOutlook outlook;
    outlook.founder = m_log.furthest(now);
    for (const ReplicatedLog::Standing& one : m_log.standings(now)) {
        outlook.logs.push_back({one.node, one.answers, one.reach.lastIndex});
    }
    if (const auto may = m_log.mayTakeOver(now); !may && outlook.founder == m_options.self) {
        outlook.refusal = may.error().text;
    }
    return outlook;
}

// --- What was committed.

bool ClusterSeat::applyCommitted() {
    bool any = false;
    while (auto committed = m_log.pollCommitted()) {
        std::visit([this](const auto& what) { apply(what); }, *committed);
        any = true;
    }
    return any;
}

void ClusterSeat::apply(const LogEntry& entry) {
    const Result<RegisterChange> change = decodeChange(entry.payload);
    if (!change) {
        ++m_counters.unreadable;
        return;
    }
    m_register.apply(*change);
    for (const RunEvent& event : change->events) {
        if (const auto run = m_register.runs().find(event.run); run != m_register.runs().end()) {
            m_feed.update(event.run, run->second);
        }
    }
    if (m_leadership) {
        m_leadership->committed(entry.index);
    }
}

/// Index 0: all that was applied is void, because this node goes over to another branch of the log. It gets
/// what that branch has instead.
void ClusterSeat::apply(const LogSnapshot& snapshot) {
    if (snapshot.index == 0) {
        m_runsBefore.clear();
        for (const auto& [id, run] : m_register.runs()) {
            m_runsBefore.push_back(essenceOf(run.snapshot));
        }
        m_register = ClusterRegister();
        return;
    }
    Result<ClusterRegister> state = ClusterRegister::fromState(snapshot.state);
    if (!state) {
        ++m_counters.unreadable;
        return;
    }
    m_register = std::move(*state);
    for (const auto& [id, run] : m_register.runs()) {
        m_feed.update(id, run);
    }
}

/// A leader has nobody to ask: what the log has must do.
void ClusterSeat::askForHistory(Work& work, TimePoint now) {
    if (!m_leadership && !m_up.contains(m_log.leader())) {
        return;
    }
    while (auto request = m_feed.nextPull(m_register, m_leadership.has_value(), now)) {
        work.toNodes.emplace_back(m_log.leader(), std::move(*request));
    }
}

bool ClusterSeat::compactionDue() const {
    return m_log.compactionDue() && !m_feed.isWaiting();
}

Result<void> ClusterSeat::compact(TimePoint now) {
    return m_log.compact(m_register.state(kRegisterBytesWanted), now);
}

// --- Who leads.

void ClusterSeat::settleRole(TimePoint now, UtcTime wallTime) {
    applyCommitted();
    if (m_leadership && (!m_log.leads() || m_leadership->term() != m_log.term())) {
        endLeadership(now);
    }
    if (!m_leadership && m_log.isReady() && othersVote(now)) {
        beginLeadership(now, wallTime);
    }
    if (!m_log.leads()) {
        for (const WaitingCommand& waiting : std::exchange(m_waiting, {})) {
            m_answers.push_back({waiting.ticket, std::nullopt});
        }
    }
    followLeader(now);
}

/// The founder of a log begins as its only voter. Had it died with a cluster that decides already, nobody
/// could have followed it: it decides when all that are there have votes, or when one takes too long.
bool ClusterSeat::othersVote(TimePoint now) {
    const VotingConfig& voting = m_log.voting();
    if (!m_aloneSince && voting.now.size() == 1 && m_options.nodes.size() > 1) {
        m_aloneSince = now;
    }
    if (!m_aloneSince || now >= *m_aloneSince + m_options.tolerateSilence) {
        return true;
    }
    return !voting.isJoint() && std::all_of(m_up.begin(), m_up.end(), [&](const NodeId& node) {
        return voting.now.contains(node);
    }) && !m_up.empty();
}

void ClusterSeat::beginLeadership(TimePoint now, UtcTime wallTime) {
    Coordinator::Options options;
    options.self = m_options.self;
    options.cluster = m_options.cluster;
    options.term = m_log.term();
    options.nodes = m_options.nodes;
    options.tolerateSilence = m_options.tolerateSilence;
    options.seed = keyOf({m_options.seed, m_log.term()});
    options.drained = m_register.drained();
    options.seen = m_seen;
    options.formerLeader = m_leaderHeard;
    m_leadership.emplace(std::move(options), m_register, now, wallTime);
    for (const NodeId& node : m_gone) {
        m_leadership->coordinator().handleRefused(node, now, wallTime);
    }
    m_leadership->collect();
    std::erase_if(m_runsBefore, [](const RunSnapshot& run) { return isTerminal(run.state); });
    if (m_register.runs().empty()) {
        m_leadership->closeForgotten(std::exchange(m_runsBefore, {}), wallTime);
    }
    for (const WaitingCommand& waiting : std::exchange(m_waiting, {})) {
        m_leadership->command(waiting.ticket, waiting.command, m_register, now, wallTime);
    }
}

void ClusterSeat::endLeadership(TimePoint now) {
    while (auto outcome = m_leadership->pollOutcome()) {
        m_answers.push_back(std::move(*outcome));
    }
    for (const std::uint64_t ticket : m_leadership->openTickets()) {
        m_answers.push_back({ticket, std::nullopt});
    }
    for (const auto& [name, count] : m_leadership->coordinator().counters().transitions) {
        m_counters.transitions[name] += count;
    }
    m_leadership.reset();
    m_leaderHeard.reset();
    m_followed = NodeId();
    m_connected = false;
    m_machine->leadershipLost("it lost the majority of the agents", now);
}

/// The machine's leader is the log's. It is spoken to when its first entry is known to be committed: then it
/// has its coordinator, and nothing that is said to it gets lost.
void ClusterSeat::followLeader(TimePoint now) {
    const NodeId leader = m_leadership ? m_options.self : m_log.leader();
    const bool known = !leader.empty() && (leader != m_options.self || m_leadership);
    if (known && (leader != m_followed || m_log.term() != m_followedTerm)) {
        m_followed = leader;
        m_followedTerm = m_log.term();
        m_connected = false;
        m_machine->leaderChanged(leader, m_log.term(), now);
    }
    if (!m_connected && !m_followed.empty() && m_followedTerm == m_log.term() && leaderListens(m_followed)) {
        m_connected = true;
        m_machine->leaderConnected(now);
    }
    dropForgotten();
}

/// The register is all that there is now. Runs that only this history knows, or of which it knows more, are
/// of a branch that was given up.
void ClusterSeat::dropForgotten() {
    const bool complete = m_connected && m_log.applied() == m_log.committed();
    if (m_leadership || !complete || takeoversOf(m_log.lineage()) == 0) {
        return;
    }
    for (const RunSnapshot& run : std::exchange(m_runsBefore, {})) {
        const auto known = m_register.runs().find(run.run);
        const bool isVoid = known == m_register.runs().end() ? !isTerminal(run.state)
                                                             : known->second.snapshot.sequence < run.sequence;
        if (isVoid) {
            m_feed.markVoid(run.run);
        }
    }
}

bool ClusterSeat::leaderListens(const NodeId& leader) const {
    if (leader == m_options.self) {
        return m_leadership.has_value();
    }
    const bool ready = m_log.entries().termAt(m_log.committed()) == m_log.term();
    return m_up.contains(leader) && (ready || LONGSHIP_MUTANT("agent-speaks-before-its-leader-listens"));
}

void ClusterSeat::propose(TimePoint now) {
    m_leadership->collect();
    while (const std::string* change = m_leadership->nextProposal()) {
        const Result<LogIndex> index = m_log.propose(*change, now);
        if (!index) {
            return;  // Too many wait already: tried again when some are committed.
        }
        m_leadership->proposed(*index);
    }
    if (m_register.drained() != m_drainedTold) {
        m_drainedTold = m_register.drained();
        m_log.setDrained(m_drainedTold, now);
    }
}

// --- What is to be done.

ClusterSeat::Work ClusterSeat::drain(TimePoint now, UtcTime wallTime) {
    // What one says to the other makes it say more; a conversation without an end would be a bug in them.
    constexpr int kRoundsMax = 1000;
    Work work;
    for (int round = 0;; ++round) {
        LONGSHIP_CHECK(round < kRoundsMax, "the machines of one node talk without end");
        settleRole(now, wallTime);
        const bool leaderSpoke = m_leadership && drainLeadership(work, now, wallTime);
        const bool machineSpoke = drainMachine(work, now, wallTime);
        const bool logSpoke = drainLog(work);
        if (!leaderSpoke && !machineSpoke && !logSpoke) {
            break;
        }
    }
    askForHistory(work, now);
    while (auto event = m_feed.pollEvent()) {
        work.events.push_back(std::move(*event));
    }
    work.voidRuns = m_feed.takeVoid();
    std::move(m_rows.begin(), m_rows.end(), std::back_inserter(work.rows));
    m_rows.clear();
    std::move(m_answers.begin(), m_answers.end(), std::back_inserter(work.answers));
    m_answers.clear();
    return work;
}

bool ClusterSeat::drainLog(Work& work) {
    bool spoke = false;
    while (auto write = m_log.pollWrite()) {
        work.writes.push_back(std::move(*write));
        spoke = true;
    }
    while (auto outgoing = m_log.pollTransmit()) {
        work.toNodes.emplace_back(std::move(outgoing->to), asMessage(std::move(outgoing->message)));
        spoke = true;
    }
    return spoke;
}

bool ClusterSeat::drainLeadership(Work& work, TimePoint now, UtcTime wallTime) {
    propose(now);
    bool spoke = false;
    while (m_leadership) {
        auto outgoing = m_leadership->pollTransmit();
        if (!outgoing) {
            break;
        }
        spoke = true;
        if (outgoing->to == m_options.self) {
            m_machine->handleLeader(outgoing->message, now, wallTime);
        } else if (m_up.contains(outgoing->to)) {
            work.toNodes.emplace_back(std::move(outgoing->to), std::move(outgoing->message));
        }
    }
    while (auto outcome = m_leadership->pollOutcome()) {
        m_answers.push_back(std::move(*outcome));
    }
    return spoke;
}

bool ClusterSeat::drainMachine(Work& work, TimePoint now, UtcTime wallTime) {
    bool spoke = false;
    while (auto rows = m_machine->pollRows()) {
        work.rows.push_back(std::move(*rows));
        spoke = true;
    }
    while (auto action = m_machine->pollAction()) {
        work.actions.push_back(std::move(*action));
        spoke = true;
    }
    while (auto outgoing = m_machine->pollTransmit()) {
        spoke = true;
        if (outgoing->worker) {
            work.toWorkers.emplace_back(*outgoing->worker, std::move(outgoing->message));
        } else {
            toLeader(outgoing->message, now, wallTime, work);
        }
    }
    return spoke;
}

void ClusterSeat::toLeader(const Message& message, TimePoint now, UtcTime wallTime, Work& work) {
    if (m_followed != m_options.self) {
        work.toNodes.emplace_back(m_followed, message);
    } else if (m_leadership) {
        m_leadership->coordinator().handle(m_options.self, message, now, wallTime);
        m_leadership->collect();
    }
}

NodeId ClusterSeat::leader() const {
    return m_log.leader();
}

Term ClusterSeat::term() const {
    return m_log.term();
}

bool ClusterSeat::leaderHeard(TimePoint now) const {
    return m_leadership ? m_log.hasLease(now) : m_machine->leaderHeard(now);
}

std::set<NodeId> ClusterSeat::drained() const {
    return m_register.drained();
}

}  // namespace longship
