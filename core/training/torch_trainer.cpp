#include "core/training/torch_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/failpoint.h"
#include "core/optimizer/fixed_point.h"
#include "core/training/checkpoint_file.h"
#include "core/training/entry_record.h"
#include "core/training/model_file.h"
#include "core/training/plan_hash.h"
#include "core/training/state_transfer.h"
#include "core/training/torch_environment.h"

namespace longship {
namespace {

double millisecondsBetween(TimePoint from, TimePoint to) {
    return toSeconds(to - from) * 1000;
}

bool isReproducible(const JobSpec& job) {
    return job.numerics == Numerics::Reproducible;
}

void useThreads(const JobSpec& job, const Trainer::Options& options) {
    at::set_num_threads(isReproducible(job) ? 1 : options.threads);
}

}  // namespace

template <typename Real>
TorchTrainer<Real>::TorchTrainer(Parts parts)
    : m_parts(std::move(parts)),
      m_samplePlan(m_parts.data.training->samples(), m_parts.job.globalBatch, m_parts.job.seed),
      m_course(m_samplePlan.stepsPerEpoch(), m_parts.job.epochs),
      m_computer({.network = m_parts.network,
                  .data = m_parts.data.training,
                  .device = m_parts.device,
                  .job = m_parts.job}),
      m_runner(m_parts.network, m_parts.device, torch::CppTypeToScalarType<Real>::value) {
    m_prepared.trainingSamples = m_parts.data.training->samples();
    m_prepared.testSamples = m_parts.data.test->samples();
    m_prepared.parameters = m_computer.parameters().parameters();
    m_prepared.stepsTotal = m_course.stepsTotal();
    m_prepared.microBatch = resolvedMicroBatch(m_parts.job);
    m_prepared.device = nameOf(m_parts.device);
    m_prepared.blas = blasName();
    m_prepared.classNames = m_parts.data.training->shape().classNames;
    m_planHash = planHashOf({.job = m_parts.job,
                             .prepared = m_prepared,
                             .network = *m_parts.network,
                             .buckets = m_computer.parameters().plan(),
                             .realBytes = sizeof(Real),
                             .hashEverySteps = m_parts.options.hashEverySteps});
}

template <typename Real>
Result<void> TorchTrainer<Real>::enter(const TrainingSeat& seat, CollectiveThread* collectives) {
    useThreads(m_parts.job, m_parts.options);
    m_entered = false;
    const std::size_t size = collectives == nullptr ? 1 : collectives->size();
    if (seat.shares.size() != size || (!seat.hasState.empty() && seat.hasState.size() != size) ||
        std::all_of(seat.shares.begin(), seat.shares.end(), [](std::uint32_t share) { return share == 0; })) {
        return failure(
            ErrorKind::Refused,
            fmt::format("Membership {} gives {} shares and {} marks of state, expected one for each of its "
                        "{} members and one share above zero.",
                        seat.membership, seat.shares.size(), seat.hasState.size(), size));
    }
    if (m_computer.served() != nullptr && collectives == nullptr) {
        return failure(
            ErrorKind::Refused,
            fmt::format("Membership {} has no server: one has to keep the parameters.", seat.membership));
    }
    m_seat = seat;
    m_collectives = collectives;
    m_rank = collectives == nullptr ? 0 : collectives->rank();
    m_evaluation.reset();
    LONGSHIP_TRY(guarded("enter a membership", [this] { return agreeOnStart(); }));
    m_entered = true;
    return {};
}

/// All members must hold the same plan and, after those who lack it were given it, the same state.
template <typename Real>
Result<void> TorchTrainer<Real>::agreeOnStart() {
    LONGSHIP_TRY(checkInterrupt());
    PendingOperations operations(m_collectives);
    operations.startGather(encode(EntryRecord{.planHash = m_planHash,
                                              .stepsApplied = m_course.stepsApplied(),
                                              .stopped = m_course.stopped(),
                                              .samplesApplied = m_samplesApplied,
                                              .follows = !m_hasState,
                                              .copied = m_elementsCopied,
                                              .tail = m_journal.tail()}));
    LONGSHIP_ASSIGN(const auto gathered, operations.gathered());
    LONGSHIP_ASSIGN(const EntryDecision decision, decideOnEntry(gathered, m_seat));
    m_copy.reset();
    if (decision.somebodyLacks()) {
        LONGSHIP_TRY(giveState(decision));
    }
    m_course.enter(m_seat.baseStep, decision.stopped);
    m_samplesApplied = decision.samplesApplied;
    LONGSHIP_TRY(compareStates(decision.source));
    if (ServedParameters<Real>* const served = m_computer.served()) {
        LONGSHIP_TRY(served->enter(*m_collectives, m_seat.baseStep, m_rank == decision.source,
                                   m_computer.parameters().validParameters()));
    }
    m_journal.enter(m_seat.baseStep, decision.tails);
    return {};
}

template <typename Real>
StateTransfer<Real> TorchTrainer<Real>::transfer() {
    return StateTransfer<Real>(*m_collectives, m_computer.parameters(), *m_parts.network);
}

/// To those who lack the state: all of it, or the beginning, and the rest while training goes on.
template <typename Real>
Result<void> TorchTrainer<Real>::giveState(const EntryDecision& decision) {
    StateTransfer<Real> giving = transfer();
    auto given = giving.run({.source = decision.source,
                             .lacks = decision.lacks,
                             .copied = decision.copied,
                             .follows = !m_hasState},
                            {.inside = m_parts.options.transferInside,
                             .blockBytes = m_parts.options.transferBlockBytes,
                             .pieceBytesMax = m_parts.options.transferPieceBytesMax});
    LONGSHIP_TRY(given);
    const bool complete = given->copied == giving.elements();
    if (decision.lacks[m_rank]) {
        m_hasState = complete;
        m_elementsCopied = complete ? 0 : given->copied;
    }
    if (!complete) {
        m_copy.emplace(decision.source, decision.lacks, giving.elements(), given->copied, given->piece);
        m_nextPiece = given->piece;
    }
    return {};
}

/// The members that have the state must hold the same one.
template <typename Real>
Result<void> TorchTrainer<Real>::compareStates(Rank holder) {
    if (m_collectives == nullptr) {
        return {};
    }
    const std::string hash = m_hasState ? stateHash() : std::string();
    const auto bytes = std::as_bytes(std::span(hash));
    PendingOperations operations(m_collectives);
    operations.startGather({bytes.begin(), bytes.end()});
    LONGSHIP_ASSIGN(const auto gathered, operations.gathered());
    std::vector<std::string> states;
    for (const std::vector<std::byte>& state : gathered) {
        states.emplace_back(reinterpret_cast<const char*>(state.data()), state.size());
    }
    for (Rank rank = 0; m_copy && rank < states.size(); ++rank) {
        states[rank] = m_copy->follows(rank) ? states[holder] : states[rank];
    }
    if (const std::string ranks = namesOfDissenters(states); !ranks.empty()) {
        return failure(ErrorKind::Corrupt,
                       fmt::format("The parameters of {} differ from those of the other members "
                                   "at step {}.",
                                   ranks, m_seat.baseStep));
    }
    return {};
}

template <typename Real>
Result<void> TorchTrainer<Real>::checkInterrupt() const {
    if (isInterrupted()) {
        return failure(ErrorKind::Interrupted, fmt::format("Membership {} was ended.", m_seat.membership));
    }
    return {};
}

template <typename Real>
void TorchTrainer<Real>::interrupt(MembershipNumber through) {
    MembershipNumber before = m_interruptedThrough.load();
    while (before < through && !m_interruptedThrough.compare_exchange_weak(before, through)) {
    }
}

template <typename Real>
Result<TrainingProgress> TorchTrainer<Real>::advance() {
    LONGSHIP_CHECK(m_entered, "advance() follows a successful enter()");
    const Result<void> done = guarded("train", [this]() -> Result<void> {
        LONGSHIP_TRY(checkInterrupt());
        return advancePhase();
    });
    if (!done) {
        m_entered = false;  // The membership is broken: only a new one goes on.
        return failure(done.error());
    }
    return takeProgress();
}

template <typename Real>
Result<void> TorchTrainer<Real>::advancePhase() {
    switch (m_course.phase()) {
        case RunCourse::Phase::Train: return runStep();
        case RunCourse::Phase::OpenEvaluation: return gatherEmptyRecord(RecordKind::Evaluation);
        case RunCourse::Phase::Evaluate: return evaluateNextRange();
        case RunCourse::Phase::Close:
            LONGSHIP_TRY(finishCopy());
            return gatherEmptyRecord(RecordKind::Closing);
        case RunCourse::Phase::Finished: break;
    }
    return {};
}

template <typename Real>
TrainingProgress TorchTrainer<Real>::takeProgress() {
    RowJournal::Final final = m_journal.take();
    TrainingProgress progress;
    progress.finalRows = std::move(final.rows);
    progress.evaluation = final.evaluation;
    const RunCourse::Phase phase = m_course.phase();
    const bool evaluating = phase == RunCourse::Phase::OpenEvaluation || phase == RunCourse::Phase::Evaluate;
    progress.phase = evaluating ? RunState::Evaluating : RunState::Training;
    progress.caughtUp = std::exchange(m_caughtUp, false);
    progress.finished = phase == RunCourse::Phase::Finished;
    progress.stopped = progress.finished && m_course.stopped();
    return progress;
}

template <typename Real>
StepRecord TorchTrainer<Real>::recordHere(RecordKind kind) const {
    StepRecord record;
    record.kind = kind;
    record.step = m_course.stepsApplied();
    record.stop = m_stopRequested;
    record.follows = !m_hasState;
    record.nextPiece = m_nextPiece;
    if (const auto& pending = m_journal.pending()) {
        record.previousTiming = pending->timing;
        record.previousAppliedAt = pending->row.appliedAt;
        record.previousHash = pending->row.parameterHash;
    }
    return record;
}

template <typename Real>
Result<void> TorchTrainer<Real>::runStep() {
    const TimePoint begun = BootClock::now();
    const Step step = m_course.stepsApplied();
    const std::vector<std::uint64_t> samples = m_samplePlan.samplesOf(step);
    const bool mayFuse = !isReproducible(m_parts.job) && m_parts.network->batchNorms().empty();
    const StepShare share = shareOf(samples.size(), m_prepared.microBatch, sharesNow(), m_rank,
                                    mayFuse ? Fusing::Allowed : Fusing::Forbidden);

    // First, so that it is under way while this step is computed. The valid half does not change until
    // commit.
    std::optional<StateTransfer<Real>> copying;
    PendingOperations pieces(m_collectives);
    if (m_copy) {
        copying.emplace(transfer());
        copying->startPiece(*m_copy, pieces);
    }
    PendingOperations operations(m_collectives);
    const auto startRecord = [&](const SampleSums& sums) {
        StepRecord record = recordHere(RecordKind::Update);
        record.digest = sums.digest;
        record.lossSum = sums.loss;
        record.lossGood = sums.lossGood;
        record.correct = sums.correct;
        operations.startGather(encode(record));
    };
    LONGSHIP_TRY(m_computer.compute(
        step, samples, share, operations,
        {.onForwardDone = startRecord, .isInterrupted = [this] { return isInterrupted(); }}));
    m_batchesDone += std::max<std::size_t>(share.passes.size(), 1);
    const TimePoint computed = BootClock::now();
    LONGSHIP_FAILPOINT(StepComputed);
    LONGSHIP_POISON(step);

    if (copying) {
        LONGSHIP_TRY(copying->finishPiece(*m_copy, pieces));
        const std::size_t piece = static_cast<std::size_t>(m_copy->piece().size());
        m_nextPiece = PieceSizer(copying->bytesPerElement(), m_parts.options.transferPieceBytesMax)
                          .next(piece, computed - begun, BootClock::now() - computed);
    }
    LONGSHIP_ASSIGN(const auto gathered, operations.gathered());
    LONGSHIP_ASSIGN(const std::vector<StepRecord> records,
                    agreeOnRecords(gathered, RecordKind::Update, step));
    LONGSHIP_TRY(m_computer.finish(step, operations));
    const TimePoint reduced = BootClock::now();
    LONGSHIP_FAILPOINT(StepReduced);
    return applyStep(records, {.computeMs = millisecondsBetween(begun, computed),
                               .waitMs = millisecondsBetween(computed, reduced),
                               .totalMs = millisecondsBetween(begun, reduced)});
}

template <typename Real>
Result<void> TorchTrainer<Real>::applyStep(const std::vector<StepRecord>& records, StepTiming timing) {
    PendingRow applied{.row = {}, .rank = m_rank, .timing = timing};
    applied.row.key = {m_seat.membership, m_course.stepsApplied()};
    applied.row.epoch = m_samplePlan.epochOf(m_course.stepsApplied());
    applied.row.appliedAt = UtcTime::now();
    std::int64_t loss = 0;
    bool lossGood = true;
    bool stop = false;
    for (const StepRecord& record : records) {
        loss += record.lossSum;
        lossGood = lossGood && record.lossGood;
        applied.row.correct += record.correct;
        applied.row.digest += record.digest;
        stop = stop || record.stop;
    }
    if (!lossGood) {
        return failure(
            ErrorKind::BadInput,
            fmt::format("The loss of step {} is not finite or far too large: training diverged. Lower "
                        "the learning rate (it is {}).",
                        m_course.stepsApplied(), m_parts.job.optimizer.learningRate));
    }
    const auto count = static_cast<double>(std::max<std::uint64_t>(applied.row.digest.count, 1));
    applied.row.loss = std::ldexp(static_cast<double>(loss), -kLossBits) / count;
    m_journal.makeFinal(records);
    m_computer.commit();
    m_course.stepApplied(stop);
    copyAdvanced(records);
    m_samplesApplied += applied.row.digest.count;
    if (hashIsDue(m_course.stepsApplied())) {
        applied.row.parameterHash = m_hasState ? parameterHash() : std::string();
    }
    m_journal.stepApplied(std::move(applied));
    LONGSHIP_FAILPOINT(StepApplied);
    return {};
}

template <typename Real>
void TorchTrainer<Real>::copyAdvanced(const std::vector<StepRecord>& records) {
    if (!m_copy) {
        return;
    }
    m_copy->stepApplied(static_cast<std::size_t>(records[m_copy->source()].nextPiece));
    m_elementsCopied = m_hasState ? 0 : m_copy->copied();
    if (m_copy->isComplete()) {
        m_caughtUp = !m_hasState.exchange(true);
        m_elementsCopied = 0;
        m_copy.reset();
    }
}

/// Before the end: everybody ends with the state.
template <typename Real>
Result<void> TorchTrainer<Real>::finishCopy() {
    if (m_copy) {
        LONGSHIP_TRY(transfer().finish(*m_copy, m_parts.options.transferBlockBytes));
        m_caughtUp = !m_hasState.exchange(true);
        m_elementsCopied = 0;
        m_copy.reset();
    }
    return {};
}

template <typename Real>
std::vector<std::uint32_t> TorchTrainer<Real>::sharesNow() const {
    return m_copy ? m_copy->sharesOf(m_seat.shares) : m_seat.shares;
}

template <typename Real>
bool TorchTrainer<Real>::hashIsDue(Step stepsApplied) const {
    const std::uint64_t every = m_parts.options.hashEverySteps;
    return m_course.endsEpoch(stepsApplied) || (every > 0 && stepsApplied % every == 0);
}

template <typename Real>
Result<void> TorchTrainer<Real>::gatherEmptyRecord(RecordKind kind) {
    const Step step = m_course.stepsApplied();
    PendingOperations operations(m_collectives);
    operations.startGather(encode(recordHere(kind)));
    LONGSHIP_ASSIGN(const auto gathered, operations.gathered());
    LONGSHIP_ASSIGN(const std::vector<StepRecord> records, agreeOnRecords(gathered, kind, step));
    m_journal.makeFinal(records);
    const bool stop =
        std::any_of(records.begin(), records.end(), [](const StepRecord& record) { return record.stop; });
    if (kind == RecordKind::Evaluation) {
        m_course.evaluationOpened(stop);
        m_evaluation.emplace(m_prepared.testSamples, sharesNow(), m_rank, step, m_course.epochDone());
    } else {
        m_course.closed();
    }
    ++m_batchesDone;
    return {};
}

template <typename Real>
Result<void> TorchTrainer<Real>::evaluateNextRange() {
    const std::vector<std::uint64_t> samples = m_evaluation->nextSamples();
    if (samples.empty()) {
        return finishEvaluation();
    }
    const torch::NoGradGuard noGrad;
    m_parts.network->eval();
    SampleSums sums;
    m_runner.run(*m_parts.data.test, samples, fixedPointLimit(m_evaluation->ranges()), sums);
    m_evaluation->add({.loss = sums.loss,
                       .correct = sums.correct,
                       .samples = sums.digest.count,
                       .lossGood = sums.lossGood});
    ++m_batchesDone;
    return {};
}

template <typename Real>
Result<void> TorchTrainer<Real>::finishEvaluation() {
    LONGSHIP_FAILPOINT(EvaluationUncombined);
    PendingOperations operations(m_collectives);
    operations.startGather(m_evaluation->encode(m_stopRequested));
    LONGSHIP_ASSIGN(const auto gathered, operations.gathered());
    LONGSHIP_ASSIGN(const Evaluation::Outcome outcome, m_evaluation->combine(gathered));
    m_journal.evaluated(outcome.finished);
    m_evaluation.reset();
    m_course.evaluationDone(outcome.stop);
    ++m_batchesDone;
    return {};
}

template <typename Real>
Sha256 TorchTrainer<Real>::digestOfParameters() const {
    Sha256 digest;
    m_computer.parameters().addParametersTo(digest);
    for (const NamedTensor& buffer : tensorsOf(m_parts.network->named_buffers()).tensors) {
        digest.update(std::as_bytes(std::span(buffer.name)));
        digest.update(buffer.bytes);
    }
    return digest;
}

template <typename Real>
std::string TorchTrainer<Real>::parameterHash() const {
    return digestOfParameters().hex();
}

/// With the optimizer's state, where it is here.
template <typename Real>
std::string TorchTrainer<Real>::stateHash() const {
    Sha256 digest = digestOfParameters();
    m_computer.parameters().addStateTo(digest);
    return digest.hex();
}

template <typename Real>
Result<void> TorchTrainer<Real>::writeCheckpoint(std::string& image) {
    if (!m_hasState) {
        return failure(ErrorKind::Unavailable, "The state is still being copied to this member.");
    }
    return guarded("write a checkpoint", [&]() -> Result<void> {
        std::vector<std::span<Real>> served;
        if (m_computer.served() != nullptr) {
            LONGSHIP_ASSIGN(served, m_computer.served()->state(m_collectives, m_course.stepsApplied()));
        }
        encodeCheckpoint({.model = m_parts.job.model.name,
                          .dataset = m_parts.data.name,
                          .planHash = m_planHash,
                          .seed = m_parts.job.seed,
                          .steps = m_course.stepsApplied(),
                          .samples = m_samplesApplied},
                         m_computer.parameters().validTensors(served), *m_parts.network, image);
        return {};
    });
}

template <typename Real>
Result<void> TorchTrainer<Real>::readCheckpoint(std::span<const std::byte> image) {
    LONGSHIP_CHECK(!m_entered, "a checkpoint is read before the first membership");
    return guarded("read a checkpoint", [&]() -> Result<void> {
        LONGSHIP_ASSIGN(const Checkpoint checkpoint, decodeCheckpoint(image, m_planHash));
        std::vector<std::span<Real>> served;
        if (m_computer.served() != nullptr) {
            served = m_computer.served()->makeRoom();
        }
        LONGSHIP_TRY(m_computer.parameters().stageTensors(checkpoint.parts, served));
        LONGSHIP_TRY(setBuffers(checkpoint.parts, *m_parts.network));
        m_computer.parameters().commit();
        m_course.enter(checkpoint.steps, false);
        m_samplesApplied = checkpoint.samples;
        return {};
    });
}

template <typename Real>
Result<ModelSaved> TorchTrainer<Real>::saveModel(const std::filesystem::path& path) const {
    return guarded("save the model", [&] {
        return writeModelFile(path, *m_parts.network,
                              {.model = m_parts.job.model.name,
                               .dataset = m_parts.data.name,
                               .preprocessing = m_parts.data.preprocessing,
                               .shape = m_parts.data.training->shape(),
                               .steps = m_course.stepsApplied()});
    });
}

template class TorchTrainer<float>;
template class TorchTrainer<double>;

}  // namespace longship
