#include "core/training/torch_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/training/byte_stream.h"
#include "core/training/fixed_point.h"
#include "core/training/model_file.h"
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
                  .optimizer = m_parts.job.optimizer,
                  .reproducible = isReproducible(m_parts.job)}),
      m_runner(m_parts.network, m_parts.device, torch::CppTypeToScalarType<Real>::value) {
    m_prepared.trainingSamples = m_parts.data.training->samples();
    m_prepared.testSamples = m_parts.data.test->samples();
    m_prepared.parameters = m_computer.parameters().parameters();
    m_prepared.stepsTotal = m_course.stepsTotal();
    m_prepared.microBatch = resolvedMicroBatch(m_parts.job);
    m_prepared.device = nameOf(m_parts.device);
    m_prepared.blas = blasName();
    m_prepared.classNames = m_parts.data.training->shape().classNames;
}

template <typename Real>
Result<void> TorchTrainer<Real>::enter(const TrainingSeat& seat, CollectiveThread* collectives) {
    useThreads(m_parts.job, m_parts.options);
    m_entered = false;
    const std::size_t size = collectives == nullptr ? 1 : collectives->size();
    if (seat.shares.size() != size ||
        std::all_of(seat.shares.begin(), seat.shares.end(), [](std::uint32_t share) { return share == 0; })) {
        return failure(
            ErrorKind::Refused,
            fmt::format("Membership {} gives {} shares, expected one for each of its {} members and one "
                        "above zero.",
                        seat.membership, seat.shares.size(), size));
    }
    if (seat.baseStep != m_course.stepsApplied()) {
        return failure(ErrorKind::Refused,
                       fmt::format("Membership {} begins at step {}, but this member has applied {} steps.",
                                   seat.membership, seat.baseStep, m_course.stepsApplied()));
    }
    m_collectives = collectives;
    m_rank = collectives == nullptr ? 0 : collectives->rank();
    m_seat = seat;
    m_evaluation.reset();
    m_evaluated.reset();
    m_course.enter();
    LONGSHIP_TRY(agreeOnStart(seat));
    m_entered = true;
    return {};
}

/// All members must hold the same plan and state. The gathering also carries how long the last step took, so
/// that the row which this membership's base makes final is the same everywhere.
template <typename Real>
Result<void> TorchTrainer<Real>::agreeOnStart(const TrainingSeat& seat) {
    const std::string hash = parameterHash();
    ByteWriter writer;
    writer.write(planHash()).write(hash).write(seat.baseStep);
    writer.write(m_applied ? m_applied->timing.totalMs : 0.0);
    PendingOperations operations(m_collectives);
    operations.startGather(writer.take());
    LONGSHIP_ASSIGN(const auto gathered, operations.gathered());

    constexpr std::size_t kHashSize = 64;
    std::vector<std::string> plans;
    std::vector<std::string> states;
    double slowest = 0;
    for (std::size_t rank = 0; rank < gathered.size(); ++rank) {
        ByteReader reader(gathered[rank]);
        Step base = 0;
        double duration = 0;
        reader.read(plans.emplace_back(), kHashSize);
        reader.read(states.emplace_back(), kHashSize);
        reader.read(base);
        reader.read(duration);
        if (!reader.complete() || base != seat.baseStep) {
            return failure(ErrorKind::Corrupt,
                           fmt::format("Rank {} enters membership {} at another step than {}.", rank,
                                       seat.membership, seat.baseStep));
        }
        slowest = std::max(slowest, duration);
    }
    if (const std::string ranks = namesOfDissenters(plans); !ranks.empty()) {
        return failure(
            ErrorKind::Corrupt,
            fmt::format("The plan of {} differs from that of the other members. Job, data, model and "
                        "version must be the same on all nodes.",
                        ranks));
    }
    if (const std::string ranks = namesOfDissenters(states); !ranks.empty()) {
        return failure(ErrorKind::Corrupt,
                       fmt::format("The parameters of {} differ from those of the other members "
                                   "at step {}.",
                                   ranks, seat.baseStep));
    }
    if (m_applied) {
        StepRow row = std::move(m_applied->row);
        row.durationMs = slowest;
        row.parameterHash = hashIsDue(row.key.step + 1) ? hash : "";
        m_finalByMembership.push_back(std::move(row));
        m_applied.reset();
    }
    return {};
}

