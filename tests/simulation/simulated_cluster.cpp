#include "tests/simulation/simulated_cluster.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "core/domain/job_yaml.h"
#include "core/protocol/codec.h"

namespace longship::test {

using std::chrono::microseconds;
using std::chrono::milliseconds;

SimulatedCluster::SimulatedCluster(std::uint64_t seed, unsigned nodes)
    : m_random(seed),
      m_workers(m_time, m_random, [this](const std::string& what) { broken(what); }),
      m_encodes(seed % 8 == 0) {
    if (seed % 5 == 0) {
        m_entriesUntilCompaction = 4 + m_random.below(40);
    }
    for (unsigned i = 0; i < nodes; ++i) {
        m_ids.push_back(NodeId(std::string("node-") + static_cast<char>('a' + i)));
        m_nodes[m_ids.back()].id = m_ids.back();
    }
    for (const NodeId& id : m_ids) {
        m_time.after(microseconds(m_random.below(200'000)), [this, id] { startNode(id); });
    }
}

SimulatedCluster::~SimulatedCluster() = default;

bool SimulatedCluster::runFor(Duration duration, const std::function<bool()>& done) {
    const TimePoint end = m_time.now() + duration;
    while (m_problem.empty() && m_time.step(end)) {
        ++m_events;
        if (done()) {
            return true;
        }
    }
    return !m_problem.empty();
}

void SimulatedCluster::broken(const std::string& what) {
    if (m_problem.empty()) {
        m_problem = what;
    }
}

void SimulatedCluster::note(std::uint64_t value) {
    m_fingerprint = keyOf({m_fingerprint, value});
}

Duration SimulatedCluster::upTo(Duration most) {
    const auto count = std::chrono::duration_cast<microseconds>(most).count();
    return microseconds(1 + m_random.below(static_cast<std::uint64_t>(std::max<long>(1, count))));
}

// --- Calling programs.

void SimulatedCluster::call(const NodeId& id, std::function<void(Node&)> action) {
    Node& n = node(id);
    if (!n.alive) {
        return;
    }
    if (n.pausedUntil > m_time.now()) {
        const std::uint64_t incarnation = n.incarnation;
        m_time.at(n.pausedUntil, [this, id, incarnation, action = std::move(action)] {
            if (node(id).incarnation == incarnation) {
                call(id, action);
            }
        });
        return;
    }
    action(n);
    drain(n);
}

/// What an agent's loop does after every call: write and store, act, send, answer.
void SimulatedCluster::drain(Node& n) {
    std::set<RunId> changed;
    for (;;) {
        ClusterSeat::Work work = n.seat->drain(m_time.now(), m_time.wallTime());
        if (work.empty()) {
            break;
        }
        for (ReplicatedLog::Write& write : work.writes) {
            n.writing.push_back(std::move(write));
        }
        for (const RunEvent& event : work.events) {
            store(n, event);
            changed.insert(event.run);
        }
        for (const AgentMachine::RowsToStore& rows : work.rows) {
            storeRows(rows.run, rows.rows);
        }
        for (const AgentAction& action : work.actions) {
            carryOut(n, action);
        }
        for (const auto& [to, message] : work.toNodes) {
            send(n.id, to, message);
        }
        for (const auto& [key, message] : work.toWorkers) {
            m_time.after(upTo(microseconds(500)),
                         [this, key = key, message = message] { m_workers.deliver(key, message); });
        }
        for (const ClusterSeat::Answer& answer : work.answers) {
            answered(answer);
        }
    }
    checkLeader(n);
    for (const RunId& run : changed) {
        checkSnapshot(n, run);
    }
    beginSync(n);
    compact(n);
    armTimer(n);
}

/// The disk takes what there is at once, and a while for it.
void SimulatedCluster::beginSync(Node& n) {
    if (n.syncing || n.writing.empty()) {
        return;
    }
    n.syncing = true;
    const std::uint64_t incarnation = n.incarnation;
    const std::size_t count = n.writing.size();
    m_time.after(upTo(m_syncMax), [this, id = n.id, incarnation, count] {
        Node& at = node(id);
        if (at.incarnation != incarnation) {
            return;
        }
        std::uint64_t number = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (!apply(at.writing.front().change, at.log)) {
                broken(id.value + ": a write leaves a gap in its log");
            }
            number = at.writing.front().number;
            at.writing.pop_front();
        }
        at.syncing = false;
        call(id, [this, number](Node& now) { now.seat->written(number, m_time.now(), m_time.wallTime()); });
    });
}

void SimulatedCluster::compact(Node& n) {
    if (!n.seat->compactionDue()) {
        return;
    }
    for (const auto& [run, events] : n.history) {
        n.synced[run] = events.size();
    }
    if (const Result<void> done = n.seat->compact(m_time.now()); !done) {
        broken(done.error().text);
    }
    drain(n);
}

void SimulatedCluster::carryOut(Node& n, const AgentAction& action) {
    const NodeId id = n.id;
    if (const auto* kill = std::get_if<KillWorker>(&action)) {
        m_workers.kill(kill->key, kill->grace);
        return;
    }
    const auto& spawn = std::get<SpawnWorker>(action);
    const TaskKey key = spawn.key;
    const std::uint64_t incarnation = n.incarnation;
    const auto onNode = [this, id, incarnation](std::function<void(AgentMachine&)> what) {
        if (node(id).incarnation == incarnation) {
            call(id, [what = std::move(what)](Node& at) { what(at.seat->machine()); });
        }
    };
    if (n.spawnFails) {
        m_time.after(milliseconds(1), [this, onNode, key] {
            onNode([this, key](AgentMachine& machine) {
                machine.spawnFailed(key, {ErrorKind::Io, "no such program"}, m_time.now());
            });
        });
        return;
    }
    SimulatedWorkers::Callbacks callbacks;
    callbacks.started = [this, onNode](const TaskKey& task) {
        onNode([this, task](AgentMachine& machine) { machine.workerStarted(task, m_time.now()); });
    };
    callbacks.connected = [this, onNode](const TaskKey& task) {
        onNode([this, task](AgentMachine& machine) { machine.workerConnected(task, m_time.now()); });
    };
    callbacks.said = [this, id, incarnation](const TaskKey& task, const Message& message) {
        passOn(id, incarnation, task, message);
    };
    callbacks.exited = [this, onNode](const TaskKey& task, const std::string& detail) {
        onNode([this, task, detail](AgentMachine& machine) {
            machine.workerExited(task, detail, "last line", m_time.now());
        });
    };
    if (!m_workers.knows(key.run)) {
        m_workers.setJob(key.run, *parseJob(spawn.jobYaml));
    }
    m_workers.spawn(n.id, key, n.workerFault, spawn.checkpoints, std::move(callbacks));
}

/// An agent keeps the word of a checkpoint until it has the records of all its steps.
void SimulatedCluster::passOn(const NodeId& id, std::uint64_t incarnation, const TaskKey& task,
                              const Message& message) {
    const auto* written = std::get_if<CheckpointWritten>(&message);
    if (node(id).incarnation != incarnation) {
        return;
    }
    if (written != nullptr && !hasRowsBelow(task.run, written->step)) {
        m_time.after(milliseconds(20),
                     [this, id, incarnation, task, message] { passOn(id, incarnation, task, message); });
        return;
    }
    call(id,
         [this, task, message](Node& at) { at.seat->machine().handleWorker(task, message, m_time.now()); });
}

void SimulatedCluster::armTimer(Node& n) {
    const TimePoint next = n.seat->nextTimeout();
    if (n.timerAt && *n.timerAt <= next && *n.timerAt > m_time.now()) {
        return;
    }
    // A machine that asks for the past must not stop time: real loops spin there, too.
    const TimePoint due = std::max(next, m_time.now() + microseconds(100));
    n.timerAt = due;
    const std::uint64_t incarnation = n.incarnation;
    m_time.at(due, [this, id = n.id, incarnation, due] {
        Node& at = node(id);
        if (at.incarnation != incarnation || at.timerAt != due) {
            return;
        }
        at.timerAt.reset();
        call(id, [this](Node& now) { now.seat->handleTimeout(m_time.now(), m_time.wallTime()); });
    });
}

// --- Links, one for each direction.

bool SimulatedCluster::survivesWire(const Message& message) {
    const std::string bytes = encode(message);
    const Result<Message> arrived = decode(std::as_bytes(std::span(bytes)));
    return arrived && *arrived == message;
}

void SimulatedCluster::send(const NodeId& from, const NodeId& to, const Message& message) {
    checkTransmit(message);
    note(keyOf({message.index(), static_cast<std::uint64_t>(m_time.now().time_since_epoch().count())}));
    if (m_encodes && !survivesWire(message)) {
        broken("a message did not survive the wire: kind " + std::to_string(message.index()));
        return;
    }
    if (from == to) {
        broken(from.value + " sends itself a message over a link");
        return;
    }
    Link& l = link(from, to);
    if (!l.up) {
        return;
    }
    const Duration delay = microseconds(50 + m_random.below(m_random.below(50) == 0 ? 100'000 : 2'000));
    l.busyUntil = std::max({l.busyUntil + Duration(1), m_time.now() + delay, l.stalledUntil + Duration(1)});
    m_time.at(l.busyUntil, [this, from, to, incarnation = l.incarnation, message] {
        const Link& now = link(from, to);
        if (now.up && now.incarnation == incarnation) {
            receive(from, to, message);
            if (m_duplicates > 0 && m_random.below(m_duplicates) == 0) {
                receive(from, to, message);
            }
        }
    });
}

void SimulatedCluster::receive(const NodeId& from, const NodeId& to, const Message& message) {
    call(to, [this, from, message](Node& n) {
        if (const auto* request = std::get_if<PullRequest>(&message)) {
            send(n.id, from, answerPull(n, *request));
        } else {
            n.seat->handleAgent(from, message, m_time.now(), m_time.wallTime());
        }
    });
}

PullAnswer SimulatedCluster::answerPull(const Node& n, const PullRequest& request) const {
    PullAnswer answer;
    answer.request = request.request;
    answer.run = request.run;
    const auto found = n.history.find(request.run);
    if (found == n.history.end()) {
        return answer;
    }
    for (const RunEvent& event : found->second) {
        if (event.sequence > request.afterSequence && answer.events.size() < 4) {
            answer.events.push_back(event);
        }
    }
    answer.more = !answer.events.empty() && answer.events.back().sequence < found->second.back().sequence;
    return answer;
}

void SimulatedCluster::connectLater(const NodeId& from, const NodeId& to, Duration delay) {
    const std::uint64_t life = node(from).incarnation;
    const std::uint64_t incarnation = link(from, to).incarnation;
    m_time.after(delay, [this, from, to, life, incarnation] {
        Link& l = link(from, to);
        const Node& other = node(to);
        if (node(from).incarnation != life || l.incarnation != incarnation || l.up) {
            return;
        }
        const bool blocked = l.blockedUntil > m_time.now();
        if (!blocked && other.alive && other.pausedUntil <= m_time.now()) {
            l.up = true;
            ++l.incarnation;
            const bool leads = other.seat->leads();
            call(from, [this, to, leads](Node& at) {
                at.seat->linkUp(to, m_time.now());
                at.seat->linkWelcomed(to, leads, m_time.now());
            });
            return;
        }
        if (!blocked && !other.alive && other.refuses) {
            call(from, [this, to](Node& at) { at.seat->linkRefused(to, m_time.now(), m_time.wallTime()); });
        }
        connectLater(from, to, milliseconds(100) + upTo(milliseconds(400)));
    });
}

void SimulatedCluster::disconnect(const NodeId& from, const NodeId& to) {
    Link& l = link(from, to);
    if (l.up) {
        l.up = false;
        ++l.incarnation;
        call(from, [this, to](Node& at) { at.seat->linkDown(to, m_time.now()); });
    }
}

void SimulatedCluster::breakLink(const NodeId& a, const NodeId& b, Duration duration) {
    for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
        if (a != b && link(from, to).up) {
            disconnect(from, to);
            link(from, to).blockedUntil = m_time.now() + duration;
            connectLater(from, to, duration);
        }
    }
}

void SimulatedCluster::stallLink(const NodeId& from, const NodeId& to, Duration duration) {
    link(from, to).stalledUntil = m_time.now() + duration;
}

void SimulatedCluster::partition(const std::set<NodeId>& some, Duration duration, bool links, bool data) {
    for (const NodeId& a : some) {
        for (const NodeId& b : m_ids) {
            if (some.contains(b)) {
                continue;
            }
            if (links) {
                breakLink(a, b, duration);
            } else {
                stallLink(a, b, duration);
                stallLink(b, a, duration);
            }
            if (data) {
                m_workers.cutData(a, b, duration);
            }
        }
    }
}

// --- Nodes.

void SimulatedCluster::startNode(const NodeId& id) {
    Node& n = node(id);
    if (n.alive) {
        return;
    }
    n.alive = true;
    ++n.incarnation;
    n.timerAt.reset();
    n.pausedUntil = m_time.now();
    ClusterSeat::Options options;
    options.self = id;
    options.cluster = "simulated";
    options.version = "0.1.0";
    options.nodes = m_ids;
    options.seed = m_random();
    options.entriesUntilCompaction = m_entriesUntilCompaction;
    std::vector<RunSnapshot> known;
    for (const auto& [run, events] : n.history) {
        known.push_back(foldEvents(events));
    }
    n.seat = std::make_unique<ClusterSeat>(options, n.log, known, m_time.now());
    for (const NodeId& other : m_ids) {
        if (other != id) {
            connectLater(id, other, upTo(milliseconds(3)));
            if (link(other, id).up) {
                // Only now it learns that its link has led nowhere.
                disconnect(other, id);
                connectLater(other, id, upTo(milliseconds(50)));
            }
        }
    }
    drain(n);
}

void SimulatedCluster::crashNode(const NodeId& id, bool refuses, bool wiped) {
    Node& n = node(id);
    if (!n.alive) {
        return;
    }
    n.alive = false;
    n.refuses = refuses;
    ++n.incarnation;
    m_workers.endAllOf(id);
    countTransitions(n);
    n.seat.reset();
    // Of what was being written some may be there.
    for (std::size_t i = m_random.below(n.writing.size() + 1); i > 0; --i) {
        (void)apply(n.writing.front().change, n.log);
        n.writing.pop_front();
    }
    n.writing.clear();
    n.syncing = false;
    for (auto& [run, events] : n.history) {
        const std::size_t kept = n.synced[run] + m_random.below(events.size() - n.synced[run] + 1);
        events.resize(kept);
    }
    std::erase_if(n.history, [](const auto& run) { return run.second.empty(); });
    if (wiped) {
        n.log = {};
        n.history.clear();
        n.synced.clear();
        m_workers.loseFilesOf(id);
    }
    for (const NodeId& other : m_ids) {
        if (other == id) {
            continue;
        }
        Link& own = link(id, other);
        own.up = false;
        ++own.incarnation;
        // A machine that is off says nothing, nor does anybody find out.
        if (refuses && link(other, id).up) {
            disconnect(other, id);
            connectLater(other, id, upTo(milliseconds(20)));
        }
    }
}

/// More than half of the votes stay with disks that are there, in every configuration that may count.
bool SimulatedCluster::mayWipe(const NodeId& id) const {
    const Node& lead = node(leader());
    if (!lead.alive || !lead.seat->leads()) {
        return false;
    }
    const VotingConfig& voting = lead.seat->log().voting();
    // Whoever has not heard of these votes still counts on others, maybe on this node alone.
    const auto allThere = std::all_of(m_nodes.begin(), m_nodes.end(), [&](const auto& entry) {
        const Node& n = entry.second;
        const auto voter = voting.now.find(n.id);
        const bool agrees = n.alive && n.seat->log().voting() == voting &&
                            n.seat->log().entries().votingIndex() <= n.seat->log().committed();
        return voter == voting.now.end() || (agrees && n.log.incarnation == voter->second.incarnation);
    });
    const auto weight = voting.now.find(id);
    std::uint32_t total = 0;
    for (const auto& [voter, vote] : voting.now) {
        total += vote.weight;
    }
    return allThere && !voting.isJoint() && voting.now.size() >= 3 &&
           (weight == voting.now.end() || 2 * weight->second.weight < total);
}

void SimulatedCluster::pauseNode(const NodeId& id, Duration duration) {
    // A second pause does not end the first: what waits is done in its order.
    Node& n = node(id);
    n.pausedUntil = std::max(n.pausedUntil, m_time.now() + duration);
}

void SimulatedCluster::setWorkerFault(const NodeId& id, WorkerFault fault) {
    node(id).workerFault = fault;
}

void SimulatedCluster::setSpawnFails(const NodeId& id, bool fails) {
    node(id).spawnFails = fails;
}

// --- The client.

SimulatedCluster::Request SimulatedCluster::submit(std::uint32_t workersWanted, RecoveryPolicy policy,
                                                   const StrategySpec& strategy) {
    JobSpec job = demoJob();
    job.name = "request-" + std::to_string(m_requests.size());
    job.workers = workersWanted;
    job.recovery.policy = policy;
    job.strategy = strategy;
    return execute(SubmitRun{toYaml(job)});
}

SimulatedCluster::Request SimulatedCluster::execute(const CommandBody& command) {
    m_requests.push_back({command, std::nullopt, leader()});
    ask(m_requests.size() - 1);
    return m_requests.size() - 1;
}

void SimulatedCluster::ask(Request request) {
    Asked& asked = m_requests[request];
    if (asked.answer) {
        return;
    }
    const std::uint64_t ticket = ++m_lastTicket;
    m_tickets[ticket] = request;
    const Command command{"client-" + std::to_string(request), 1, asked.body};
    call(asked.hint, [this, ticket, command](Node& n) {
        n.seat->command(ticket, command, m_time.now(), m_time.wallTime());
    });
    const Node& n = node(asked.hint);
    const NodeId told = n.alive && n.pausedUntil <= m_time.now() ? n.seat->leader() : NodeId();
    asked.hint = told.empty() || told == asked.hint ? m_ids[m_random.below(m_ids.size())] : told;
    m_time.after(milliseconds(300) + upTo(milliseconds(700)), [this, request] { ask(request); });
}

void SimulatedCluster::answered(const ClusterSeat::Answer& answer) {
    const auto request = m_tickets.find(answer.ticket);
    if (request == m_tickets.end()) {
        broken("a ticket came back twice");
        return;
    }
    Asked& asked = m_requests[request->second];
    m_tickets.erase(request);
    if (!answer.answer) {
        return;
    }
    if (asked.answer && !(*asked.answer == *answer.answer)) {
        broken("a command was answered twice, differently");
    }
    asked.answer = answer.answer;
}

const std::optional<CommandAnswer>& SimulatedCluster::answerTo(Request request) const {
    return m_requests.at(request).answer;
}

std::optional<RunId> SimulatedCluster::runOf(Request request) const {
    const auto& answer = answerTo(request);
    return answer && !answer->error ? std::optional(answer->run) : std::nullopt;
}

}  // namespace longship::test
