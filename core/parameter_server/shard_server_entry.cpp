// The part of ShardServer that begins a membership: what everybody holds, who gets what, and from whom.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/base/failpoint.h"
#include "core/parameter_server/shard_server.h"

namespace longship {

template <typename Real>
Result<void> ShardServer<Real>::start(std::unique_ptr<Mesh> mesh, const ServerSeat& seat) {
    m_mesh = std::move(mesh);
    m_seat = seat;
    m_root.reset();
    m_inventories.clear();
    m_ready.clear();
    m_filling.clear();
    m_hasDuties = false;
    m_isReady = false;
    m_told.clear();
    for (auto& [shard, hosted] : m_hosted) {
        hosted = Hosted{std::move(hosted.copy)};
        if (seat.hasState[ownRank()] && hosted.copy.held().isAt(seat.baseStep)) {
            LONGSHIP_TRY(hosted.copy.restAt(seat.baseStep));
            m_told.push_back(shard);
        }
    }
    m_inventories[ownRank()] = {m_told.begin(), m_told.end()};
    for (std::size_t server = 0; server < seat.servers.size(); ++server) {
        if (rankOf(server) != ownRank()) {
            LONGSHIP_TRY(send(rankOf(server), ShardMessage::Inventory, seat.baseStep, {},
                              std::as_bytes(std::span(m_told))));
        }
    }
    return {};
}

template <typename Real>
Result<void> ShardServer<Real>::onPlan(const Frame& frame) {
    auto plan = shardPlanFrom(numbersIn<std::uint64_t>(frame));
    if (!plan || frame.from() >= m_seat.workers || m_root || plan->shards != m_options.shards ||
        plan->sums != m_options.sums || plan->realBytes != sizeof(Real) ||
        (m_plan && plan->buckets != m_plan->buckets)) {
        return unexpected(frame);
    }
    m_root = frame.from();
    m_rootHasState = plan->hasState;
    if (!m_plan) {
        m_map = std::make_shared<ShardMap>(ShardMap::make(plan->buckets, plan->shards));
        m_plan = std::move(plan);
    }
    return takeDuties();
}

template <typename Real>
Result<void> ShardServer<Real>::onInventory(const Frame& frame) {
    const std::vector<std::uint32_t> shards = numbersIn<std::uint32_t>(frame);
    if (frame.from() < m_seat.workers || frame.key().operation != m_seat.baseStep ||
        !m_inventories.try_emplace(frame.from(), shards.begin(), shards.end()).second) {
        return unexpected(frame);
    }
    return takeDuties();
}

/// Once it is known who has what: as primary and as backup, and what that lacks.
template <typename Real>
Result<void> ShardServer<Real>::takeDuties() {
    if (m_hasDuties || !m_root || m_inventories.size() < m_seat.servers.size()) {
        return {};
    }
    m_hasDuties = true;
    m_primary.clear();
    const auto duties = shardDuties(m_options.shards, m_seat.servers, m_options.backup);
    for (std::uint32_t shard = 0; shard < duties.size(); ++shard) {
        LONGSHIP_TRY(host(shard, duties[shard]));
    }
    return sayReadyWhenFilled();
}

template <typename Real>
Result<void> ShardServer<Real>::host(std::uint32_t shard, const ShardDuty& duty) {
    const bool isPrimary = rankOf(duty.primary) == ownRank();
    const bool isBackup = duty.backup && rankOf(*duty.backup) == ownRank();
    if (!isPrimary && !isBackup) {
        return {};
    }
    const bool has = m_inventories[ownRank()].contains(shard);
    Hosted* hosted = has ? &m_hosted.at(shard) : nullptr;
    if (hosted == nullptr) {
        hosted =
            &m_filling.emplace(shard, Hosted{ShardCopy<Real>(m_map, shard, m_optimizer, m_seat.baseStep)})
                 .first->second;
    }
    if (isPrimary) {
        m_primary.push_back(shard);
        hosted->sums.emplace(m_map, shard, m_options.sums, m_seat.workers, m_seat.baseStep);
        hosted->backup = duty.backup ? std::optional(rankOf(*duty.backup)) : std::nullopt;
    } else {
        hosted->primary = rankOf(duty.primary);
    }
    return has ? Result<void>() : askForFilling(shard, *hosted);
}

template <typename Real>
Result<void> ShardServer<Real>::askForFilling(std::uint32_t shard, Hosted& hosted) {
    const auto holder = std::ranges::find_if(
        m_inventories, [&](const auto& inventory) { return inventory.second.contains(shard); });
    const bool isHeld = holder != m_inventories.end();
    if (!isHeld && !m_rootHasState && m_seat.baseStep > 0) {
        return failure(ErrorKind::Refused,
                       fmt::format("No server has shard {} of the parameters after {} steps, and no worker "
                                   "has the optimizer's state of it.",
                                   shard, m_seat.baseStep));
    }
    const std::size_t buffers = isHeld || m_rootHasState ? hosted.copy.buffers() : 1;
    for (const std::size_t piece : m_map->piecesOfShard(shard)) {
        hosted.missing += m_map->chunks(piece) * buffers;
    }
    return send(isHeld ? holder->first : *m_root, ShardMessage::FillRequest, m_seat.baseStep, {shard, 0}, {});
}

template <typename Real>
Result<void> ShardServer<Real>::onFillRequest(const Frame& frame) {
    const std::uint32_t shard = frame.key().phase;
    const auto hosted = m_hosted.find(shard);
    if (hosted == m_hosted.end() || !m_inventories[ownRank()].contains(shard)) {
        return unexpected(frame);
    }
    ShardCopy<Real>& copy = hosted->second.copy;
    for (std::size_t buffer = 0; buffer < copy.buffers(); ++buffer) {
        for (const std::size_t piece : m_map->piecesOfShard(shard)) {
            for (std::uint32_t chunk = 0; chunk < m_map->chunks(piece); ++chunk) {
                LONGSHIP_TRY(send(frame.from(), ShardMessage::Fill, buffer,
                                  {static_cast<std::uint32_t>(piece), chunk},
                                  std::as_bytes(copy.chunk(buffer, piece, chunk))));
            }
        }
    }
    return {};
}

template <typename Real>
Result<void> ShardServer<Real>::onFill(const Frame& frame) {
    const FrameKey& key = frame.key();
    const bool isPiece = m_map != nullptr && key.phase < m_map->pieces().size();
    const auto hosted = isPiece ? m_filling.find(m_map->pieces()[key.phase].shard) : m_filling.end();
    if (hosted == m_filling.end() || hosted->second.missing == 0 ||
        key.operation >= hosted->second.copy.buffers() || key.chunk >= m_map->chunks(key.phase)) {
        return unexpected(frame);
    }
    const std::span<Real> chunk = hosted->second.copy.chunk(key.operation, key.phase, key.chunk);
    if (frame.payload().size() != chunk.size_bytes()) {
        return unexpected(frame);
    }
    if (!chunk.empty()) {
        std::memcpy(chunk.data(), frame.payload().data(), frame.payload().size());
    }
    --hosted->second.missing;
    LONGSHIP_FAILPOINT(ShardHalfFilled);
    return sayReadyWhenFilled();
}

/// From here on what it has been given is its own.
template <typename Real>
Result<void> ShardServer<Real>::sayReadyWhenFilled() {
    const bool isFilled =
        std::ranges::all_of(m_filling, [](const auto& filling) { return filling.second.missing == 0; });
    if (m_isReady || !m_hasDuties || !isFilled) {
        return {};
    }
    // What it holds of another step is of no use to anybody.
    std::erase_if(m_hosted,
                  [&](const auto& hosted) { return !m_inventories[ownRank()].contains(hosted.first); });
    LONGSHIP_FAILPOINT(ShardReadyUntold);
    m_hosted.merge(m_filling);
    m_isReady = true;
    m_ready.insert(ownRank());
    for (Rank rank = 0; rank < m_mesh->size(); ++rank) {
        if (rank != ownRank()) {
            LONGSHIP_TRY(
                send(rank, ShardMessage::Ready, m_seat.baseStep, {}, std::as_bytes(std::span(m_primary))));
        }
    }
    dropTheRest();
    return {};
}

template <typename Real>
Result<void> ShardServer<Real>::onReady(const Frame& frame) {
    if (frame.from() < m_seat.workers || !m_ready.insert(frame.from()).second) {
        return unexpected(frame);
    }
    dropTheRest();
    return {};
}

/// When all servers have what they need: the shards that it only gave to others.
template <typename Real>
void ShardServer<Real>::dropTheRest() {
    if (m_ready.size() == m_seat.servers.size()) {
        std::erase_if(m_hosted,
                      [](const auto& hosted) { return !hosted.second.sums && !hosted.second.primary; });
    }
}

template class ShardServer<float>;
template class ShardServer<double>;

}  // namespace longship
