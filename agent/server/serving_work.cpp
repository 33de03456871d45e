#include "agent/server/serving_work.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/domain/task_kind.h"

namespace longship {
namespace {

Result<ServerSeat> serverSeatOf(const EnterMembership& seat) {
    const std::vector<Seat>& seats = seat.assignment.seats;
    ServerSeat server;
    server.membership = seat.assignment.number;
    server.baseStep = seat.assignment.baseStep;
    server.workers = static_cast<std::uint32_t>(
        std::ranges::count_if(seats, [](const Seat& other) { return !isServer(other.member.task); }));
    server.servers.resize(seats.size() - server.workers);
    server.hasState.resize(seats.size());
    for (const Seat& other : seats) {
        const Member& member = other.member;
        const auto number = serverNumber(member.task);
        if (number.has_value() != (member.rank >= server.workers)) {
            return failure(ErrorKind::Internal, "The servers of the membership do not have the last ranks.");
        }
        server.hasState[member.rank] = other.hasState;
        if (number) {
            server.servers[member.rank - server.workers] = {*number, member.node, member.share > 0};
        }
    }
    return server;
}

}  // namespace

Result<MemberWork::Prepared> ServingWork::prepare(Tools tools) {
    const JobSpec& job = tools.job;
    const GradientSums sums =
        job.numerics == Numerics::Reproducible ? GradientSums::FixedPoint : GradientSums::Float;
    auto server = std::make_unique<ShardServer<float>>(
        ShardServer<float>::Options{job.strategy.servers, job.strategy.backup, job.optimizer, sums});
    spdlog::info("Ready to keep parameters, in {} shards{}.", job.strategy.servers,
                 job.strategy.backup ? ", each with a backup where there is a second server" : "");
    const std::lock_guard lock(m_mutex);
    m_server = std::move(server);
    return Prepared{};
}

Result<void> ServingWork::enter(const Place& place) {
    LONGSHIP_ASSIGN(const ServerSeat seat, serverSeatOf(place.seat));
    LONGSHIP_ASSIGN(std::unique_ptr<Mesh> mesh, place.connect());
    LONGSHIP_FAILPOINT(MeshMade);
    {
        const std::lock_guard lock(m_mutex);
        m_mesh = mesh.get();
        if (seat.membership <= m_interruptedThrough) {
            m_mesh->interrupt();
        }
    }
    return m_server->enter(std::move(mesh), seat);
}

Result<void> ServingWork::follow(const Place&) {
    spdlog::info("Keeps {} of the shards, {} bytes.", m_server->held().size(), m_server->bytesHeld());
    Result<void> served;
    while (served) {
        served = m_server->advance();
    }
    return served;
}

void ServingWork::leave() {
    {
        const std::lock_guard lock(m_mutex);
        m_mesh = nullptr;
    }
    m_server->leave();
}

MemberWork::Standing ServingWork::standing() const {
    Standing standing;
    standing.shards = m_server->held();
    for (const ShardHeld& held : standing.shards) {
        standing.stepsApplied = std::max(standing.stepsApplied, held.step);
    }
    return standing;
}

void ServingWork::interrupt(MembershipNumber through) {
    const std::lock_guard lock(m_mutex);
    m_interruptedThrough = std::max(m_interruptedThrough, through);
    if (m_mesh != nullptr) {
        m_mesh->interrupt();
    }
}

WorkerMachine::Progress ServingWork::progress() const {
    const std::lock_guard lock(m_mutex);
    WorkerMachine::Progress progress;
    if (m_server != nullptr) {
        progress.batches = m_server->messages();
    }
    if (m_mesh != nullptr) {
        progress.bytesReceived = m_mesh->bytesReceived();
        progress.bytesSent = m_mesh->bytesSent();
    }
    return progress;
}

}  // namespace longship