template <typename Real>
std::string TorchTrainer<Real>::planHash() const {
    const JobSpec& job = m_parts.job;
    const auto number = [](auto value) { return fmt::format("{} ", value); };
    std::string plan = "plan 1 " + number(sizeof(Real)) + job.model.name + " ";
    for (const auto& entry : m_parts.network->named_parameters()) {
        plan += fmt::format("{} {} ", entry.key(), fmt::join(entry.value().sizes(), "x"));
    }
    plan += number(m_prepared.trainingSamples) + number(m_prepared.testSamples) + number(job.globalBatch);
    plan += number(m_prepared.microBatch) + number(job.seed) + number(job.epochs);
    plan += number(static_cast<int>(job.numerics)) + number(static_cast<int>(job.optimizer.kind));
    plan += number(job.optimizer.learningRate) + number(job.optimizer.momentum);
    plan += number(job.optimizer.weightDecay) + number(job.optimizer.beta1) + number(job.optimizer.beta2);
    plan += number(job.optimizer.epsilon) + number(m_parts.options.hashEverySteps);
    for (const BucketPlan::Bucket& bucket : m_computer.parameters().plan().buckets) {
        plan += number(bucket.range.begin) + number(bucket.range.end);
    }
    return sha256Hex(std::as_bytes(std::span(plan)));
}

template <typename Real>
Result<TrainingProgress> TorchTrainer<Real>::advance() {
    LONGSHIP_CHECK(m_entered, "advance() follows a successful enter()");
    Result<TrainingProgress> progress = guarded("train", [this] { return advancePhase(); });
    if (!progress) {
        m_entered = false;  // The membership is broken: only a new one goes on.
        return progress;
    }
    progress->finalRows.insert(progress->finalRows.begin(), m_finalByMembership.begin(),
                               m_finalByMembership.end());
    m_finalByMembership.clear();
    return finishProgress(std::move(*progress));
}

template <typename Real>
Result<TrainingProgress> TorchTrainer<Real>::advancePhase() {
    switch (m_course.phase()) {
        case RunCourse::Phase::Train: return runStep();
        case RunCourse::Phase::OpenEvaluation: return gatherEmptyRecord(RecordKind::Evaluation);
        case RunCourse::Phase::Evaluate: return evaluateNextRange();
        case RunCourse::Phase::Close: return gatherEmptyRecord(RecordKind::Closing);
        case RunCourse::Phase::Finished: break;
    }
    return TrainingProgress{};
}

template <typename Real>
TrainingProgress TorchTrainer<Real>::finishProgress(TrainingProgress progress) const {
    const RunCourse::Phase phase = m_course.phase();
    const bool evaluating = phase == RunCourse::Phase::OpenEvaluation || phase == RunCourse::Phase::Evaluate;
    progress.phase = evaluating ? RunState::Evaluating : RunState::Training;
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
    if (m_applied) {
        record.previousTiming = m_applied->timing;
        record.previousHash = m_applied->hash;
    }
    return record;
}

template <typename Real>
Result<TrainingProgress> TorchTrainer<Real>::runStep() {
    const TimePoint begun = BootClock::now();
    const Step step = m_course.stepsApplied();
    const std::vector<std::uint64_t> samples = m_samplePlan.samplesOf(step);
    const bool mayFuse = !isReproducible(m_parts.job) && m_parts.network->batchNorms().empty();
    const StepShare share = shareOf(samples.size(), m_prepared.microBatch, m_seat.shares, m_rank,
                                    mayFuse ? Fusing::Allowed : Fusing::Forbidden);

    PendingOperations operations(m_collectives);
    const auto startRecord = [&](const SampleSums& sums) {
        StepRecord record = recordHere(RecordKind::Update);
        record.digest = sums.digest;
        record.lossSum = sums.loss;
        record.lossGood = sums.lossGood;
        record.correct = sums.correct;
        operations.startGather(encode(record));
    };
    LONGSHIP_TRY(m_computer.compute(samples, share, operations, startRecord));
    m_batchesDone += std::max<std::size_t>(share.passes.size(), 1);
    const TimePoint computed = BootClock::now();

    LONGSHIP_ASSIGN(const auto gathered, operations.gathered());
    LONGSHIP_ASSIGN(const std::vector<StepRecord> records,
                    agreeOnRecords(gathered, RecordKind::Update, step));
    LONGSHIP_TRY(m_computer.finish(step, operations));
    const TimePoint reduced = BootClock::now();
    TrainingProgress progress;
    publish(records, progress);
    LONGSHIP_TRY(applyStep(records, {.computeMs = millisecondsBetween(begun, computed),
                                     .waitMs = millisecondsBetween(computed, reduced),
                                     .totalMs = millisecondsBetween(begun, reduced)}));
    return progress;
}

