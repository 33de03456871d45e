#include "agent/worker/training_work.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/files.h"
#include "core/collective/collective_thread.h"
#include "core/domain/checkpoint.h"
#include "core/domain/task_kind.h"

namespace longship {
namespace {

/// The workers of the membership, which are its lowest ranks.
Result<TrainingSeat> trainingSeatOf(const EnterMembership& seat) {
    TrainingSeat training{seat.assignment.number, seat.assignment.baseStep, {}, {}};
    const auto workers = static_cast<std::size_t>(
        std::ranges::count_if(seat.assignment.seats, [](const Seat& s) { return !isServer(s.member.task); }));
    training.shares.resize(workers);
    training.hasState.resize(workers);
    for (const Seat& other : seat.assignment.seats) {
        const bool isWorker = !isServer(other.member.task);
        if (isWorker != (other.member.rank < workers)) {
            return failure(ErrorKind::Internal, "The workers of the membership have no ranks from 0 on.");
        }
        if (isWorker) {
            training.shares[other.member.rank] = other.member.share;
            training.hasState[other.member.rank] = other.hasState;
        }
    }
    return training;
}

/// Whether this task is one of those that write the membership's checkpoints.
bool isWriter(const EnterMembership& seat, const TaskId& task, std::uint32_t replicas) {
    std::vector<Member> members;
    for (const Seat& other : seat.assignment.seats) {
        members.push_back(other.member);
    }
    const std::vector<TaskId> writers = checkpointWriters(members, replicas);
    return std::find(writers.begin(), writers.end(), task) != writers.end();
}

std::shared_ptr<CollectiveThread> startCollectives(const MemberWork::Place& place, std::uint32_t workers) {
    return std::make_shared<CollectiveThread>([connect = place.connect, patience = place.idlePatience,
                                               workers]() -> Result<std::unique_ptr<Communicator>> {
        LONGSHIP_ASSIGN(auto mesh, connect());
        return std::make_unique<Communicator>(std::move(mesh),
                                              Communicator::Options{.timeout = patience, .members = workers});
    });
}

/// What was brought to this node for the run. Where nothing is ever brought the data has its usual place.
Result<void> findData(const DatasetSpec& dataset, const WorkerConfig& config, Trainer::Options& options) {
    if (dataset.content.empty() || config.dataFolder.empty()) {
        return {};
    }
    const std::filesystem::path folder = config.dataFolder / dataset.content;
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored)) {
        return failure(
            ErrorKind::NotFound,
            fmt::format("The data of this run is not on {}: expected it in {}. \"longship run\" and "
                        "\"longship cluster deploy\" bring it there.",
                        config.node.value, folder.string()));
    }
    options.datasetFolder = folder;
    if (!dataset.csv.empty()) {
        options.table = folder / "table.csv";
    }
    return {};
}

CheckpointWritten writtenOf(CheckpointOutcome outcome) {
    CheckpointWritten written;
    written.number = outcome.membership;
    written.step = outcome.step;
    written.samples = outcome.samples;
    written.bytes = outcome.bytes;
    written.sha256 = std::move(outcome.sha256);
    written.error = std::move(outcome.error);
    return written;
}

}  // namespace

TrainingWork::TrainingWork() = default;
TrainingWork::~TrainingWork() = default;

Result<MemberWork::Prepared> TrainingWork::prepare(Tools tools) {
    m_tools.emplace(std::move(tools));
    const JobSpec& job = m_tools->job;
    Trainer::Options options;
    options.threads = static_cast<int>(m_tools->config.threads);
    LONGSHIP_TRY(findData(job.dataset, m_tools->config, options));
    LONGSHIP_ASSIGN(std::unique_ptr<Trainer> trainer, Trainer::create(job, options));
    Prepared prepared{trainer->prepared(), 0, {}};
    spdlog::info("Ready: {} training samples, {} parameters, computing with {} ({}).",
                 prepared.prepared.trainingSamples, prepared.prepared.parameters, prepared.prepared.device,
                 prepared.prepared.blas);
    {
        const std::lock_guard lock(m_mutex);
        m_trainer = std::move(trainer);
        if (m_stopRequested) {
            m_trainer->requestStop();
        }
    }
    const Step samples = prepared.prepared.trainingSamples;
    m_checkpointInterval = checkpointInterval(
        job.checkpoint, std::max<Step>((samples + job.globalBatch - 1) / job.globalBatch, 1));
    readCheckpoint(prepared);
    return prepared;
}

/// Begins with the newest checkpoint of which there is a good copy here.
void TrainingWork::readCheckpoint(Prepared& prepared) {
    for (const CheckpointRef& wanted : m_tools->config.checkpoints) {
        const auto image = readCheckpointFile(m_tools->config.folder, wanted.step, wanted.sha256);
        const auto read = image ? m_trainer->readCheckpoint(std::as_bytes(std::span(*image)))
                                : Result<void>(failure(image.error()));
        if (read) {
            spdlog::info("Holds the checkpoint of step {}.", wanted.step);
            prepared.checkpointStep = wanted.step;
            return;
        }
        if (read.error().kind != ErrorKind::NotFound) {
            spdlog::error("{}", read.error().text);
            prepared.checkpointProblem += (prepared.checkpointProblem.empty() ? "" : " ") + read.error().text;
        }
    }
}

