// The part of RunMachine that listens to workers: what each message about a task means for the run.
#include <algorithm>
#include <utility>

#include "core/protocol/incident_text.h"
#include "core/protocol/mutation.h"
#include "core/protocol/run_machine.h"

namespace longship {

namespace {

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

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

}  // namespace

void RunMachine::onReady(Process& process, const WorkerReady& ready, Moment at) {
    if (!process.prepared && !process.serves()) {  // A server reads no data.
        process.prepared = ready.prepared;
        process.checkpoint = ready.checkpointStep;
    }
    if (process.endpoint.empty() && ready.lastRow) {
        noteLastRow(*ready.lastRow);
    }
    if (!process.endpoint.empty()) {
        return;  // Said again after a broken connection, or to another leader.
    }
    process.endpoint = ready.endpoint;
    process.publicKey = ready.publicKey;
    process.mustAnswer = true;
    const TaskView& view = m_snapshot.tasks[process.key.task];
    if (!process.successor && view.state == TaskState::Starting) {
        recordProcess(process, TaskState::Ready, "", at);
    }
    if (!process.serves() && !dataAgrees(process, at)) {
        return;
    }
    if (!ready.checkpointProblem.empty()) {
        raise({process.node, process.key.task,
               "a checkpoint on " + process.node.value + " was not used: " + ready.checkpointProblem, "", ""},
              "Another copy is used, or the one before.", {}, at);
    }
    if (m_phase == RunPhase::Paused) {
        const bool nobodyMissing = std::all_of(m_posts.begin(), m_posts.end(), [&](const auto& entry) {
            const Process* other = presentOf(entry.first);
            return (other != nullptr && other->isReady()) || entry.second.goal == process.node;
        });
        if (m_askWanted && !m_pauseWanted && nobodyMissing) {
            unpause("all tasks have a worker again", at);
        }
    }
}

/// Before the first membership a disagreement ends the run: somebody has to put the files right. Later it is
/// the joiner who does not fit.
bool RunMachine::dataAgrees(const Process& process, Moment at) {
    const RunPrepared* reference = m_snapshot.prepared ? &*m_snapshot.prepared : nullptr;
    std::string where = "the other workers";
    for (const Process& other : m_processes) {
        if (reference == nullptr && other.prepared && !other.gone && &other != &process) {
            reference = &*other.prepared;
            where = other.node.value;
        }
    }
    if (reference == nullptr || sameData(*reference, *process.prepared)) {
        return true;
    }
    const Cause cause{process.node, process.key.task,
                      where + " and " + process.node.value +
                          " did not find the same data or built different models: " + dataText(*reference) +
                          " on " + where + ", " + dataText(*process.prepared) + " on " + process.node.value,
                      "The dataset files, or the versions of Longship, differ between these nodes.", ""};
    if (!hasBegun()) {
        fail(cause, at);
        return false;
    }
    Process& unfit = *find(process.key);
    unfit.failure = cause.what;
    endProcess(unfit, cause.what, at);
    lose(unfit, cause, at);
    return false;
}

void RunMachine::onEntered(Process& process, const MembershipEntered& entered, Moment at) {
    if (entered.number != current() || !process.rank) {
        ++m_shared.counters.unknownTask;
        return;
    }
    const bool caughtUp = process.follows && !entered.following;
    process.follows = entered.following;
    if (m_phase == RunPhase::Training && caughtUp) {
        beginToMeasure(at);  // It computes from now on.
        if (leaverHasHeirs()) {
            beginChange("a task moves", at);
        }
        return;
    }
    if (m_phase != RunPhase::Entering || process.entered) {
        return;
    }
    process.entered = true;
    if (!process.successor) {
        recordProcess(process, TaskState::Running, "", at);
    }
    const auto all = members();
    if (std::all_of(all.begin(), all.end(), [](const Process* p) { return p->entered; })) {
        beginTraining(at);
    }
}

std::vector<const RunMachine::Process*> RunMachine::members() const {
    std::vector<const Process*> all;
    for (const Process& process : m_processes) {
        if (process.rank) {
            all.push_back(&process);
        }
    }
    std::sort(all.begin(), all.end(), [](const Process* a, const Process* b) { return *a->rank < *b->rank; });
    return all;
}

std::vector<const RunMachine::Process*> RunMachine::workers() const {
    std::vector<const Process*> all = members();
    std::erase_if(all, [](const Process* process) { return process->serves(); });
    return all;
}

bool RunMachine::isMember(const TaskId& task) const {
    return std::any_of(m_processes.begin(), m_processes.end(),
                       [&](const Process& process) { return process.rank && process.key.task == task; });
}

void RunMachine::beginTraining(Moment at) {
    if (!advance(Trigger::AllEntered)) {
        return;
    }
    m_fruitless = 0;
    m_links.worked();
    std::erase_if(m_toldLinks,
                  [&](const auto& pair) { return isMember(pair.first) && isMember(pair.second); });
    for (const Process* member : members()) {
        m_losses.works(member->key.task);
    }
    const auto all = workers();
    if (std::none_of(all.begin(), all.end(), [](const Process* p) { return p->finished.has_value(); })) {
        m_deadline.reset();
    }
    if (!std::exchange(m_calm, false)) {
        recordState(RunState::Training, at);
    }
    beginToMeasure(at);
    if (m_reported == RunState::Evaluating) {
        recordState(RunState::Evaluating, at);
    }
    if (m_stopWanted) {
        beginStopping(at);
    } else if (leaverHasHeirs()) {
        beginChange("a task moves", at);
    }
}

void RunMachine::beginStopping(Moment at) {
    if (!advance(Trigger::StopAsked)) {
        return;
    }
    recordState(RunState::Stopping, at);
    for (Process& process : m_processes) {
        if (process.rank && process.isThere() && !process.serves()) {
            process.orderedAt = at.now;
            send(process.node, StopWork{m_shared.term, m_snapshot.run, kStoppedOnRequest});
        }
    }
}

void RunMachine::onSteps(const Process&, const StepsDone& steps, Moment at) {
    std::optional<UtcTime> resumed;
    for (const StepRow& row : steps.rows) {
        if (row.key.membership < current() && row.key.step >= m_snapshot.memberships.back().baseStep) {
            continue;  // Void: the run went back to before it.
        }
        if (row.key.step >= m_steps) {
            m_steps = row.key.step + 1;
            m_samples += row.digest.count;
        }
        if (row.key.membership == current() && !resumed) {
            resumed = at.wallTime;
        }
        noteStepTime(row);
        m_shareMeter.add(row);
    }
    if (resumed && (m_phase == RunPhase::Training || m_phase == RunPhase::Stopping)) {
        resolveIncidents(resumed, at);
    }
    shareBySpeed(at);
}

/// Between which two steps nobody computed.
void RunMachine::noteStepTime(const StepRow& row) {
    if (row.key.membership < current()) {
        m_gap.since = std::max(m_gap.since, row.appliedAt);
        return;
    }
    if (m_gap.membership != current()) {
        m_gap = {current(), std::max(m_gap.since, m_gap.lastStep), row.appliedAt, row.appliedAt};
    }
    m_gap.lastStep = std::max(m_gap.lastStep, row.appliedAt);
}

/// From any reporter: the lowest rank may have died with its last words. Whatever is measured again after a
/// membership change is the same.
void RunMachine::onEvaluation(const Process&, const EvaluationDone& done, Moment at) {
    const std::vector<EvaluationFinished>& known = m_snapshot.evaluations;
    const bool repeated = !known.empty() && done.evaluation.step <= known.back().step;
    if (hasBegun() && !repeated) {
        record(EvaluationFinished(done.evaluation), at);
    }
}

void RunMachine::onPhase(const Process& process, const PhaseChanged& changed, Moment at) {
    const bool known = changed.state == RunState::Training || changed.state == RunState::Evaluating;
    if (!known) {
        ++m_shared.counters.unexpected;
        return;
    }
    if (process.rank != Rank{0}) {
        return;
    }
    // A worker may be training already while the word of another that it entered is still on its way.
    m_reported = changed.state;
    if (m_phase == RunPhase::Training && m_snapshot.state != changed.state) {
        recordState(changed.state, at);
    }
}

void RunMachine::onFinished(Process& process, const WorkerFinished& finished, Moment at) {
    const bool running =
        m_phase == RunPhase::Entering || m_phase == RunPhase::Training || m_phase == RunPhase::Stopping;
    const bool here = finished.number == current() || LONGSHIP_MUTANT("leader-keeps-old-endings");
    if (process.finished || !process.rank || process.serves() || !running || !here) {
        return;  // Said again, or of a membership that was left: then it is done again.
    }
    // Whoever finished had entered, and so had all others; only their word may come later.
    if (!process.entered) {
        onEntered(process, {process.key, current()}, at);
    }
    if (m_phase == RunPhase::Freezing) {
        return;
    }
    process.finished = finished;
    const auto all = workers();
    const auto isFinished = [](const Process* p) { return p->finished.has_value(); };
    const bool any = LONGSHIP_MUTANT("leader-ends-with-the-first") && process.rank == Rank{0};
    if (any || std::all_of(all.begin(), all.end(), isFinished)) {
        conclude(at);
    } else if (std::count_if(all.begin(), all.end(), isFinished) == 1) {
        const TimePoint patience = at.now + m_shared.times.finish;
        m_deadline = m_deadline ? std::max(*m_deadline, patience) : patience;
    }
}

void RunMachine::conclude(Moment at) {
    const bool blind = LONGSHIP_MUTANT("leader-ends-with-the-first");
    if (const std::optional<Cause> cause = blind ? std::nullopt : disagreementOnResult()) {
        fail(*cause, at);
        return;
    }
    const Process& lowest = *workers().front();
    const WorkerFinished result = *lowest.finished;
    m_steps = result.steps;
    m_samples = result.samples;
    if (!LONGSHIP_MUTANT("incidents-stay-open")) {
        resolveIncidents(at.wallTime, at);
    }
    if (result.model) {
        ModelSaved model = *result.model;
        model.node = lowest.node;
        record(std::move(model), at);
    }
    finishRun(result.stopped ? RunState::Stopped : RunState::Completed,
              result.stopped ? kStoppedOnRequest : "", result.parameterHash, at);
    leave("the run is finished", at);
}

void RunMachine::onFailed(Process& process, const WorkerFailed& failed, Moment at) {
    if (process.finished) {
        return;
    }
    process.failure = failed.error.text;
    const Cause cause{process.node, process.key.task,
                      process.key.task.value + " on " + process.node.value + " failed: " + failed.error.text,
                      "", ""};
    endProcess(process, "it failed: " + failed.error.text, at);
    lose(process, cause, at);
}

void RunMachine::onExited(Process& process, const TaskExited& exited, Moment at) {
    if (process.gone) {
        return;
    }
    const bool known = process.doomed || process.finished;
    process.gone = true;
    if (!isLive() || known) {
        goWhenEmpty();
        return;
    }
    lose(process,
         {process.node, process.key.task,
          process.key.task.value + " on " + process.node.value + " ended: " + exited.detail,
          hintForExit(exited.detail), exited.lastLog, exited.detail},
         at);
}

void RunMachine::onFrozen(Process& process, const Frozen& frozen, Moment at) {
    process.endpoint = frozen.endpoint;
    process.publicKey = frozen.publicKey;
    process.mustAnswer = true;
    m_gap.lastStep = std::max(m_gap.lastStep, frozen.lastStepAt);
    if (m_round && (m_phase == RunPhase::Freezing || m_phase == RunPhase::Paused)) {
        if (!m_round->answer(frozen)) {
            ++m_shared.counters.unknownTask;
        }
        return;
    }
    if (frozen.number > current() && m_phase != RunPhase::Starting) {
        // Its agent did it, because it heard no leader.
        beginChange(process.key.task.value + " on " + process.node.value + " was cut off from the leader",
                    at);
    }
}

void RunMachine::onBroken(Process& process, const MembershipBroken& broken, Moment at) {
    const bool running =
        m_phase == RunPhase::Entering || m_phase == RunPhase::Training || m_phase == RunPhase::Stopping;
    if (broken.number != current() || !running) {
        ++m_shared.counters.unknownTask;
        return;
    }
    if (broken.links.empty()) {
        m_links.complain(process.key.task, broken.peer, broken.number);
    }
    for (const BrokenLink& link : broken.links) {
        m_links.complain(process.key.task, link.peer, broken.number, link.isSilent);
    }
    if (!m_suspicion) {
        // Whoever stopped hearing a peer is seldom the one to blame: a death may be about to be reported.
        m_suspicion = Suspicion{at.now, process.key.task.value + " on " + process.node.value +
                                            " lost its connection: " + broken.error.text};
    }
}

/// Names those who differ from most of the others (from the lowest rank where there is no majority).
std::optional<RunMachine::Cause> RunMachine::disagreementOnResult() const {
    const auto all = workers();
    const auto agrees = [](const Process* a, const Process* b) {
        return a->finished->parameterHash == b->finished->parameterHash &&
               a->finished->steps == b->finished->steps && a->finished->stopped == b->finished->stopped;
    };
    const auto supporters = [&](const Process* process) {
        return std::count_if(all.begin(), all.end(),
                             [&](const Process* other) { return agrees(process, other); });
    };
    const Process* reference =
        *std::max_element(all.begin(), all.end(),
                          [&](const Process* a, const Process* b) { return supporters(a) < supporters(b); });
    std::vector<std::string> names;
    const Process* odd = nullptr;
    for (const Process* process : all) {
        if (!agrees(reference, process)) {
            odd = odd == nullptr ? process : odd;
            names.push_back(process->key.task.value + " on " + process->node.value);
        }
    }
    if (odd == nullptr || LONGSHIP_MUTANT("leader-compares-no-results")) {
        return std::nullopt;
    }
    return Cause{odd->node, odd->key.task,
                 "the workers do not end with the same model: " + joined(names) + " differ from " +
                     reference->key.task.value + " on " + reference->node.value,
                 "Faulty memory or a faulty processor computes wrong numbers; check these machines.", ""};
}

}  // namespace longship
