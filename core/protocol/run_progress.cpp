// The part of RunMachine that listens to workers: what each message about a task means for the run.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "core/protocol/incident_text.h"
#include "core/protocol/run_machine.h"

namespace longship {

namespace {

constexpr MembershipNumber kFirstMembership = 1;

/// Device and BLAS may differ between machines; what is learned from may not.
bool sameData(const RunPrepared& a, const RunPrepared& b) {
    return a.trainingSamples == b.trainingSamples && a.testSamples == b.testSamples &&
           a.parameters == b.parameters && a.stepsTotal == b.stepsTotal && a.microBatch == b.microBatch &&
           a.classNames == b.classNames;
}

std::string dataText(const RunPrepared& prepared) {
    return std::to_string(prepared.trainingSamples) + " training and " +
           std::to_string(prepared.testSamples) + " test samples in " +
           std::to_string(prepared.classNames.size()) + " classes, a model of " +
           std::to_string(prepared.parameters) + " parameters, " + std::to_string(prepared.stepsTotal) +
           " steps";
}

std::string hexToken(SeededRandom& random) {
    char text[33];
    std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(random()),
                  static_cast<unsigned long long>(random()));
    return text;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

}  // namespace

void RunMachine::onReady(Task& task, const WorkerReady& ready, Moment at) {
    if (m_phase != RunPhase::Starting || task.ready) {
        return;  // Said again after a broken connection.
    }
    task.ready = ready;
    recordTask(task, TaskState::Ready, "", at);
    if (std::all_of(m_tasks.begin(), m_tasks.end(), [](const Task& t) { return t.ready.has_value(); })) {
        commitMembership(at);
    }
}

void RunMachine::commitMembership(Moment at) {
    if (const std::optional<Cause> cause = disagreementOnData()) {
        breakOff(*cause, at);
        return;
    }
    if (!advance(Trigger::AllReady)) {
        return;
    }
    record(RunPrepared(m_tasks[0].ready->prepared), at);
    MembershipCommitted membership{kFirstMembership, m_shared.term, 0, {}, "the run starts"};
    for (const Task& task : m_tasks) {
        membership.members.push_back({task.rank, task.key.task, task.key.generation, task.node, 1});
    }
    record(std::move(membership), at);
    m_token = hexToken(m_shared.random);
    for (Task& task : m_tasks) {
        task.orderedAt = at.now;
        send(task.node, assignment());
    }
    m_deadline = at.now + m_shared.times.enter;
}

AssignMembership RunMachine::assignment() const {
    const MembershipCommitted& membership = m_snapshot.memberships.back();
    AssignMembership assign{m_shared.term,       m_snapshot.run, membership.number,
                            membership.baseStep, m_token,        {}};
    for (const Member& member : membership.members) {
        const WorkerReady& ready = *m_tasks[member.rank].ready;
        assign.seats.push_back({member, ready.endpoint, ready.publicKey});
    }
    return assign;
}

void RunMachine::onEntered(Task& task, const MembershipEntered& entered, Moment at) {
    const bool current =
        !m_snapshot.memberships.empty() && entered.number == m_snapshot.memberships.back().number;
    if (!current) {
        ++m_shared.counters.unknownTask;
        return;
    }
    if (m_phase != RunPhase::Entering || task.entered) {
        return;
    }
    task.entered = true;
    recordTask(task, TaskState::Running, "", at);
    if (std::all_of(m_tasks.begin(), m_tasks.end(), [](const Task& t) { return t.entered; })) {
        beginTraining(at);
    }
}

void RunMachine::beginTraining(Moment at) {
    if (!advance(Trigger::AllEntered)) {
        return;
    }
    const bool someFinished =
        std::any_of(m_tasks.begin(), m_tasks.end(), [](const Task& t) { return t.finished.has_value(); });
    if (!someFinished) {
        m_deadline.reset();
    }
    record(StateChanged{RunState::Training}, at);
    if (m_reported == RunState::Evaluating) {
        record(StateChanged{RunState::Evaluating}, at);
    }
}

void RunMachine::onSteps(const Task& task, const StepsDone& steps) {
    if (task.rank != 0) {
        return;
    }
    for (const StepRow& row : steps.rows) {
        if (row.key.step >= m_steps) {
            m_steps = row.key.step + 1;
            m_samples += row.digest.count;
        }
    }
}

void RunMachine::onEvaluation(const Task& task, const EvaluationDone& done, Moment at) {
    const std::vector<EvaluationFinished>& known = m_snapshot.evaluations;
    const bool repeated = !known.empty() && done.evaluation.step <= known.back().step;
    if (task.rank == 0 && m_phase != RunPhase::Starting && !repeated) {
        record(EvaluationFinished(done.evaluation), at);
    }
}

void RunMachine::onPhase(const Task& task, const PhaseChanged& changed, Moment at) {
    const bool known = changed.state == RunState::Training || changed.state == RunState::Evaluating;
    if (!known) {
        ++m_shared.counters.unexpected;
        return;
    }
    if (task.rank != 0) {
        return;
    }
    // A worker may be training already while the word of another that it entered is still on its way.
    m_reported = changed.state;
    if (m_phase == RunPhase::Training && m_snapshot.state != changed.state) {
        record(StateChanged{changed.state}, at);
    }
}

void RunMachine::onFinished(Task& task, const WorkerFinished& finished, Moment at) {
    if (task.finished || m_phase == RunPhase::Starting) {
        return;
    }
    // Whoever finished had entered, and so had all others; only their word may come later.
    if (!task.entered) {
        onEntered(task, {task.key, m_snapshot.memberships.back().number}, at);
    }
    task.finished = finished;
    const auto isFinished = [](const Task& t) { return t.finished.has_value(); };
    if (std::all_of(m_tasks.begin(), m_tasks.end(), isFinished)) {
        conclude(at);
    } else if (std::count_if(m_tasks.begin(), m_tasks.end(), isFinished) == 1) {
        const TimePoint patience = at.now + m_shared.times.finish;
        m_deadline = m_deadline ? std::max(*m_deadline, patience) : patience;
    }
}

void RunMachine::conclude(Moment at) {
    if (const std::optional<Cause> cause = disagreementOnResult()) {
        breakOff(*cause, at);
        return;
    }
    const WorkerFinished& result = *m_tasks[0].finished;
    m_steps = result.steps;
    m_samples = result.samples;
    if (result.model) {
        ModelSaved model = *result.model;
        model.node = m_tasks[0].node;
        record(std::move(model), at);
    }
    finishRun(result.stopped ? RunState::Stopped : RunState::Completed,
              result.stopped ? kStoppedOnRequest : "", at);
    leave(Trigger::AllFinished, "the run is finished", at);
}

void RunMachine::onFailed(const Task& task, const WorkerFailed& failed, Moment at) {
    if (task.finished) {
        return;
    }
    Cause cause{task.node, task.key.task,
                task.key.task.value + " on " + task.node.value + " failed: " + failed.error.text, "", ""};
    const bool secondary =
        failed.error.kind == ErrorKind::Unavailable || failed.error.kind == ErrorKind::Interrupted;
    if (secondary && m_tasks.size() > 1 && m_phase != RunPhase::Starting) {
        suspect(std::move(cause), at);
    } else {
        breakOff(cause, at);
    }
}

void RunMachine::onExited(Task& task, const TaskExited& exited, Moment at) {
    if (task.gone) {
        return;
    }
    task.gone = true;
    if (isLive() && !task.finished) {
        recordTask(task, TaskState::Exited, exited.detail, at);
        breakOff({task.node, task.key.task,
                  task.key.task.value + " on " + task.node.value + " ended: " + exited.detail,
                  hintForExit(exited.detail), exited.lastLog},
                 at);
    }
    goWhenEmpty();
}

std::optional<RunMachine::Cause> RunMachine::disagreementOnData() const {
    const RunPrepared& first = m_tasks[0].ready->prepared;
    for (const Task& task : m_tasks) {
        if (!sameData(first, task.ready->prepared)) {
            return Cause{task.node, task.key.task,
                         m_tasks[0].node.value + " and " + task.node.value +
                             " did not find the same data or built different models: " + dataText(first) +
                             " on " + m_tasks[0].node.value + ", " + dataText(task.ready->prepared) + " on " +
                             task.node.value,
                         "The dataset files, or the versions of Longship, differ between these nodes.", ""};
        }
    }
    return std::nullopt;
}

/// Names those who differ from most of the others (from the lowest rank where there is no majority).
std::optional<RunMachine::Cause> RunMachine::disagreementOnResult() const {
    const auto agrees = [](const Task& a, const Task& b) {
        return a.finished->parameterHash == b.finished->parameterHash &&
               a.finished->steps == b.finished->steps && a.finished->stopped == b.finished->stopped;
    };
    const auto supporters = [&](const Task& task) {
        return std::count_if(m_tasks.begin(), m_tasks.end(), [&](const Task& t) { return agrees(task, t); });
    };
    const Task& reference =
        *std::max_element(m_tasks.begin(), m_tasks.end(),
                          [&](const Task& a, const Task& b) { return supporters(a) < supporters(b); });
    std::vector<std::string> names;
    const Task* odd = nullptr;
    for (const Task& task : m_tasks) {
        if (!agrees(reference, task)) {
            odd = odd == nullptr ? &task : odd;
            names.push_back(task.key.task.value + " on " + task.node.value);
        }
    }
    if (odd == nullptr) {
        return std::nullopt;
    }
    return Cause{odd->node, odd->key.task,
                 "the workers do not end with the same model: " + joined(names) + " differ from " +
                     reference.key.task.value + " on " + reference.node.value,
                 "Faulty memory or a faulty processor computes wrong numbers; check these machines.", ""};
}

RunMachine::Cause RunMachine::lateness() const {
    const auto isLate = [&](const Task& task) {
        switch (m_phase) {
            case RunPhase::Starting: return !task.ready.has_value();
            case RunPhase::Entering: return !task.entered;
            default: return !task.finished.has_value();
        }
    };
    std::vector<std::string> names;
    const Task* first = nullptr;
    for (const Task& task : m_tasks) {
        if (isLate(task)) {
            first = first == nullptr ? &task : first;
            names.push_back(task.key.task.value + " on " + task.node.value);
        }
    }
    const char* what = m_phase == RunPhase::Starting   ? "did not get ready in time"
                       : m_phase == RunPhase::Entering ? "did not connect to the other workers in time"
                                                       : "did not come to an end in time";
    return Cause{first == nullptr ? NodeId() : first->node, first == nullptr ? TaskId() : first->key.task,
                 joined(names) + " " + what, "The end of its log may tell what it waited for.", ""};
}

}  // namespace longship
