#include "core/protocol/worker_machine.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/domain/task_kind.h"
#include "core/protocol/mutation.h"

namespace longship {

namespace {

/// A reporter that dies may take its last words with it: whoever becomes one says again what every member
/// knows.
constexpr std::size_t kRecentRowsMax = 4096;
constexpr std::int64_t kRecentMicroseconds = 60'000'000;

}  // namespace

enum class WorkerMachine::Trigger : std::uint8_t {
    Ready,
    Assigned,
    Entered,
    Done,
    Complained,
    FreezeAsked,
    Froze,
    Failed,
    Ended
};

std::string_view toString(WorkerState state) {
    switch (state) {
        case WorkerState::Loading: return "loading";
        case WorkerState::Waiting: return "waiting";
        case WorkerState::Entering: return "entering";
        case WorkerState::Training: return "training";
        case WorkerState::Finished: return "finished";
        case WorkerState::Failed: return "failed";
        case WorkerState::Exiting: return "exiting";
        case WorkerState::Broken: return "broken";
        case WorkerState::Freezing: return "freezing";
        case WorkerState::Frozen: return "frozen";
    }
    return "exiting";
}

WorkerMachine::WorkerMachine(TaskKey key) : m_key(std::move(key)) {}

/// The transition table (core/protocol/README.md, "Worker"). False, and counted, where it has no line.
bool WorkerMachine::advance(Trigger trigger) {
    struct Line {
        WorkerState from;
        Trigger trigger;
        WorkerState to;
    };
    using enum WorkerState;
    static constexpr std::array kTable = {
        Line{Loading, Trigger::Ready, Waiting},
        Line{Loading, Trigger::Failed, WorkerState::Failed},
        Line{Loading, Trigger::Ended, Exiting},
        Line{Waiting, Trigger::Assigned, Entering},
        Line{Waiting, Trigger::FreezeAsked, Freezing},
        Line{Waiting, Trigger::Failed, WorkerState::Failed},
        Line{Waiting, Trigger::Ended, Exiting},
        Line{Entering, Trigger::Entered, Training},
        Line{Entering, Trigger::Complained, Broken},
        Line{Entering, Trigger::FreezeAsked, Freezing},
        Line{Entering, Trigger::Failed, WorkerState::Failed},
        Line{Entering, Trigger::Ended, Exiting},
        Line{Training, Trigger::Done, Finished},
        Line{Training, Trigger::Complained, Broken},
        Line{Training, Trigger::FreezeAsked, Freezing},
        Line{Training, Trigger::Failed, WorkerState::Failed},
        Line{Training, Trigger::Ended, Exiting},
        Line{Finished, Trigger::FreezeAsked, Freezing},
        Line{Finished, Trigger::Failed, WorkerState::Failed},
        Line{Finished, Trigger::Ended, Exiting},
        Line{Broken, Trigger::FreezeAsked, Freezing},
        Line{Broken, Trigger::Failed, WorkerState::Failed},
        Line{Broken, Trigger::Ended, Exiting},
        Line{Freezing, Trigger::Froze, WorkerState::Frozen},
        Line{Freezing, Trigger::Failed, WorkerState::Failed},
        Line{Freezing, Trigger::Ended, Exiting},
        Line{WorkerState::Frozen, Trigger::Assigned, Entering},
        Line{WorkerState::Frozen, Trigger::Failed, WorkerState::Failed},
        Line{WorkerState::Frozen, Trigger::Ended, Exiting},
        Line{WorkerState::Failed, Trigger::Ended, Exiting},
    };
    const auto line = std::find_if(kTable.begin(), kTable.end(), [&](const Line& candidate) {
        return candidate.from == m_state && candidate.trigger == trigger;
    });
    if (line == kTable.end()) {
        ++m_ignored;
        return false;
    }
    m_state = line->to;
    return true;
}

void WorkerMachine::handle(const Message& message, const Progress& progress) {
    if (const auto* ping = std::get_if<Ping>(&message)) {
        m_transmits.push_back(
            Pong{ping->number, progress.batches, progress.bytesReceived, progress.bytesSent});
    } else if (const auto* assign = std::get_if<AssignMembership>(&message)) {
        take(*assign);
    } else if (const auto* order = std::get_if<Freeze>(&message)) {
        freeze(*order);
    } else if (const auto* stopWork = std::get_if<StopWork>(&message)) {
        if (stopWork->run == m_key.run && stopWork->term >= m_term) {
            stop(stopWork->reason);
        } else {
            ++m_ignored;
        }
    } else if (const auto* kill = std::get_if<KillTask>(&message)) {
        if (kill->key == m_key) {
            end(0, kill->reason);
        } else {
            ++m_ignored;
        }
    } else if (const auto* refusal = std::get_if<Refusal>(&message)) {
        end(1, "the agent refused this worker: " + refusal->text);
    } else if (!std::holds_alternative<Welcome>(message)) {
        ++m_ignored;
    }
}

void WorkerMachine::take(const AssignMembership& assignment) {
    const auto seat = std::find_if(assignment.seats.begin(), assignment.seats.end(), [&](const Seat& s) {
        return s.member.task == m_key.task && s.member.generation == m_key.generation;
    });
    const bool fenced = (assignment.term < m_term && !LONGSHIP_MUTANT("worker-obeys-old-terms")) ||
                        (assignment.number < m_fence && !LONGSHIP_MUTANT("worker-forgets-its-fence"));
    const bool old = fenced || (m_seat && assignment.number <= m_seat->assignment.number);
    if (assignment.run != m_key.run || seat == assignment.seats.end() || old || !advance(Trigger::Assigned)) {
        m_ignored += assignment.run != m_key.run || seat == assignment.seats.end() || old ? 1 : 0;
        return;
    }
    m_term = assignment.term;
    m_fence = assignment.number;
    m_seat = EnterMembership{assignment, seat->member.rank};
    m_commands.push_back(*m_seat);
}

/// May come again, and with a higher number: what is frozen stays frozen, only the answer is given anew.
void WorkerMachine::freeze(const Freeze& order) {
    const bool entered = m_seat && order.number <= m_seat->assignment.number;
    if (order.run != m_key.run || order.term < m_term || order.number < m_fence || entered) {
        ++m_ignored;
        return;
    }
    m_term = order.term;
    m_fence = order.number;
    if (m_state == WorkerState::Frozen) {
        answerFreeze();
    } else if (m_state == WorkerState::Loading || m_state == WorkerState::Freezing) {
        // The one has nothing to give up and says WorkerReady; the answer of the other is on its way.
    } else if (advance(Trigger::FreezeAsked)) {
        m_commands.push_back(FreezeTraining{order.number});
        if (LONGSHIP_MUTANT("worker-answers-before-it-froze")) {
            m_frozen = {m_key, m_fence, m_seat ? m_seat->assignment.number : 0, m_frozen.stepsApplied,
                        "e",   "k"};
            answerFreeze();
        }
    }
}

void WorkerMachine::answerFreeze() {
    m_frozen.number = LONGSHIP_MUTANT("worker-answers-another-freeze") ? m_fence - 1 : m_fence;
    m_transmits.push_back(m_frozen);
}

void WorkerMachine::stop(const std::string& reason) {
    if (m_stopReason) {
        return;
    }
    m_stopReason = reason;
    // Before that there is nobody to agree with on a last step; entered() makes up for it.
    if (m_state == WorkerState::Training) {
        m_commands.push_back(RequestStop{reason});
    }
}

void WorkerMachine::end(int status, const std::string& reason) {
    if (advance(Trigger::Ended)) {
        m_commands.push_back(ExitWorker{status, reason});
    }
}

void WorkerMachine::agentLost() {
    end(1, "the agent of this worker is gone");
}

void WorkerMachine::ready(const std::string& endpoint, const std::string& publicKey,
                          const RunPrepared& prepared, Step checkpoint, const std::string& problem,
                          const std::optional<RowKey>& lastRow) {
    if (advance(Trigger::Ready)) {
        m_transmits.push_back(
            WorkerReady{m_key, endpoint, publicKey, prepared, checkpoint, problem, lastRow});
    }
}

void WorkerMachine::checkpointWritten(CheckpointWritten written) {
    if (m_state == WorkerState::Failed || m_state == WorkerState::Exiting) {
        ++m_ignored;
        return;
    }
    written.key = m_key;
    m_transmits.push_back(std::move(written));
}

void WorkerMachine::caughtUp(MembershipNumber number) {
    const bool current = m_seat && m_seat->assignment.number == number;
    if (current && (m_state == WorkerState::Training || m_state == WorkerState::Finished)) {
        m_transmits.push_back(MembershipEntered{m_key, number});
    }
}

void WorkerMachine::entered(MembershipNumber number, bool following) {
    if (!m_seat || m_seat->assignment.number != number) {
        ++m_ignored;
        return;
    }
    if (!advance(Trigger::Entered)) {
        return;
    }
    m_transmits.push_back(MembershipEntered{m_key, number, following});
    const bool reportsNow = reports();
    if (reportsNow && !m_reported && !m_recentRows.empty() &&
        !LONGSHIP_MUTANT("worker-tells-no-rows-again")) {
        m_transmits.push_back(StepsDone{m_key, {m_recentRows.begin(), m_recentRows.end()}});
    }
    if (reportsNow && !m_reported && m_lastEvaluation) {
        m_transmits.push_back(EvaluationDone{m_key, *m_lastEvaluation});
    }
    m_reported = reportsNow;
    m_phase = RunState::Training;
    if (m_stopReason) {
        m_commands.push_back(RequestStop{*m_stopReason});
    }
}

/// The two lowest ranks of workers on different nodes publish what all of them know alike.
bool WorkerMachine::reports() const {
    if (m_seat->rank == 0) {
        return true;
    }
    const std::vector<Seat>& seats = m_seat->assignment.seats;
    const auto rankZero =
        std::find_if(seats.begin(), seats.end(), [](const Seat& s) { return s.member.rank == 0; });
    Rank second = ~Rank{0};
    for (const Seat& seat : seats) {
        if (rankZero != seats.end() && seat.member.node != rankZero->member.node &&
            !isServer(seat.member.task)) {
            second = std::min(second, seat.member.rank);
        }
    }
    return m_seat->rank == second;
}

void WorkerMachine::progress(const std::vector<StepRow>& finalRows,
                             const std::optional<EvaluationFinished>& evaluation, RunState phase) {
    // What became final before the trainer gave up its membership stays final.
    const bool late =
        m_state == WorkerState::Freezing && m_seat && !LONGSHIP_MUTANT("worker-drops-rows-while-it-freezes");
    if (m_state == WorkerState::Entering) {
        // Made final by the base of this membership: told with its start.
        keep(finalRows, evaluation);
        m_reported = false;
        return;
    }
    if (m_state != WorkerState::Training && !late) {
        ++m_ignored;
        return;
    }
    keep(finalRows, evaluation);
    if (reports() && !finalRows.empty()) {
        m_transmits.push_back(StepsDone{m_key, finalRows});
    }
    if (reports() && evaluation) {
        m_transmits.push_back(EvaluationDone{m_key, *evaluation});
    }
    if (reports() && phase != m_phase) {
        m_transmits.push_back(PhaseChanged{m_key, phase});
    }
    m_phase = phase;
}

void WorkerMachine::keep(const std::vector<StepRow>& finalRows,
                         const std::optional<EvaluationFinished>& evaluation) {
    m_recentRows.insert(m_recentRows.end(), finalRows.begin(), finalRows.end());
    while (!m_recentRows.empty() &&
           (m_recentRows.size() > kRecentRowsMax ||
            m_recentRows.back().appliedAt.microseconds - m_recentRows.front().appliedAt.microseconds >
                kRecentMicroseconds)) {
        m_recentRows.pop_front();
    }
    if (evaluation) {
        m_lastEvaluation = evaluation;
    }
}

void WorkerMachine::finished(Finish finish) {
    if (advance(Trigger::Done)) {
        m_transmits.push_back(WorkerFinished{m_key, finish.steps, finish.samples,
                                             std::move(finish.parameterHash), finish.stopped,
                                             std::move(finish.model), m_seat->assignment.number});
    }
}

void WorkerMachine::failed(const Error& error) {
    if (advance(Trigger::Failed)) {
        m_transmits.push_back(WorkerFailed{m_key, error});
    }
}

void WorkerMachine::broken(MembershipNumber number, Step step, const Error& error,
                           const std::vector<BrokenLink>& links) {
    const bool current = m_seat && m_seat->assignment.number == number;
    if (current && advance(Trigger::Complained)) {
        const TaskId first = links.empty() ? TaskId() : links.front().peer;
        m_transmits.push_back(MembershipBroken{m_key, number, step, error, first, links});
    }
}

void WorkerMachine::frozen(Step stepsApplied, MembershipNumber entered, const std::string& endpoint,
                           const std::string& publicKey, std::vector<ShardHeld> shards) {
    if (advance(Trigger::Froze)) {
        m_frozen = {m_key, m_fence, entered, stepsApplied, endpoint, publicKey};
        m_frozen.shards = std::move(shards);
        m_frozen.lastStepAt = m_recentRows.empty() ? UtcTime() : m_recentRows.back().appliedAt;
        answerFreeze();
    }
}

std::optional<Message> WorkerMachine::pollTransmit() {
    if (m_transmits.empty()) {
        return std::nullopt;
    }
    std::optional<Message> message(std::move(m_transmits.front()));
    m_transmits.pop_front();
    return message;
}

std::optional<WorkerCommand> WorkerMachine::pollCommand() {
    if (m_commands.empty()) {
        return std::nullopt;
    }
    std::optional<WorkerCommand> command(std::move(m_commands.front()));
    m_commands.pop_front();
    return command;
}

bool WorkerMachine::savesModel() const {
    return m_seat && m_seat->rank == 0;
}

}  // namespace longship
