#include "tests/core/protocol/coordinator_script.h"

#include <gtest/gtest.h>

#include "core/domain/job_yaml.h"
#include "core/domain/task_kind.h"
#include "tests/core/protocol/render.h"

namespace longship::test {

namespace {

std::uint64_t numberOr(std::istringstream& words, std::uint64_t otherwise) {
    std::uint64_t value = otherwise;
    return words >> value ? value : otherwise;
}

}  // namespace

namespace {

Coordinator::Options optionsOf(int nodes) {
    Coordinator::Options options;
    options.self = NodeId("node-a");
    options.cluster = "test";
    for (int i = 0; i < nodes; ++i) {
        options.nodes.push_back(NodeId(std::string("node-") + static_cast<char>('a' + i)));
    }
    options.seed = 7;
    return options;
}

NodeId nodeOf(const std::string& letter) {
    return NodeId("node-" + letter);
}

/// "1": worker-1, "s1": server-1.
TaskId taskOf(const std::string& name) {
    return TaskId(name.starts_with('s') ? "server-" + name.substr(1) : "worker-" + name);
}

}  // namespace

CoordinatorScript::CoordinatorScript(int nodes)
    : m_now(std::chrono::hours(1)), m_coordinator(optionsOf(nodes), m_now) {}

void CoordinatorScript::adopt(const CoordinatorScript& before) {
    m_run = before.m_run;
    m_placed = before.m_placed;
    m_newest = before.m_newest;
    m_tasks = before.m_tasks;
    m_coordinator.restore(before.m_coordinator.runs().at(m_run), m_wallTime);
}

std::string CoordinatorScript::run(const std::string& script) {
    m_said.clear();
    std::istringstream lines(script);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        command(words);
    }
    return m_said;
}

void CoordinatorScript::command(std::istringstream& words) {
    std::string verb;
    if (!(words >> verb)) {
        return;
    }
    if (verb == "submit") {
        JobSpec job = demoJob();
        std::string backup;
        if (words >> job.workers >> job.strategy.servers) {
            job.strategy.kind = StrategyKind::ParameterServer;
            words >> backup;
            job.strategy.backup = backup == "backup";
        }
        job.recovery.policy = m_policy;
        job.checkpoint.everySteps = 10;
        const Result<RunId> run = m_coordinator.submit(toYaml(job), m_now, m_wallTime);
        m_said += run ? "" : "refused: " + run.error().text + "\n";
        m_run = run ? *run : m_run;
    } else if (verb == "stop") {
        const Result<void> stopped = m_coordinator.stop(m_run, m_now, m_wallTime);
        m_said += stopped ? "" : "refused: " + stopped.error().text + "\n";
    } else if (!clientCommand(verb, words) && !nodeCommand(verb, words) && !workerCommand(verb, words)) {
        ADD_FAILURE() << "unknown command " << verb;
    }
    drain();
}

bool CoordinatorScript::clientCommand(const std::string& verb, std::istringstream& words) {
    std::string first;
    std::string second;
    words >> first >> second;
    std::optional<CommandBody> body;
    if (verb == "pause") {
        body = PauseRun{m_run};
    } else if (verb == "resume") {
        body = ResumeRun{m_run};
    } else if (verb == "drain") {
        body = DrainNode{nodeOf(first)};
    } else if (verb == "undrain") {
        body = UndrainNode{nodeOf(first)};
    } else if (verb == "move") {
        body = MoveTask{m_run, taskOf(first), nodeOf(second)};
    } else if (verb == "policy") {
        m_policy = first == "ask" ? RecoveryPolicy::Ask : RecoveryPolicy::Auto;
        return true;
    }
    if (!body) {
        words.clear();
        words.seekg(static_cast<std::streamoff>(verb.size()));
        return false;
    }
    const Result<RunId> done = m_coordinator.execute(*body, m_now, m_wallTime);
    m_said += done ? "" : "refused: " + done.error().text + "\n";
    return true;
}

bool CoordinatorScript::nodeCommand(const std::string& verb, std::istringstream& words) {
    std::string letter;
    if (verb == "wait") {
        int ms = 0;
        words >> ms;
        wait(ms);
    } else if (verb == "up") {
        while (words >> letter) {
            m_up.insert(nodeOf(letter));
            beat(nodeOf(letter));
        }
    } else if (verb == "silent") {
        words >> letter;
        m_up.erase(nodeOf(letter));
    } else if (verb == "refused") {
        words >> letter;
        m_up.erase(nodeOf(letter));
        m_coordinator.handleRefused(nodeOf(letter), m_now, m_wallTime);
    } else if (verb == "frees") {
        words >> letter;
        m_tasks[nodeOf(letter)].clear();
    } else if (verb == "lists") {
        std::string task;
        words >> letter >> task;
        m_tasks[nodeOf(letter)].insert({RunId("old"), TaskId(task), 1});
    } else {
        return false;
    }
    return true;
}

