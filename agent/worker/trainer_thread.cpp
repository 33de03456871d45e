#include "agent/worker/trainer_thread.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/files.h"
#include "core/collective/collective_thread.h"
#include "core/domain/checkpoint.h"
#include "core/domain/job_yaml.h"
#include "core/training/trainer.h"
#include "core/transport/data_mesh.h"
#include "core/transport/faults/faulty_mesh.h"

namespace longship {
namespace {

struct TrainingPlace {
    DataPlan plan;
    TrainingSeat seat;
};

/// The membership as data plane and trainer need it, indexed by rank.
Result<TrainingPlace> placeOf(const EnterMembership& seat, bool encrypted) {
    const std::vector<Seat>& seats = seat.assignment.seats;
    TrainingPlace place;
    place.plan.rank = seat.rank;
    place.plan.membership = seat.assignment.number;
    place.plan.token = seat.assignment.token;
    place.plan.encrypted = encrypted;
    place.plan.peers.resize(seats.size());
    place.seat.membership = seat.assignment.number;
    place.seat.baseStep = seat.assignment.baseStep;
    place.seat.shares.resize(seats.size());
    place.seat.hasState.resize(seats.size());
    for (const Seat& other : seats) {
        if (other.member.rank >= seats.size() || !place.plan.peers[other.member.rank].endpoint.empty()) {
            return failure(ErrorKind::Internal, "The seats of the membership have no ranks from 0 on.");
        }
        place.plan.peers[other.member.rank] = {other.endpoint, other.publicKey, other.member.node.value};
        place.seat.shares[other.member.rank] = other.member.share;
        place.seat.hasState[other.member.rank] = other.hasState;
    }
    return place;
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

/// Whether the others are to blame, or nobody: this worker itself can go on.
bool isBroken(const Error& error) {
    return error.kind == ErrorKind::Interrupted || error.kind == ErrorKind::Unavailable;
}

std::shared_ptr<CollectiveThread> startCollectives(DataPort& port, const DataPlan& plan,
                                                   std::chrono::milliseconds patience) {
    return std::make_shared<CollectiveThread>([&port, plan,
                                               patience]() -> Result<std::unique_ptr<Communicator>> {
        LONGSHIP_ASSIGN(auto mesh, port.enter(plan));
        return std::make_unique<Communicator>(std::move(mesh), Communicator::Options{.timeout = patience});
    });
}

/// How long a link may be silent: two thirds of what the job tolerates, so that the leader can act within it.
/// A packet that is lost costs up to a second on a link that works.
std::chrono::milliseconds stuckAfter(const JobSpec& job) {
    return std::max(job.recovery.tolerateSilence * 2 / 3, std::chrono::milliseconds(1000));
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

}  // namespace

TrainerThread::TrainerThread(WorkerConfig config, std::function<void()> wake)
    : m_config(std::move(config)), m_wake(std::move(wake)) {}

TrainerThread::~TrainerThread() {
    m_orders.close();
    m_events.close();
    if (m_thread.joinable()) {
        m_thread.join();
    }
}

void TrainerThread::start() {
    m_thread = std::thread([this] { run(); });
}

void TrainerThread::enter(EnterMembership seat) {
    m_orders.tryPush(std::move(seat));
}

void TrainerThread::freeze(MembershipNumber number) {
    {
        const std::lock_guard lock(m_mutex);
        if (m_trainer != nullptr && number > 0) {
            m_trainer->interrupt(number - 1);
            m_port->interrupt(number - 1);
        }
        if (m_collectives != nullptr) {
            m_collectives->interrupt();
        }
    }
    m_orders.tryPush(FreezeTraining{number});
}

void TrainerThread::injectFault(const InjectFault& fault) {
    const TimePoint until = BootClock::now() + std::chrono::milliseconds(fault.healMs);
    switch (fault.fault) {
        case Fault::Partition: m_linkFaults->cut({}, until); break;
        case Fault::SlowLink: m_linkFaults->slow(until); break;
        case Fault::DiskFull: m_diskFaults->fill(until); break;
        default: return;
    }
    spdlog::warn("Drill, as the owner ordered: {} for {:.1f} s.", toString(fault.fault), fault.healMs / 1e3);
}

void TrainerThread::requestStop() {
    const std::lock_guard lock(m_mutex);
    m_stopRequested = true;
    if (m_trainer != nullptr) {
        m_trainer->requestStop();
    }
}

WorkerMachine::Progress TrainerThread::progress() const {
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

void TrainerThread::tell(TrainerEvent event) {
    m_events.push(std::move(event));
    m_wake();
}

void TrainerThread::run() {
    if (auto trained = train(); !trained) {
        tell(TrainerFailed{std::move(trained).error()});
    }
}

Result<void> TrainerThread::train() {
    LONGSHIP_TRY(prepare());
    while (const auto order = m_orders.pop()) {
        if (const auto* seat = std::get_if<EnterMembership>(&*order)) {
            LONGSHIP_TRY(serve(*seat));
        } else {
            leaveMesh();
            spdlog::info("At rest after {} steps.", m_trainer->stepsApplied());
            LONGSHIP_FAILPOINT(FrozenUntold);
            // A part of the state is none: whoever holds it stands nowhere.
            const bool has = m_trainer->hasState();
            tell(TrainerFrozen{has ? m_trainer->stepsApplied() : 0, has ? m_entered : 0});
        }
    }
    return {};
}

Result<void> TrainerThread::prepare() {
    const auto job = parseJob(m_config.jobYaml);
    if (!job) {
        return failure(ErrorKind::BadInput, describe(job.error(), "job.yaml"));
    }
    Trainer::Options options;
    options.threads = static_cast<int>(m_config.threads);
    LONGSHIP_TRY(findData(job->dataset, m_config, options));
    LONGSHIP_ASSIGN(std::unique_ptr<Trainer> trainer, Trainer::create(*job, options));
    m_encrypted = job->dataPlane == DataPlane::Encrypted;
    m_stuckAfter = stuckAfter(*job);
    const KeyPair keys = KeyPair::generate();
    // Bound before anybody is told of it: a peer that connects earlier would never get through.
    LONGSHIP_ASSIGN(std::unique_ptr<DataPort> port, DataPort::bind(m_config.dataEndpoint, keys, m_encrypted));
    TrainerReady ready{port->endpoint(), keys.publicKey, trainer->prepared(), 0, {}};
    spdlog::info("Ready: {} training samples, {} parameters, computing with {} ({}).",
                 ready.prepared.trainingSamples, ready.prepared.parameters, ready.prepared.device,
                 ready.prepared.blas);
    {
        const std::lock_guard lock(m_mutex);
        m_trainer = std::move(trainer);
        m_port = std::make_unique<FaultyDataPort>(std::move(port), m_linkFaults);
        if (m_stopRequested) {
            m_trainer->requestStop();
        }
    }
    m_checkpoints = job->checkpoint;
    const Step samples = m_trainer->prepared().trainingSamples;
    m_checkpointInterval = checkpointInterval(
        m_checkpoints, std::max<Step>((samples + job->globalBatch - 1) / job->globalBatch, 1));
    readCheckpoint(ready);
    LONGSHIP_FAILPOINT(ReadyUntold);
    tell(std::move(ready));
    return {};
}

/// Begins with the newest checkpoint of which there is a good copy here.
void TrainerThread::readCheckpoint(TrainerReady& ready) {
    for (const CheckpointRef& wanted : m_config.checkpoints) {
        const auto image = readCheckpointFile(m_config.folder, wanted.step, wanted.sha256);
        const auto read = image ? m_trainer->readCheckpoint(std::as_bytes(std::span(*image)))
                                : Result<void>(failure(image.error()));
        if (read) {
            spdlog::info("Holds the checkpoint of step {}.", wanted.step);
            ready.checkpointStep = wanted.step;
            return;
        }
        if (read.error().kind != ErrorKind::NotFound) {
            spdlog::error("{}", read.error().text);
            ready.checkpointProblem += (ready.checkpointProblem.empty() ? "" : " ") + read.error().text;
        }
    }
}

/// After a step that has one: copies the state, and leaves the rest to the writer.
void TrainerThread::keepCheckpoint(MembershipNumber number) {
    CheckpointOutcome failed{number, m_trainer->stepsApplied(), m_trainer->samplesApplied(), 0, {}, {}};
    const auto give = [&](Error error) {
        spdlog::warn("No checkpoint of step {}: {}", failed.step, error.text);
        failed.error = std::move(error);
        tell(TrainerCheckpoint{std::move(failed)});
    };
    startWriter();
    auto image = m_writer->lend();
    if (!image) {
        return give({ErrorKind::Exhausted,
                     fmt::format("The disk is slow: the checkpoint of step {} is still being written.",
                                 m_writer->busyWith())});
    }
    if (auto written = m_trainer->writeCheckpoint(*image); !written) {
        return give(std::move(written).error());
    }
    m_writer->write({number, failed.step, failed.samples, std::move(*image)});
}

void TrainerThread::startWriter() {
    if (m_writer) {
        return;
    }
    CheckpointWriter::Options options;
    options.folder = m_config.folder;
    options.budget = m_config.checkpointBudget;
    options.write = [faults = m_diskFaults](const std::filesystem::path& path, std::string_view bytes) {
        return writeFileAtomically(path, bytes, FileAccess::Shared, faults.get());
    };
    m_writer.emplace(options, [this](CheckpointOutcome outcome) {
        if (outcome.error) {
            spdlog::warn("No checkpoint of step {}: {}", outcome.step, outcome.error->text);
        }
        LONGSHIP_FAILPOINT(CheckpointUntold);
        tell(TrainerCheckpoint{std::move(outcome)});
    });
}

/// One membership, until the run has ended or the membership broke. Fails only when this worker itself did.
Result<void> TrainerThread::serve(const EnterMembership& seat) {
    auto served = takeSeat(seat);
    if (served) {
        served = follow(seat);
    }
    if (served) {
        // The links stay until the next order: leaving now would cut off what others still wait for.
        return {};
    }
    if (!isBroken(served.error())) {
        return served;
    }
    leaveMesh();
    spdlog::warn("Membership {} broke after {} steps: {}", seat.assignment.number, m_trainer->stepsApplied(),
                 served.error().text);
    std::vector<BrokenLink> links = brokenLinks(seat);
    if (served.error().kind == ErrorKind::Unavailable && links.empty()) {
        m_idlePatience = std::min(2 * m_idlePatience, kIdlePatienceMax);
    }
    tell(TrainerBroken{seat.assignment.number, m_trainer->stepsApplied(), std::move(served).error(),
                       std::move(links)});
    return {};
}

std::vector<BrokenLink> TrainerThread::brokenLinks(const EnterMembership& seat) const {
    std::vector<BrokenLink> links;
    for (const LinkTrouble& trouble : m_report->troubles()) {
        for (const Seat& other : seat.assignment.seats) {
            if (other.member.rank == trouble.peer) {
                links.push_back({other.member.task, trouble.isSilent, trouble.bytesStuck});
            }
        }
    }
    return links;
}

Result<void> TrainerThread::takeSeat(const EnterMembership& seat) {
    LONGSHIP_ASSIGN(TrainingPlace place, placeOf(seat, m_encrypted));
    m_report = std::make_shared<LinkReport>();
    place.plan.report = m_report;
    place.plan.stuckAfter = m_stuckAfter;
    leaveMesh();
    LONGSHIP_FAILPOINT(SeatTaken);
    if (place.plan.peers.size() > 1) {
        auto collectives = startCollectives(*m_port, place.plan, m_idlePatience);
        {
            const std::lock_guard lock(m_mutex);
            m_collectives = collectives;
        }
        LONGSHIP_TRY(collectives->started());
        LONGSHIP_FAILPOINT(MeshMade);
    }
    LONGSHIP_TRY(m_trainer->enter(place.seat, m_collectives.get()));
    m_entered = place.seat.membership;
    spdlog::info("Entered membership {} as rank {} of {}, from step {}{}.", place.seat.membership, seat.rank,
                 place.plan.peers.size(), place.seat.baseStep,
                 m_trainer->hasState() ? "" : "; the state follows while the others train");
    LONGSHIP_FAILPOINT(EnteredUntold);
    tell(TrainerEntered{place.seat.membership, !m_trainer->hasState()});
    return {};
}

void TrainerThread::leaveMesh() {
    std::shared_ptr<CollectiveThread> left;
    {
        const std::lock_guard lock(m_mutex);
        left = std::move(m_collectives);
    }
    // Ends here, outside the lock: its thread is waited for.
}

/// Trains until all members are done.
Result<void> TrainerThread::follow(const EnterMembership& seat) {
    const bool writes = isWriter(seat, m_config.key.task, m_checkpoints.replicas);
    for (;;) {
        const Step before = m_trainer->stepsApplied();
        LONGSHIP_ASSIGN(TrainingProgress progress, m_trainer->advance());
        m_idlePatience = kIdlePatienceMin;
        const Step applied = m_trainer->stepsApplied();
        const bool isDue = applied != before && isCheckpointStep(m_checkpointInterval, applied);
        if (writes && isDue && m_trainer->hasState()) {
            keepCheckpoint(seat.assignment.number);
        }
        tell(TrainerProgress{std::move(progress.finalRows), std::move(progress.evaluation), progress.phase});
        if (progress.caughtUp) {
            spdlog::info("Caught up: has the state after {} steps.", m_trainer->stepsApplied());
            tell(TrainerCaughtUp{seat.assignment.number});
        }
        if (progress.finished) {
            LONGSHIP_ASSIGN(auto finish, makeFinish(seat.rank, progress.stopped));
            spdlog::info("Finished after {} steps.", finish.steps);
            tell(TrainerFinished{std::move(finish)});
            return {};
        }
    }
}

Result<WorkerMachine::Finish> TrainerThread::makeFinish(Rank rank, bool stopped) {
    WorkerMachine::Finish finish;
    finish.steps = m_trainer->stepsApplied();
    finish.samples = m_trainer->samplesApplied();
    finish.parameterHash = m_trainer->parameterHash();
    finish.stopped = stopped;
    if (rank == 0) {
        const std::filesystem::path path = m_config.folder / "model.safetensors";
        LONGSHIP_TRY(m_diskFaults->check(path));
        LONGSHIP_ASSIGN(ModelSaved saved, m_trainer->saveModel(path));
        LONGSHIP_FAILPOINT(ModelUntold);
        saved.node = m_config.node;
        finish.model = std::move(saved);
    }
    return finish;
}

}  // namespace longship
