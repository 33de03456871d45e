#include "agent/member/member_thread.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/domain/job_yaml.h"
#include "core/transport/faults/faulty_mesh.h"

namespace longship {
namespace {

/// The links of the membership, indexed by rank.
Result<DataPlan> planOf(const EnterMembership& seat, bool encrypted) {
    const std::vector<Seat>& seats = seat.assignment.seats;
    DataPlan plan;
    plan.rank = seat.rank;
    plan.membership = seat.assignment.number;
    plan.token = seat.assignment.token;
    plan.encrypted = encrypted;
    plan.peers.resize(seats.size());
    for (const Seat& other : seats) {
        if (other.member.rank >= seats.size() || !plan.peers[other.member.rank].endpoint.empty()) {
            return failure(ErrorKind::Internal, "The seats of the membership have no ranks from 0 on.");
        }
        plan.peers[other.member.rank] = {other.endpoint, other.publicKey, other.member.node.value};
    }
    return plan;
}

/// Whether the others are to blame, or nobody: this member itself can go on.
bool isBroken(const Error& error) {
    return error.kind == ErrorKind::Interrupted || error.kind == ErrorKind::Unavailable;
}

/// How long a link may be silent: two thirds of what the job tolerates, so that the leader can act within it.
/// A packet that is lost costs up to a second on a link that works.
std::chrono::milliseconds stuckAfter(const JobSpec& job) {
    return std::max(job.recovery.tolerateSilence * 2 / 3, std::chrono::milliseconds(1000));
}

}  // namespace

MemberThread::MemberThread(WorkerConfig config, std::unique_ptr<MemberWork> work, std::function<void()> wake)
    : m_config(std::move(config)), m_wake(std::move(wake)), m_work(std::move(work)) {}

MemberThread::~MemberThread() {
    m_orders.close();
    m_events.close();
    if (m_thread.joinable()) {
        m_thread.join();
    }
}

void MemberThread::start() {
    m_thread = std::thread([this] { run(); });
}

void MemberThread::enter(EnterMembership seat) {
    m_orders.tryPush(std::move(seat));
}

void MemberThread::freeze(MembershipNumber number) {
    if (number > 0) {
        m_work->interrupt(number - 1);
        const std::lock_guard lock(m_mutex);
        if (m_port != nullptr) {
            m_port->interrupt(number - 1);
        }
    }
    m_orders.tryPush(FreezeTraining{number});
}

void MemberThread::injectFault(const InjectFault& fault) {
    const TimePoint until = BootClock::now() + std::chrono::milliseconds(fault.healMs);
    switch (fault.fault) {
        case Fault::Partition: m_linkFaults->cut({}, until); break;
        case Fault::SlowLink: m_linkFaults->slow(until); break;
        case Fault::DiskFull: m_diskFaults->fill(until); break;
        default: return;
    }
    spdlog::warn("Drill, as the owner ordered: {} for {:.1f} s.", toString(fault.fault), fault.healMs / 1e3);
}

void MemberThread::tell(MemberEvent event) {
    m_events.push(std::move(event));
    m_wake();
}

void MemberThread::run() {
    if (auto worked = work(); !worked) {
        tell(MemberFailed{std::move(worked).error()});
    }
}

Result<void> MemberThread::work() {
    LONGSHIP_TRY(prepare());
    while (const auto order = m_orders.pop()) {
        if (const auto* seat = std::get_if<EnterMembership>(&*order)) {
            LONGSHIP_TRY(serve(*seat));
        } else {
            rest();
        }
    }
    return {};
}

Result<void> MemberThread::prepare() {
    auto job = parseJob(m_config.jobYaml);
    if (!job) {
        return failure(ErrorKind::BadInput, describe(job.error(), "job.yaml"));
    }
    m_job = std::move(*job);
    m_stuckAfter = stuckAfter(m_job);
    LONGSHIP_ASSIGN(MemberWork::Prepared prepared,
                    m_work->prepare({m_config, m_job, m_diskFaults,
                                     [this](MemberEvent event) { tell(std::move(event)); }}));
    MemberReady ready{
        {}, {}, std::move(prepared.prepared), prepared.checkpointStep, std::move(prepared.checkpointProblem)};
    LONGSHIP_TRY(bindDataPort(ready));
    LONGSHIP_FAILPOINT(ReadyUntold);
    tell(std::move(ready));
    return {};
}

/// Before anybody is told of it: a peer that connects earlier would never get through.
Result<void> MemberThread::bindDataPort(MemberReady& ready) {
    const KeyPair keys = KeyPair::generate();
    LONGSHIP_ASSIGN(std::unique_ptr<DataPort> port,
                    DataPort::bind(m_config.dataEndpoint, keys, m_job.dataPlane == DataPlane::Encrypted));
    ready.endpoint = port->endpoint();
    ready.publicKey = keys.publicKey;
    const std::lock_guard lock(m_mutex);
    m_port = std::make_unique<FaultyDataPort>(std::move(port), m_linkFaults);
    return {};
}

/// One membership, until it has ended or broke. Fails only when this member itself did.
Result<void> MemberThread::serve(const EnterMembership& seat) {
    const std::uint64_t before = m_work->progress().batches;
    LONGSHIP_ASSIGN(DataPlan plan, planOf(seat, m_job.dataPlane == DataPlane::Encrypted));
    m_report = std::make_shared<LinkReport>();
    plan.report = m_report;
    plan.stuckAfter = m_stuckAfter;
    const std::size_t members = plan.peers.size();
    const MemberWork::Place place{seat, members,
                                  [port = m_port.get(), plan = std::move(plan)] { return port->enter(plan); },
                                  m_idlePatience};
    m_work->leave();
    auto served = takeSeat(place);
    if (served) {
        served = m_work->follow(place);
    }
    if (served) {
        // The links stay until the next order: leaving now would cut off what others still wait for.
        return {};
    }
    if (!isBroken(served.error())) {
        return served;
    }
    m_work->leave();
    tellBroken(seat, std::move(served).error(), m_work->progress().batches != before);
    return {};
}

Result<void> MemberThread::takeSeat(const MemberWork::Place& place) {
    const AssignMembership& assignment = place.seat.assignment;
    LONGSHIP_FAILPOINT(SeatTaken);
    LONGSHIP_TRY(m_work->enter(place));
    m_entered = assignment.number;
    const bool hasState = m_work->standing().hasState;
    spdlog::info("Entered membership {} as rank {} of {}, from step {}{}.", assignment.number,
                 place.seat.rank, place.members, assignment.baseStep,
                 hasState ? "" : "; the state follows while the others train");
    LONGSHIP_FAILPOINT(EnteredUntold);
    tell(MemberEntered{assignment.number, !hasState});
    return {};
}

void MemberThread::tellBroken(const EnterMembership& seat, Error error, bool hadProgress) {
    const Step steps = m_work->standing().stepsApplied;
    spdlog::warn("Membership {} broke after {} steps: {}", seat.assignment.number, steps, error.text);
    std::vector<BrokenLink> links = brokenLinks(seat);
    if (hadProgress) {
        m_idlePatience = kIdlePatienceMin;
    }
    if (error.kind == ErrorKind::Unavailable && links.empty()) {
        m_idlePatience = std::min(2 * m_idlePatience, kIdlePatienceMax);
    }
    tell(MemberBroken{seat.assignment.number, steps, std::move(error), std::move(links)});
}

std::vector<BrokenLink> MemberThread::brokenLinks(const EnterMembership& seat) const {
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

void MemberThread::rest() {
    m_work->leave();
    MemberWork::Standing standing = m_work->standing();
    spdlog::info("At rest after {} steps.", standing.stepsApplied);
    LONGSHIP_FAILPOINT(FrozenUntold);
    // A part of the state is none: whoever holds it stands nowhere.
    tell(MemberFrozen{standing.hasState ? standing.stepsApplied : 0, standing.hasState ? m_entered : 0,
                      std::move(standing.shards)});
}

}  // namespace longship