Result<void> TrainingWork::enter(const Place& place) {
    LONGSHIP_ASSIGN(const TrainingSeat seat, trainingSeatOf(place.seat));
    if (place.members > 1) {
        auto collectives = startCollectives(place, static_cast<std::uint32_t>(seat.shares.size()));
        {
            const std::lock_guard lock(m_mutex);
            m_collectives = collectives;
        }
        LONGSHIP_TRY(collectives->started());
        LONGSHIP_FAILPOINT(MeshMade);
    }
    return m_trainer->enter(seat, m_collectives.get());
}

void TrainingWork::leave() {
    std::shared_ptr<CollectiveThread> left;
    {
        const std::lock_guard lock(m_mutex);
        left = std::move(m_collectives);
    }
    // Ends here, outside the lock: its thread is waited for.
}

Result<void> TrainingWork::follow(const Place& place) {
    const MembershipNumber number = place.seat.assignment.number;
    const bool writes = isWriter(place.seat, m_tools->config.key.task, m_tools->job.checkpoint.replicas);
    for (;;) {
        const Step before = m_trainer->stepsApplied();
        LONGSHIP_ASSIGN(TrainingProgress progress, m_trainer->advance());
        const Step applied = m_trainer->stepsApplied();
        const bool isDue = applied != before && isCheckpointStep(m_checkpointInterval, applied);
        if (writes && isDue && m_trainer->hasState()) {
            keepCheckpoint(number);
        }
        m_tools->tell(
            MemberProgress{std::move(progress.finalRows), std::move(progress.evaluation), progress.phase});
        if (progress.caughtUp) {
            spdlog::info("Caught up: has the state after {} steps.", m_trainer->stepsApplied());
            m_tools->tell(MemberCaughtUp{number});
        }
        if (progress.finished) {
            return finish(place, progress.stopped);
        }
    }
}

/// After a step that has one: copies the state, and leaves the rest to the writer.
void TrainingWork::keepCheckpoint(MembershipNumber number) {
    CheckpointOutcome failed{number, m_trainer->stepsApplied(), m_trainer->samplesApplied(), 0, {}, {}};
    const auto give = [&](Error error) {
        spdlog::warn("No checkpoint of step {}: {}", failed.step, error.text);
        failed.error = std::move(error);
        m_tools->tell(MemberCheckpoint{writtenOf(std::move(failed))});
    };
    startWriter();
    auto image = m_writer->lend();
    if (!image) {
        return give({ErrorKind::Exhausted,
                     fmt::format("The disk is slow: the checkpoint of step {} is still being written.",
                                 m_writer->busyWith())});
    }
    if (auto written = m_trainer->writeCheckpoint(*image); !written) {
        const ErrorKind kind = written.error().kind;
        const bool isOver = kind == ErrorKind::Interrupted || kind == ErrorKind::Unavailable;
        // A membership that broke while servers were asked for their part is told of by the next step.
        return isOver ? void() : give(std::move(written).error());
    }
    m_writer->write({number, failed.step, failed.samples, std::move(*image)});
}

void TrainingWork::startWriter() {
    if (m_writer) {
        return;
    }
    CheckpointWriter::Options options;
    options.folder = m_tools->config.folder;
    options.budget = m_tools->config.checkpointBudget;
    options.write = [faults = m_tools->disk](const std::filesystem::path& path, std::string_view bytes) {
        return writeFileAtomically(path, bytes, FileAccess::Shared, faults.get());
    };
    m_writer.emplace(options, [this](CheckpointOutcome outcome) {
        if (outcome.error) {
            spdlog::warn("No checkpoint of step {}: {}", outcome.step, outcome.error->text);
        }
        LONGSHIP_FAILPOINT(CheckpointUntold);
        m_tools->tell(MemberCheckpoint{writtenOf(std::move(outcome))});
    });
}

Result<void> TrainingWork::finish(const Place& place, bool stopped) {
    WorkerMachine::Finish finish;
    finish.steps = m_trainer->stepsApplied();
    finish.samples = m_trainer->samplesApplied();
    finish.parameterHash = m_trainer->parameterHash();
    finish.stopped = stopped;
    if (place.seat.rank == 0) {
        const std::filesystem::path path = m_tools->config.folder / "model.safetensors";
        LONGSHIP_TRY(m_tools->disk->check(path));
        LONGSHIP_ASSIGN(ModelSaved saved, m_trainer->saveModel(path));
        LONGSHIP_FAILPOINT(ModelUntold);
        saved.node = m_tools->config.node;
        finish.model = std::move(saved);
    }
    spdlog::info("Finished after {} steps.", finish.steps);
    m_tools->tell(MemberFinished{std::move(finish)});
    return {};
}

MemberWork::Standing TrainingWork::standing() const {
    return {m_trainer->stepsApplied(), m_trainer->hasState(), {}};
}

void TrainingWork::interrupt(MembershipNumber through) {
    const std::lock_guard lock(m_mutex);
    if (m_trainer != nullptr) {
        m_trainer->interrupt(through);
    }
    if (m_collectives != nullptr) {
        m_collectives->interrupt();
    }
}

void TrainingWork::requestStop() {
    const std::lock_guard lock(m_mutex);
    m_stopRequested = true;
    if (m_trainer != nullptr) {
        m_trainer->requestStop();
    }
}

WorkerMachine::Progress TrainingWork::progress() const {
    const std::lock_guard lock(m_mutex);
    WorkerMachine::Progress progress;
    if (m_trainer != nullptr) {
        progress.batches = m_trainer->batchesDone();
    }
    if (m_collectives != nullptr) {
        progress.bytesReceived = m_collectives->bytesReceived();
        progress.bytesSent = m_collectives->bytesSent();
    }
    return progress;
}

}  // namespace longship
