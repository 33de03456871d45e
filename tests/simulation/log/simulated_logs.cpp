#include "tests/simulation/log/simulated_logs.h"

#include <algorithm>

#include "core/protocol/codec.h"

namespace longship::test {
namespace {

const TimePoint kBegin{std::chrono::hours(1)};

LogMessage throughCodec(const LogMessage& message) {
    const std::string bytes = encode(std::visit([](const auto& m) { return Message(m); }, message));
    const auto decoded = decode(std::as_bytes(std::span(bytes)));
    return std::visit(
        [&](const auto& m) -> LogMessage {
            using M = std::decay_t<decltype(m)>;
            return std::get<M>(*decoded);
        },
        message);
}

}  // namespace

SimulatedLogs::SimulatedLogs(const Options& options) : m_options(options), m_random(options.seed) {
    for (unsigned i = 0; i < options.nodes; ++i) {
        m_ids.emplace_back(std::string("node-") + static_cast<char>('a' + i));
        Node& node = m_nodes[m_ids.back()];
        node.id = m_ids.back();
        node.rate = 1 + options.clockSpread * (2 * m_random.unit() - 1);
    }
    for (const NodeId& id : m_ids) {
        start(id);
    }
}

SimulatedLogs::~SimulatedLogs() = default;

bool SimulatedLogs::runFor(Duration duration, const std::function<bool()>& done) {
    const TimePoint end = m_time.now() + duration;
    while (!done()) {
        if (!problem().empty() || !m_time.step(end)) {
            return !problem().empty();
        }
        ++m_events;
    }
    return true;
}

Duration SimulatedLogs::upTo(Duration most) {
    return Duration(static_cast<Duration::rep>(m_random.below(static_cast<std::uint64_t>(most.count()) + 1)));
}

TimePoint SimulatedLogs::localTime(const NodeId& id) const {
    const double since = static_cast<double>((m_time.now() - kBegin).count()) * m_nodes.at(id).rate;
    return kBegin + Duration(static_cast<Duration::rep>(since));
}

void SimulatedLogs::call(const NodeId& id, std::function<void(Node&)> action) {
    Node& node = m_nodes.at(id);
    if (node.log == nullptr) {
        return;
    }
    if (m_time.now() < node.pausedUntil) {
        m_time.at(node.pausedUntil, [this, id, life = node.life, action = std::move(action)] {
            if (m_nodes.at(id).life == life) {
                call(id, action);
            }
        });
        return;
    }
    action(node);
    drain(node);
}

void SimulatedLogs::drain(Node& node) {
    while (auto write = node.log->pollWrite()) {
        node.writing.push_back(std::move(*write));
    }
    beginSync(node);
    while (auto outgoing = node.log->pollTransmit()) {
        m_invariants.onSent(node.id, outgoing->message);
        send(node.id, outgoing->to, std::move(outgoing->message));
    }
    const bool startsOver = node.log->timesDiscarded() != node.timesDiscarded;
    if (startsOver || node.log->entries().lastTerm() >= firstTermOf(node.log->lineage())) {
        node.branch = node.log->lineage();
        node.timesDiscarded = node.log->timesDiscarded();
    }
    watch(node);
    applyCommitted(node);
    m_invariants.onCounters(node.id, node.log->counters());
    armTimer(node);
}

void SimulatedLogs::watch(Node& node) {
    const ReplicatedLog& log = *node.log;
    if (!log.leads()) {
        return;
    }
    if (log.term() != node.ledTerm) {
        node.ledTerm = log.term();
        node.seenCommit = log.committed();
        node.seenVoting = log.voting();
        ++m_elections;
        m_invariants.onLeader(node.id, log);
        for (const NodeId& other : m_ids) {
            if (other != node.id && isUp(other) && this->log(other).lineage() == log.lineage() &&
                this->log(other).hasLease(localTime(other))) {
                m_invariants.onTwoLeases(other, node.id);
            }
        }
    }
    // The newest first: it is the one that copies were counted of.
    for (LogIndex index = log.committed(); index > node.seenCommit; --index) {
        m_invariants.onCommitted(node.id, log, node.seenVoting, index);
    }
    node.seenCommit = log.committed();
    node.seenVoting = log.voting();
}

void SimulatedLogs::applyCommitted(Node& node) {
    while (const auto committed = node.log->pollCommitted()) {
        if (const auto* snapshot = std::get_if<LogSnapshot>(&*committed)) {
            ++(snapshot->index == 0 ? m_discards : m_snapshots);
            node.fold = std::stoull(snapshot->state.empty() ? "0" : snapshot->state);
            m_invariants.onApplied(node.id, node.branch, snapshot->index, node.fold, true);
            continue;
        }
        const auto& entry = std::get<LogEntry>(*committed);
        m_invariants.onApplying(node.id, entry, node.disk);
        node.fold = keyOf({node.fold, std::stoull(entry.payload)});
        note(keyOf(
            {entry.index, node.fold, static_cast<std::uint64_t>(m_time.now().time_since_epoch().count())}));
        m_invariants.onApplied(node.id, node.branch, entry.index, node.fold, false);
    }
    if (node.log->compactionDue()) {
        static_cast<void>(node.log->compact(std::to_string(node.fold), localTime(node.id)));
        while (auto write = node.log->pollWrite()) {
            node.writing.push_back(std::move(*write));
        }
        beginSync(node);
    }
}

void SimulatedLogs::beginSync(Node& node) {
    if (node.syncing || node.writing.empty()) {
        return;
    }
    node.syncing = true;
    m_time.after(upTo(m_weather.syncMax), [this, id = node.id, life = node.life] {
        if (m_nodes.at(id).life == life) {
            call(id, [this](Node& n) { endSync(n); });
        }
    });
}

void SimulatedLogs::endSync(Node& node) {
    node.syncing = false;
    std::uint64_t last = 0;
    while (!node.writing.empty()) {
        last = node.writing.front().number;
        writeToDisk(node, node.writing.front().change);
        node.writing.pop_front();
    }
    node.log->written(last, localTime(node.id));
}

void SimulatedLogs::writeToDisk(Node& node, const LogWrite& write) {
    const StoredLog before = {0, node.disk.incarnation, node.disk.term, node.disk.votedFor, {}, {}};
    if (!apply(write, node.disk)) {
        m_invariants.onCounters(node.id, {.unexpected = 1});
        return;
    }
    m_invariants.onDisk(node.id, write, before, node.disk);
    m_founded |= node.disk.lineage != 0;
}

void SimulatedLogs::send(const NodeId& from, const NodeId& to, LogMessage message) {
    note(message.index());
    if (m_cuts.contains({from, to}) || m_random.unit() < m_weather.loss) {
        return;
    }
    if (m_options.codec) {
        message = throughCodec(message);
    }
    const int copies = m_random.unit() < m_weather.duplicates ? 2 : 1;
    const auto shared = std::make_shared<const LogMessage>(std::move(message));
    for (int i = 0; i < copies; ++i) {
        const Duration delay = upTo(i == 0 ? m_weather.delayMax : m_weather.duplicateDelayMax);
        m_time.after(delay, [this, from, to, shared] {
            call(to,
                 [this, from, shared](Node& node) { node.log->handle(from, *shared, localTime(node.id)); });
        });
    }
}

void SimulatedLogs::armTimer(Node& node) {
    const auto next = node.log->nextTimeout();
    if (!next) {
        return;
    }
    const double real = static_cast<double>((*next - kBegin).count()) / node.rate;
    const TimePoint due = std::max(kBegin + Duration(static_cast<Duration::rep>(real) + 2), m_time.now());
    if (node.timerAt && *node.timerAt <= due && *node.timerAt > m_time.now()) {
        return;
    }
    node.timerAt = due;
    m_time.at(due, [this, id = node.id, life = node.life, due] {
        Node& n = m_nodes.at(id);
        if (n.life != life || n.timerAt != due) {
            return;
        }
        call(id, [this](Node& up) {
            up.timerAt.reset();
            up.log->handleTimeout(localTime(up.id));
        });
    });
}

void SimulatedLogs::cut(const NodeId& from, const NodeId& to, bool isCut) {
    if (isCut) {
        m_cuts.insert({from, to});
    } else {
        m_cuts.erase({from, to});
    }
}

void SimulatedLogs::isolate(const NodeId& node, bool isCut) {
    for (const NodeId& other : m_ids) {
        if (other != node) {
            cut(node, other, isCut);
            cut(other, node, isCut);
        }
    }
}

/// Of the writes under way, some may have reached the disk: always whole ones, always the first.
void SimulatedLogs::crash(const NodeId& id) {
    Node& node = m_nodes.at(id);
    if (node.log == nullptr) {
        return;
    }
    std::uint64_t reached = m_random.below(node.writing.size() + 1);
    for (; reached > 0; --reached) {
        writeToDisk(node, node.writing.front().change);
        node.writing.pop_front();
    }
    node.writing.clear();
    node.syncing = false;
    node.log.reset();
    node.timerAt.reset();
    node.pausedUntil = {};
    ++node.life;
}

void SimulatedLogs::start(const NodeId& id) {
    Node& node = m_nodes.at(id);
    if (node.log != nullptr) {
        return;
    }
    ++node.life;
    node.fold = 0;
    node.branch = 0;
    node.timesDiscarded = 0;
    node.ledTerm = 0;
    node.seenCommit = 0;
    ReplicatedLog::Options options;
    options.self = id;
    options.nodes = m_ids;
    options.tolerateSilence = kT;
    options.seed = m_random();
    // Most nodes may have lost their logs here: then nobody can know that there was one, and none is founded.
    options.founds = id == m_ids.front() &&
                     (!m_founded || std::all_of(m_ids.begin(), m_ids.end(), [&](const NodeId& other) {
                         return other == id || disk(other).lineage != 0;
                     }));
    options.entriesUntilCompaction = m_options.entriesUntilCompaction;
    node.log = std::make_unique<ReplicatedLog>(options, node.disk, localTime(id));
    node.log->setDrained(m_drained, localTime(id));
    drain(node);
}

void SimulatedLogs::pause(const NodeId& id, Duration duration) {
    m_nodes.at(id).pausedUntil = m_time.now() + duration;
}

bool SimulatedLogs::stillCounts(const VoterWeights& voters, const NodeId& without) const {
    unsigned all = 0;
    unsigned with = 0;
    for (const auto& [id, voter] : voters) {
        all += voter.weight;
        if (id != without && disk(id).incarnation == voter.incarnation) {
            with += voter.weight;
        }
    }
    return all == 0 || 2 * with > all;
}

bool SimulatedLogs::wipe(const NodeId& id) {
    for (const NodeId& other : m_ids) {
        const StoredLog& stored = disk(other);
        std::vector<const VotingConfig*> votings{&stored.base.voting};
        for (const LogEntry& entry : stored.entries) {
            if (entry.kind == EntryKind::Voting) {
                if (entry.index <= m_invariants.lastCommitted(stored.lineage)) {
                    votings.clear();  // Those before are over for whoever has this entry.
                }
                votings.push_back(&entry.voting);
            }
        }
        if (isUp(other)) {  // Memory may be ahead of the disk.
            votings.push_back(&log(other).voting());
        }
        for (const VotingConfig* voting : votings) {
            if (!stillCounts(voting->now, id) || !stillCounts(voting->before, id)) {
                return false;
            }
        }
    }
    m_nodes.at(id).disk = {};
    return true;
}

bool SimulatedLogs::hasLostMajority() const {
    return std::any_of(m_ids.begin(), m_ids.end(), [&](const NodeId& id) {
        const VotingConfig& voting = log(id).voting();
        return !stillCounts(voting.now, NodeId()) || !stillCounts(voting.before, NodeId());
    });
}

void SimulatedLogs::tellRefused(const NodeId& gone) {
    for (const NodeId& id : m_ids) {
        if (id != gone) {
            call(id, [this, gone](Node& node) { node.log->handleRefused(gone, localTime(node.id)); });
        }
    }
}

void SimulatedLogs::setDrained(const std::set<NodeId>& nodes) {
    m_drained = nodes;
    for (const NodeId& id : m_ids) {
        call(id, [this](Node& node) { node.log->setDrained(m_drained, localTime(node.id)); });
    }
}

std::optional<LogIndex> SimulatedLogs::propose() {
    for (const NodeId& id : m_ids) {
        if (isUp(id) && log(id).leads() && m_time.now() >= m_nodes.at(id).pausedUntil) {
            std::optional<LogIndex> index;
            call(id, [&](Node& node) {
                const auto proposed = node.log->propose(std::to_string(++m_payloads), localTime(id));
                index = proposed ? std::optional(*proposed) : std::nullopt;
            });
            return index;
        }
    }
    return std::nullopt;
}

bool SimulatedLogs::takeOver(const NodeId& id) {
    bool done = false;
    if (isUp(id) && m_time.now() >= m_nodes.at(id).pausedUntil) {
        call(id, [&](Node& node) {
            const Lineage before = node.log->lineage();
            LogIndex known = 0;
            for (const auto& standing : node.log->standings(localTime(id))) {
                known = std::max(known, standing.answers ? standing.reach.commit : 0);
            }
            done = node.log->takeOver(localTime(id)).has_value();
            if (done) {
                ++m_takeovers;
                m_invariants.onTakeover(id, before, *node.log, known);
            }
        });
    }
    return done;
}

void SimulatedLogs::heal() {
    m_weather = {};
    m_cuts.clear();
    for (const NodeId& id : m_ids) {
        m_nodes.at(id).pausedUntil = {};
        start(id);
    }
}

std::optional<NodeId> SimulatedLogs::leader() const {
    for (const NodeId& id : m_ids) {
        if (isUp(id) && log(id).isReady() && log(id).hasLease(localTime(id))) {
            return id;
        }
    }
    return std::nullopt;
}

bool SimulatedLogs::isCalm() const {
    const auto leading = leader();
    if (!leading) {
        return false;
    }
    const ReplicatedLog& its = log(*leading);
    std::size_t voters = 0;
    for (const NodeId& id : m_ids) {
        const bool shouldVote = isUp(id) && !m_drained.contains(id);
        const auto voter = its.voting().now.find(id);
        const bool doesVote = voter != its.voting().now.end();
        if (doesVote != shouldVote || (doesVote && voter->second.incarnation != log(id).incarnation())) {
            return false;
        }
        voters += doesVote ? 1 : 0;
        if (isUp(id) && (log(id).applied() != its.committed() || log(id).leader() != *leading)) {
            return false;
        }
    }
    return !its.voting().isJoint() && its.committed() == its.entries().lastIndex() && voters > 0;
}

std::string SimulatedLogs::describe() const {
    std::string text;
    for (const NodeId& id : m_ids) {
        text += id.value;
        if (isUp(id)) {
            const ReplicatedLog& l = log(id);
            text += " role " + std::to_string(static_cast<int>(l.role())) + " term " +
                    std::to_string(l.term()) + " committed " + std::to_string(l.committed()) + " applied " +
                    std::to_string(l.applied()) + " of " + std::to_string(l.entries().lastIndex()) +
                    ", leader \"" + l.leader().value + "\", voters";
            for (const auto& [node, voter] : l.voting().now) {
                text += " " + node.value + ":" + std::to_string(voter.weight) + "#" +
                        std::to_string(voter.incarnation % 1000);
            }
            text += l.voting().isJoint() ? " (joint)" : "";
            text += " self#" + std::to_string(l.incarnation() % 1000);
        } else {
            text += " is down";
        }
        text += "\n";
    }
    return text;
}

}  // namespace longship::test
