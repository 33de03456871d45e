#include "core/parameter_server/shard_server.h"

#include <fmt/format.h>

#include <cstring>
#include <numeric>
#include <utility>

#include "core/base/failpoint.h"

namespace longship {

template <typename Real>
ShardServer<Real>::ShardServer(Options options)
    : m_options(std::move(options)), m_optimizer(Optimizer<Real>::make(m_options.optimizer)) {}

template <typename Real>
Result<void> ShardServer<Real>::enter(std::unique_ptr<Mesh> mesh, const ServerSeat& seat) {
    LONGSHIP_TRY(start(std::move(mesh), seat));
    while (!m_isReady) {
        LONGSHIP_TRY(advance());
    }
    return {};
}

template <typename Real>
Result<void> ShardServer<Real>::advance(TimePoint deadline) {
    LONGSHIP_ASSIGN(std::unique_ptr<Frame> frame, m_mesh->receive(deadline));
    LONGSHIP_TRY(handle(std::move(frame)));
    ++m_messages;
    return {};
}

template <typename Real>
Result<void> ShardServer<Real>::handle(std::unique_ptr<Frame> frame) {
    switch (kindOf(*frame)) {
        case ShardMessage::Plan: return onPlan(*frame);
        case ShardMessage::Inventory: return onInventory(*frame);
        case ShardMessage::FillRequest: return onFillRequest(*frame);
        case ShardMessage::Fill: return onFill(*frame);
        case ShardMessage::Ready: return onReady(*frame);
        case ShardMessage::Push: return onPush(std::move(frame));
        case ShardMessage::Forward: return onForward(*frame);
        case ShardMessage::Ack: return onAck(*frame);
        case ShardMessage::StateRequest: return onStateRequest(*frame);
        case ShardMessage::Pull:
        case ShardMessage::State: break;
    }
    return unexpected(*frame);
}

/// The shard that the message is about, when it names a chunk of one that this server hosts.
template <typename Real>
typename ShardServer<Real>::Hosted* ShardServer<Real>::hostedPiece(const Frame& frame) {
    const FrameKey& key = frame.key();
    if (!m_isReady || key.phase >= m_map->pieces().size() || key.chunk >= m_map->chunks(key.phase)) {
        return nullptr;
    }
    const auto found = m_hosted.find(m_map->pieces()[key.phase].shard);
    return found == m_hosted.end() ? nullptr : &found->second;
}

template <typename Real>
Result<void> ShardServer<Real>::onPush(std::unique_ptr<Frame> frame) {
    Hosted* const hosted = hostedPiece(*frame);
    if (hosted == nullptr || !hosted->sums) {
        return unexpected(*frame);
    }
    const FrameKey key = frame->key();
    const ChunkName chunk{key.phase, key.chunk};
    LONGSHIP_ASSIGN(std::optional<std::vector<Real>> sum, hosted->sums->take(std::move(frame)));
    if (!sum) {
        return {};
    }
    LONGSHIP_FAILPOINT(ShardSummed);
    if (!hosted->backup) {
        LONGSHIP_TRY(hosted->copy.apply(key.operation, key.phase, key.chunk, *sum));
        return serve(*hosted, key.operation, chunk);
    }
    const std::vector<Real>& kept = hosted->forwarded[chunk] = std::move(*sum);
    LONGSHIP_TRY(
        send(*hosted->backup, ShardMessage::Forward, key.operation, chunk, std::as_bytes(std::span(kept))));
    LONGSHIP_FAILPOINT(ShardForwarded);
    // While the backup does the same. What no worker has seen may still be dropped.
    LONGSHIP_TRY(hosted->copy.apply(key.operation, key.phase, key.chunk, kept));
    return {};
}

template <typename Real>
Result<void> ShardServer<Real>::onForward(const Frame& frame) {
    Hosted* const hosted = hostedPiece(frame);
    const FrameKey& key = frame.key();
    if (hosted == nullptr || hosted->primary != frame.from() ||
        frame.payload().size() != m_map->chunk(key.phase, key.chunk).size() * sizeof(Real)) {
        return unexpected(frame);
    }
    const std::vector<Real> sum = numbersIn<Real>(frame);
    LONGSHIP_TRY(hosted->copy.apply(key.operation, key.phase, key.chunk, sum));
    LONGSHIP_FAILPOINT(ShardBackedUp);
    return send(frame.from(), ShardMessage::Ack, key.operation, {key.phase, key.chunk}, {});
}

template <typename Real>
Result<void> ShardServer<Real>::onAck(const Frame& frame) {
    Hosted* const hosted = hostedPiece(frame);
    const ChunkName chunk{frame.key().phase, frame.key().chunk};
    if (hosted == nullptr || hosted->backup != frame.from() || hosted->forwarded.erase(chunk) == 0) {
        return unexpected(frame);
    }
    LONGSHIP_FAILPOINT(ShardAcknowledged);
    return serve(*hosted, frame.key().operation, chunk);
}

/// The new parameters of a chunk, to every worker.
template <typename Real>
Result<void> ShardServer<Real>::serve(Hosted& hosted, Step step, ChunkName chunk) {
    const auto parameters = hosted.copy.stagedChunk(chunk.first, chunk.second);
    for (Rank worker = 0; worker < m_seat.workers; ++worker) {
        LONGSHIP_TRY(send(worker, ShardMessage::Pull, step, chunk, std::as_bytes(parameters)));
        LONGSHIP_FAILPOINT(ShardServed);
    }
    return {};
}

template <typename Real>
Result<void> ShardServer<Real>::onStateRequest(const Frame& frame) {
    const auto found = m_hosted.find(frame.key().phase);
    const Step step = frame.key().operation;
    const std::uint32_t buffer = frame.key().chunk;
    if (found == m_hosted.end() || frame.from() >= m_seat.workers || buffer >= found->second.copy.buffers() ||
        !found->second.copy.held().isAt(step)) {
        return unexpected(frame);
    }
    for (const std::size_t piece : m_map->piecesOfShard(found->first)) {
        for (std::uint32_t chunk = 0; chunk < m_map->chunks(piece); ++chunk) {
            LONGSHIP_TRY(send(frame.from(), ShardMessage::State, step,
                              {static_cast<std::uint32_t>(piece), chunk},
                              std::as_bytes(found->second.copy.chunkAt(step, buffer, piece, chunk))));
        }
    }
    return {};
}

template <typename Real>
Result<void> ShardServer<Real>::send(Rank to, ShardMessage kind, std::uint64_t operation, ChunkName chunk,
                                     std::span<const std::byte> payload) {
    return m_mesh->send(to, shardKey(m_seat.membership, kind, operation, chunk.first, chunk.second), payload);
}

template <typename Real>
tl::unexpected<Error> ShardServer<Real>::unexpected(const Frame& frame) const {
    return failure(
        ErrorKind::Corrupt,
        fmt::format("Rank {}, a server, did not expect message {} of {} bytes from rank {} (operation {}, "
                    "piece {}, chunk {}) in membership {} from step {}: the members do not agree.",
                    m_mesh->rank(), frame.key().bucket, frame.payload().size(), frame.from(),
                    frame.key().operation, frame.key().phase, frame.key().chunk, m_seat.membership,
                    m_seat.baseStep));
}

template <typename Real>
std::vector<ShardHeld> ShardServer<Real>::held() const {
    std::vector<ShardHeld> all;
    for (const auto& [shard, hosted] : m_hosted) {
        all.push_back(hosted.copy.held());
    }
    return all;
}

template <typename Real>
std::size_t ShardServer<Real>::bytesHeld() const {
    return std::accumulate(
        m_hosted.begin(), m_hosted.end(), std::size_t{0}, [&](std::size_t sum, const auto& hosted) {
            return sum + m_map->elementsOf(hosted.first) * sizeof(Real) * hosted.second.copy.buffers();
        });
}

template class ShardServer<float>;
template class ShardServer<double>;

}  // namespace longship