bool CoordinatorScript::workerCommand(const std::string& verb, std::istringstream& words) {
    std::string number;
    words >> number;
    const std::size_t slash = number.find('/');
    const TaskId task = taskOf(number.substr(0, slash));
    const Generation generation = slash == std::string::npos
                                      ? std::max<Generation>(m_newest[task], 1)
                                      : static_cast<Generation>(std::stoul(number.substr(slash + 1)));
    const TaskKey key{m_run, task, generation};
    const auto next = [&](std::uint64_t otherwise) {
        std::uint64_t value = otherwise;
        return words >> value ? value : otherwise;
    };
    if (verb == "ready") {
        RunPrepared prepared;
        if (!isServer(task)) {
            prepared.trainingSamples = next(60'000);
            prepared.microBatch = 1;
        }
        const Step checkpoint = next(0);
        std::string problem;
        std::getline(words >> std::ws, problem);
        say(key, WorkerReady{key, m_placed[key].value, "key", prepared, checkpoint, problem,
                             std::exchange(m_lastRow, std::nullopt)});
    } else if (verb == "entered") {
        say(key, MembershipEntered{key, static_cast<MembershipNumber>(next(m_assigned))});
    } else if (verb == "follows") {
        say(key, MembershipEntered{key, m_assigned, true});
    } else if (verb == "evaluating" || verb == "training") {
        say(key, PhaseChanged{key, *runStateFrom(verb)});
    } else if (verb == "evaluated") {
        say(key, EvaluationDone{key, {next(1), 0, 0.5, 80, 100}});
    } else if (verb == "steps") {
        StepsDone done{key, std::vector<StepRow>(next(1))};
        for (std::size_t i = 0; i < done.rows.size(); ++i) {
            done.rows[i].key = {m_assigned, i};
            done.rows[i].digest.count = 256;
        }
        if (const std::uint64_t ms = next(0); ms > 0) {
            for (std::size_t i = 0; i < done.rows.size(); ++i) {
                done.rows[i].appliedAt = scriptTime(ms - 10 * (done.rows.size() - 1 - i));
            }
        }
        say(key, done);
    } else if (verb == "timed") {
        timedSteps(key, next(1), words);
    } else if (verb == "finished") {
        finish(key, words);
    } else if (verb == "failed") {
        std::string kind;
        words >> kind;
        const ErrorKind error = kind == "unavailable" ? ErrorKind::Unavailable : ErrorKind::Io;
        say(key, WorkerFailed{key, {error, "no more " + kind + "."}});
    } else if (verb == "exited") {
        exits(key, words);
    } else if (verb == "forget") {
        m_tasks[m_placed[key]].erase(key);
    } else {
        return changeCommand(verb, key, words);
    }
    return true;
}

bool CoordinatorScript::changeCommand(const std::string& verb, const TaskKey& key,
                                      std::istringstream& words) {
    if (verb == "frozen" && isServer(key.task)) {
        serverFrozen(key, words);
    } else if (verb == "frozen") {
        Step steps = 0;
        MembershipNumber entered = m_assigned;
        std::uint64_t ms = 0;
        words >> steps >> entered >> ms;
        Frozen frozen{key, m_freezing, entered, steps, m_placed[key].value, "key"};
        frozen.lastStepAt = ms > 0 ? scriptTime(ms) : UtcTime();
        say(key, frozen);
    } else if (verb == "broken") {
        MembershipBroken broken{key, m_assigned, 0, Error{ErrorKind::Unavailable, "a peer is gone."}};
        for (std::string peer; words >> peer;) {
            const bool silent = peer.front() == '~';
            broken.links.push_back({taskOf(peer.substr(silent ? 1 : 0)), silent, 4096});
        }
        say(key, broken);
    } else if (verb == "knows") {
        const auto membership = static_cast<MembershipNumber>(numberOr(words, 1));
        m_lastRow = RowKey{membership, numberOr(words, 0)};
    } else if (verb == "written") {
        const Step step = numberOr(words, 10);
        std::string hash = "hash";
        std::string error;
        words >> hash;
        std::getline(words >> std::ws, error);
        const bool failed = !error.empty();
        say(key,
            CheckpointWritten{key, m_assigned, step, step * 256, 1000, hash,
                              failed ? std::optional(Error{ErrorKind::Exhausted, error}) : std::nullopt});
    } else {
        return false;
    }
    return true;
}

void CoordinatorScript::serverFrozen(const TaskKey& key, std::istringstream& words) {
    Frozen frozen{key, m_freezing,          static_cast<MembershipNumber>(numberOr(words, m_assigned)),
                  0,   m_placed[key].value, "key"};
    ShardHeld held;
    for (char at = 0; words >> held.shard >> at >> held.step;) {
        held.hasNext = words.peek() == '+';
        if (held.hasNext) {
            words.get();
        }
        frozen.shards.push_back(held);
    }
    say(key, frozen);
}

void CoordinatorScript::timedSteps(const TaskKey& key, std::size_t count, std::istringstream& words) {
    StepsDone done{key, std::vector<StepRow>(count)};
    std::vector<MemberTiming> timings;
    for (double ms = 0; words >> ms;) {
        timings.push_back({static_cast<Rank>(timings.size()), ms, 0, ms});
    }
    for (std::size_t i = 0; i < count; ++i) {
        done.rows[i].key = {m_assigned, i};
        done.rows[i].members = timings;
        done.rows[i].durationMs = 1000;
    }
    say(key, done);
}

void CoordinatorScript::finish(const TaskKey& key, std::istringstream& words) {
    std::string hash = "same";
    std::string stopped;
    MembershipNumber number = m_assigned;
    words >> hash >> stopped;
    if (MembershipNumber earlier = 0; words >> earlier) {
        number = earlier;
    }
    WorkerFinished finished{key, 235, 60'000, hash, stopped == "stopped", std::nullopt, number};
    if (key.task.value == "worker-0") {
        finished.model = ModelSaved{NodeId(), 10, "abcd"};
    }
    say(key, finished);
}

void CoordinatorScript::exits(const TaskKey& key, std::istringstream& words) {
    std::string detail;
    std::getline(words >> std::ws, detail);
    m_tasks[m_placed[key]].erase(key);
    say(key, TaskExited{key, detail.empty() ? "exit status 0" : detail, false, "the end of its log"});
}

/// Heartbeats come every 250 ms, as they would.
void CoordinatorScript::wait(int milliseconds) {
    for (int passed = 0; passed < milliseconds; passed += 250) {
        const int slice = std::min(250, milliseconds - passed);
        m_now += std::chrono::milliseconds(slice);
        m_wallTime.microseconds += slice * 1000;
        for (const NodeId& node : m_up) {
            beat(node);
        }
        m_coordinator.handleTimeout(m_now, m_wallTime);
        drain();
    }
}

void CoordinatorScript::beat(const NodeId& node) {
    Heartbeat heartbeat;
    heartbeat.node = node;
    heartbeat.number = ++m_beats;
    heartbeat.tasks.assign(m_tasks[node].begin(), m_tasks[node].end());
    m_coordinator.handle(node, heartbeat, m_now, m_wallTime);
}

void CoordinatorScript::say(const TaskKey& key, const Message& message) {
    m_coordinator.handle(m_placed[key], message, m_now, m_wallTime);
}

void CoordinatorScript::drain() {
    while (std::optional<RunEvent> event = m_coordinator.pollEvent()) {
        m_said += "! " + render(event->body) + "\n";
        m_events.push_back(std::move(*event));
    }
    while (std::optional<Coordinator::Outgoing> out = m_coordinator.pollTransmit()) {
        m_sent.push_back(*out);
        if (std::holds_alternative<HeartbeatAck>(out->message)) {
            continue;
        }
        m_said += out->to.value.substr(5) + " < " + render(out->message) + "\n";
        if (const auto* assign = std::get_if<AssignMembership>(&out->message)) {
            m_assigned = assign->number;
        }
        if (const auto* freeze = std::get_if<Freeze>(&out->message)) {
            m_freezing = freeze->number;
        }
        if (const auto* start = std::get_if<StartTask>(&out->message)) {
            m_tasks[out->to].insert(start->key);
            m_placed[start->key] = out->to;
            m_newest[start->key.task] = start->key.generation;
        }
    }
}

}  // namespace longship::test