template <typename Real>
Result<void> TorchTrainer<Real>::applyStep(const std::vector<StepRecord>& records, StepTiming timing) {
    AppliedStep applied;
    applied.timing = timing;
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
    m_computer.commit();
    m_course.stepApplied(stop);
    if (hashIsDue(m_course.stepsApplied())) {
        applied.hash = parameterHash();
    }
    m_applied = std::move(applied);
    return {};
}

template <typename Real>
bool TorchTrainer<Real>::hashIsDue(Step stepsApplied) const {
    const std::uint64_t every = m_parts.options.hashEverySteps;
    return m_course.endsEpoch(stepsApplied) || (every > 0 && stepsApplied % every == 0);
}

template <typename Real>
void TorchTrainer<Real>::publish(const std::vector<StepRecord>& records, TrainingProgress& progress) {
    if (m_applied) {
        StepRow row = std::move(m_applied->row);
        m_applied.reset();
        for (std::size_t rank = 0; rank < records.size(); ++rank) {
            const StepTiming& timing = records[rank].previousTiming;
            row.members.push_back({.rank = static_cast<Rank>(rank),
                                   .computeMs = timing.computeMs,
                                   .waitMs = timing.waitMs,
                                   .totalMs = timing.totalMs});
            row.durationMs = std::max(row.durationMs, timing.totalMs);
        }
        row.parameterHash = records.front().previousHash;
        progress.finalRows.push_back(std::move(row));
    }
    if (m_evaluated) {
        progress.evaluation = std::exchange(m_evaluated, std::nullopt);
    }
}

template <typename Real>
Result<TrainingProgress> TorchTrainer<Real>::gatherEmptyRecord(RecordKind kind) {
    const Step step = m_course.stepsApplied();
    PendingOperations operations(m_collectives);
    operations.startGather(encode(recordHere(kind)));
    LONGSHIP_ASSIGN(const auto gathered, operations.gathered());
    LONGSHIP_ASSIGN(const std::vector<StepRecord> records, agreeOnRecords(gathered, kind, step));
    TrainingProgress progress;
    publish(records, progress);
    const bool stop =
        std::any_of(records.begin(), records.end(), [](const StepRecord& record) { return record.stop; });
    if (kind == RecordKind::Evaluation) {
        m_course.evaluationOpened(stop);
        m_evaluation.emplace(m_prepared.testSamples, m_seat.shares, m_rank, step, m_course.epochDone());
    } else {
        m_course.closed();
    }
    ++m_batchesDone;
    return progress;
}

template <typename Real>
Result<TrainingProgress> TorchTrainer<Real>::evaluateNextRange() {
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
    return TrainingProgress{};
}

template <typename Real>
Result<TrainingProgress> TorchTrainer<Real>::finishEvaluation() {
    PendingOperations operations(m_collectives);
    operations.startGather(m_evaluation->encode(m_stopRequested));
    LONGSHIP_ASSIGN(const auto gathered, operations.gathered());
    LONGSHIP_ASSIGN(const Evaluation::Outcome outcome, m_evaluation->combine(gathered));
    m_evaluated = outcome.finished;
    m_evaluation.reset();
    m_course.evaluationDone(outcome.stop);
    ++m_batchesDone;
    return TrainingProgress{};
}

template <typename Real>
std::string TorchTrainer<Real>::parameterHash() const {
    Sha256 digest;
    m_computer.parameters().addTo(digest);
    for (const NamedTensor& buffer : tensorsOf(m_parts.network->named_buffers()).tensors) {
        digest.update(std::as_bytes(std::span(buffer.name)));
        digest.update(buffer.bytes);
    }
    return digest.hex();
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
