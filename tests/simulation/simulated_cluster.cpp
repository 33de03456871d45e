#include "tests/simulation/simulated_cluster.h"

#include <algorithm>
#include <utility>

#include "core/domain/job_yaml.h"
#include "core/protocol/codec.h"

namespace longship::test {

using std::chrono::microseconds;
using std::chrono::milliseconds;

SimulatedCluster::SimulatedCluster(std::uint64_t seed, unsigned nodes)
    : m_random(seed), m_workers(m_time, m_random, [this](const std::string& what) { broken(what); }) {
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

/// What an agent's loop does after every call: store, then send, then act.
void SimulatedCluster::drain(Node& n) {
    if (n.coordinator) {
        drainCoordinator(n);
    }
    drainAgent(n);
    armTimer(n);
}

void SimulatedCluster::drainCoordinator(Node& n) {
    std::set<RunId> changed;
    while (std::optional<RunEvent> event = n.coordinator->pollEvent()) {
        store(n, *event);
        changed.insert(event->run);
    }
    n.lastTerm = n.coordinator->term();
    n.drained = n.coordinator->drained();
    while (std::optional<Coordinator::Outgoing> out = n.coordinator->pollTransmit()) {
        checkTransmit(n, out->message);
        send(n.id, out->to, out->message);
    }
    for (const RunId& run : changed) {
        checkSnapshot(n, run);
    }
}

void SimulatedCluster::drainAgent(Node& n) {
    while (std::optional<RunEvent> event = n.agent->pollEvent()) {
        store(n, *event);
    }
    while (std::optional<AgentMachine::RowsToStore> rows = n.agent->pollRows()) {
        storeRows(n, rows->run, rows->rows);
    }
    while (std::optional<AgentAction> action = n.agent->pollAction()) {
        carryOut(n, *action);
    }
    while (std::optional<AgentMachine::Outgoing> out = n.agent->pollTransmit()) {
        if (!out->worker) {
            send(n.id, leader(), out->message);
            continue;
        }
        m_time.after(microseconds(1 + m_random.below(500)),
                     [this, key = *out->worker, message = out->message] { m_workers.deliver(key, message); });
    }
}

void SimulatedCluster::carryOut(Node& n, const AgentAction& action) {
    const NodeId id = n.id;
    if (const auto* kill = std::get_if<KillWorker>(&action)) {
        m_workers.kill(kill->key, kill->grace);
        return;
    }
    const TaskKey key = std::get<SpawnWorker>(action).key;
    const std::uint64_t incarnation = n.incarnation;
    const auto onNode = [this, id, incarnation](std::function<void(Node&)> what) {
        if (node(id).incarnation == incarnation) {
            call(id, std::move(what));
        }
    };
    if (n.spawnFails) {
        m_time.after(milliseconds(1), [this, onNode, key] {
            onNode([this, key](Node& at) {
                at.agent->spawnFailed(key, {ErrorKind::Io, "no such program"}, m_time.now());
            });
        });
        return;
    }
    SimulatedWorkers::Callbacks callbacks;
    callbacks.started = [this, onNode](const TaskKey& task) {
        onNode([this, task](Node& at) { at.agent->workerStarted(task, m_time.now()); });
    };
    callbacks.connected = [this, onNode](const TaskKey& task) {
        onNode([this, task](Node& at) { at.agent->workerConnected(task, m_time.now()); });
    };
    callbacks.said = [this, onNode](const TaskKey& task, const Message& message) {
        onNode([this, task, message](Node& at) { at.agent->handleWorker(task, message, m_time.now()); });
    };
    callbacks.exited = [this, onNode](const TaskKey& task, const std::string& detail) {
        onNode([this, task, detail](Node& at) {
            at.agent->workerExited(task, detail, "last line", m_time.now());
        });
    };
    m_workers.spawn(n.id, key, n.workerFault, std::move(callbacks));
}

void SimulatedCluster::armTimer(Node& n) {
    std::optional<TimePoint> next = n.agent->nextTimeout();
    if (n.coordinator) {
        const std::optional<TimePoint> other = n.coordinator->nextTimeout();
        next = !next || (other && *other < *next) ? other : next;
    }
    if (!next || (n.timerAt && *n.timerAt <= *next && *n.timerAt > m_time.now())) {
        return;
    }
    // A machine that asks for the past must not stop time: real loops spin there, too.
    const TimePoint due = std::max(*next, m_time.now() + microseconds(100));
    n.timerAt = due;
    const std::uint64_t incarnation = n.incarnation;
    m_time.at(due, [this, id = n.id, incarnation, due] {
        Node& at = node(id);
        if (at.incarnation != incarnation || at.timerAt != due) {
            return;
        }
        at.timerAt.reset();
        call(id, [this](Node& paused) {
            if (paused.coordinator) {
                paused.coordinator->handleTimeout(m_time.now(), m_time.wallTime());
            }
            paused.agent->handleTimeout(m_time.now(), m_time.wallTime());
        });
    });
}

// --- Links. Every other node has one to the leader; the leader's own agent is in the same process.

void SimulatedCluster::send(const NodeId& from, const NodeId& to, const Message& message) {
    const std::string bytes = encode(message);
    note(keyOf({bytes.size(), message.index(),
                static_cast<std::uint64_t>(m_time.now().time_since_epoch().count())}));
    Result<Message> arrived = decode(std::as_bytes(std::span(bytes)));
    if (!arrived || !(*arrived == message)) {
        broken("a message did not survive the wire: kind " + std::to_string(message.index()));
        return;
    }
    if (from == to) {
        m_time.after(microseconds(1), [this, from, to, message] { receive(from, to, message); });
        return;
    }
    const bool toLeader = to == leader();
    const NodeId& edge = toLeader ? from : to;
    Link& link = node(edge).link;
    if (!link.up) {
        return;
    }
    const int way = toLeader ? 0 : 1;
    TimePoint& busy = link.busyUntil[way];
    const Duration delay = microseconds(50 + m_random.below(m_random.below(50) == 0 ? 100'000 : 2'000));
    busy = std::max({busy + Duration(1), m_time.now() + delay, link.stalledUntil[way] + Duration(1)});
    m_time.at(busy, [this, from, to, edge, incarnation = link.incarnation, message] {
        const Link& now = node(edge).link;
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
        // A leader's own agent hears its leader from its own node, too.
        const bool order =
            std::holds_alternative<HeartbeatAck>(message) || std::holds_alternative<StartTask>(message) ||
            std::holds_alternative<KillTask>(message) || std::holds_alternative<AssignMembership>(message) ||
            std::holds_alternative<StopWork>(message) || std::holds_alternative<Freeze>(message);
        if (const auto* request = std::get_if<PullRequest>(&message)) {
            send(n.id, from, answerPull(n, *request));
        } else if (n.coordinator && !order) {
            if (const auto* steps = std::get_if<StepsDone>(&message)) {
                storeRows(n, steps->key.run, steps->rows);
            }
            n.coordinator->handle(from, message, m_time.now(), m_time.wallTime());
        } else {
            n.agent->handleLeader(message, m_time.now(), m_time.wallTime());
        }
    });
}

PullAnswer SimulatedCluster::answerPull(const Node& leaderNode, const PullRequest& request) const {
    PullAnswer answer;
    answer.request = request.request;
    answer.run = request.run;
    for (const RunEvent& event : log(leaderNode.id, request.run)) {
        if (event.sequence > request.afterSequence && answer.events.size() < 4) {
            answer.events.push_back(event);
        }
    }
    answer.more =
        !answer.events.empty() && answer.events.back().sequence < log(leaderNode.id, request.run).size();
    return answer;
}

void SimulatedCluster::connectLater(const NodeId& id, Duration delay) {
    const std::uint64_t incarnation = node(id).incarnation;
    const std::uint64_t link = node(id).link.incarnation;
    m_time.after(delay, [this, id, incarnation, link] {
        Node& n = node(id);
        if (!n.alive || n.incarnation != incarnation || n.link.incarnation != link || n.link.up) {
            return;
        }
        const Node& other = node(leader());
        if (other.alive && other.pausedUntil <= m_time.now()) {
            n.link.up = true;
            ++n.link.incarnation;
            call(id, [this](Node& at) { at.agent->leaderConnected(m_time.now()); });
            return;
        }
        if (!other.alive && other.refuses) {
            call(id, [this](Node& at) { at.agent->leaderRefused(m_time.now(), m_time.wallTime()); });
        }
        connectLater(id, milliseconds(100) + microseconds(m_random.below(400'000)));
    });
}

void SimulatedCluster::breakLink(const NodeId& id, Duration duration) {
    Node& n = node(id);
    if (id == leader() || !n.link.up) {
        return;
    }
    n.link.up = false;
    ++n.link.incarnation;
    call(id, [this](Node& at) { at.agent->leaderDisconnected(m_time.now()); });
    connectLater(id, duration);
}

void SimulatedCluster::stallLink(const NodeId& id, Duration duration) {
    stallOneWay(id, true, duration);
    stallOneWay(id, false, duration);
}

void SimulatedCluster::stallOneWay(const NodeId& id, bool toLeader, Duration duration) {
    node(id).link.stalledUntil[toLeader ? 0 : 1] = m_time.now() + duration;
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
    AgentMachine::Options options;
    options.self = id;
    options.leader = leader();
    options.version = "0.1.0";
    n.agent = std::make_unique<AgentMachine>(options, m_time.now());
    if (id == leader()) {
        Coordinator::Options lead;
        lead.self = id;
        lead.cluster = "simulated";
        lead.term = n.lastTerm + 1;
        lead.nodes = m_ids;
        lead.seed = m_random();
        lead.drained = n.drained;
        n.coordinator = std::make_unique<Coordinator>(lead, m_time.now());
    }
    for (const auto& [run, events] : n.history) {
        n.agent->restore(foldEvents(events));
        if (n.coordinator) {
            n.coordinator->restore(foldEvents(events), m_time.wallTime());
        }
    }
    if (id == leader()) {
        n.agent->leaderConnected(m_time.now());
    } else {
        connectLater(id, milliseconds(1));
    }
    drain(n);
}

void SimulatedCluster::crashNode(const NodeId& id, bool refuses) {
    Node& n = node(id);
    if (!n.alive) {
        return;
    }
    n.alive = false;
    n.refuses = refuses;
    ++n.incarnation;
    m_workers.endAllOf(id);
    countTransitions(n);
    n.agent.reset();
    n.coordinator.reset();
    for (const NodeId& other : m_ids) {
        if (other == leader() || (id != leader() && other != id)) {
            continue;
        }
        Link& link = node(other).link;
        const bool wasUp = std::exchange(link.up, false);
        link.incarnation += wasUp || other == id ? 1 : 0;  // Else it is being connected again already.
        // A machine that is off says nothing; the others only find out when they try again.
        if (wasUp && other != id) {
            call(other, [this](Node& at) { at.agent->leaderDisconnected(m_time.now()); });
            connectLater(other, milliseconds(100));
        }
    }
    if (id != leader() && refuses) {
        m_time.after(milliseconds(150), [this, id, incarnation = n.incarnation] {
            if (node(id).incarnation == incarnation) {
                call(leader(), [this, id](Node& at) {
                    at.coordinator->handleRefused(id, m_time.now(), m_time.wallTime());
                });
            }
        });
    }
}

void SimulatedCluster::pauseNode(const NodeId& id, Duration duration) {
    node(id).pausedUntil = m_time.now() + duration;
}

void SimulatedCluster::setWorkerFault(const NodeId& id, WorkerFault fault) {
    node(id).workerFault = fault;
}

void SimulatedCluster::setSpawnFails(const NodeId& id, bool fails) {
    node(id).spawnFails = fails;
}

std::optional<RunId> SimulatedCluster::submit(std::uint32_t workersWanted, RecoveryPolicy policy) {
    std::optional<RunId> run;
    if (node(leader()).alive && node(leader()).pausedUntil <= m_time.now()) {
        call(leader(), [&](Node& n) {
            JobSpec job = demoJob();
            job.workers = workersWanted;
            job.recovery.policy = policy;
            const Result<RunId> result = n.coordinator->submit(toYaml(job), m_time.now(), m_time.wallTime());
            if (result) {
                run = *result;
            } else {
                broken("submit was refused: " + result.error().text);
            }
        });
    }
    return run;
}

void SimulatedCluster::execute(const CommandBody& command) {
    call(leader(), [this, command](Node& n) {
        (void)n.coordinator->execute(command, m_time.now(), m_time.wallTime());
    });
}

void SimulatedCluster::stop(const RunId& run) {
    call(leader(), [this, run](Node& n) { (void)n.coordinator->stop(run, m_time.now(), m_time.wallTime()); });
}

}  // namespace longship::test
