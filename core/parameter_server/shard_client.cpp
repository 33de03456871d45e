#include "core/parameter_server/shard_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "core/base/check.h"
#include "core/parameter_server/wire.h"

namespace longship {

template <typename Real>
ShardClient<Real>::ShardClient(std::vector<Stretch> buckets, std::uint32_t shards, GradientSums sums)
    : m_buckets(std::move(buckets)),
      m_sums(sums),
      m_map(ShardMap::make(m_buckets, shards)),
      m_has(m_map.pieces().size()),
      m_missing(m_map.buckets()) {}

template <typename Real>
Result<void> ShardClient<Real>::enter(Exchange& exchange, Step base, const Source* source) {
    m_primaries.assign(m_map.shards(), 0);
    if (source != nullptr) {
        LONGSHIP_TRY(sendPlan(exchange, *source));
    }
    std::vector<Rank> awaited(exchange.mesh().size() - exchange.size());
    std::iota(awaited.begin(), awaited.end(), exchange.size());
    while (!awaited.empty()) {
        LONGSHIP_ASSIGN(const auto frame, exchange.receiveServed(awaited));
        if (kindOf(*frame) == ShardMessage::FillRequest && source != nullptr) {
            LONGSHIP_TRY(fill(exchange, *frame, *source));
            continue;
        }
        if (kindOf(*frame) != ShardMessage::Ready || frame->key().operation != base) {
            return exchange.mismatch(*frame, "a server's word that it is ready");
        }
        LONGSHIP_TRY(takeReady(exchange, *frame));
        std::erase(awaited, frame->from());
    }
    if (std::ranges::find(m_primaries, Rank{0}) != m_primaries.end()) {
        return failure(ErrorKind::Corrupt, "No server keeps a part of the parameters that one has to keep.");
    }
    return {};
}

template <typename Real>
Result<void> ShardClient<Real>::sendPlan(Exchange& exchange, const Source& source) {
    m_planSent = encode(ShardPlan{m_map.shards(), sizeof(Real), m_sums, !source.state.empty(), m_buckets});
    for (Rank server = exchange.size(); server < exchange.mesh().size(); ++server) {
        LONGSHIP_TRY(exchange.mesh().send(server,
                                          shardKey(exchange.mesh().membership(), ShardMessage::Plan, 0),
                                          std::as_bytes(std::span(m_planSent))));
    }
    return {};
}

template <typename Real>
Result<void> ShardClient<Real>::takeReady(const Exchange& exchange, const Frame& frame) {
    for (const std::uint32_t shard : numbersIn<std::uint32_t>(frame)) {
        if (shard >= m_primaries.size() || m_primaries[shard] != 0) {
            return exchange.mismatch(frame, "shards that nobody else keeps");
        }
        m_primaries[shard] = frame.from();
    }
    return {};
}

template <typename Real>
Result<void> ShardClient<Real>::fill(Exchange& exchange, const Frame& request, const Source& source) {
    const std::uint32_t shard = request.key().phase;
    LONGSHIP_TRY(sendChunks(exchange, request.from(), shard, 0, source.parameters));
    for (std::size_t buffer = 0; buffer < source.state.size(); ++buffer) {
        LONGSHIP_TRY(sendChunks(exchange, request.from(), shard, 1 + buffer, source.state[buffer]));
    }
    return {};
}

template <typename Real>
Result<void> ShardClient<Real>::sendChunks(Exchange& exchange, Rank to, std::uint32_t shard,
                                           std::uint64_t buffer, std::span<const Real> values) {
    for (const std::size_t piece : m_map.piecesOfShard(shard)) {
        for (std::uint32_t chunk = 0; chunk < m_map.chunks(piece); ++chunk) {
            const Stretch range = m_map.chunk(piece, chunk);
            LONGSHIP_TRY(exchange.mesh().send(to,
                                              shardKey(exchange.mesh().membership(), ShardMessage::Fill,
                                                       buffer, static_cast<std::uint32_t>(piece), chunk),
                                              std::as_bytes(values.subspan(range.begin, range.size()))));
        }
    }
    return {};
}

template <typename Real>
void ShardClient<Real>::beginStep(Step step, std::span<Real> staged) {
    m_step = step;
    m_staged = staged;
    std::ranges::fill(m_missing, 0);
    for (std::size_t piece = 0; piece < m_has.size(); ++piece) {
        m_has[piece].assign(m_map.chunks(piece), false);
        m_missing[m_map.pieces()[piece].bucket] += m_map.chunks(piece);
    }
}

template <typename Real>
template <typename Number>
Result<void> ShardClient<Real>::push(Exchange& exchange, std::uint32_t bucket,
                                     std::span<const Number> gradient) {
    const Stretch pieces = m_map.piecesOf(bucket);
    // The pieces of a bucket follow each other without a gap.
    const std::size_t begin = pieces.size() == 0 ? 0 : m_map.pieces()[pieces.begin].range.begin;
    std::uint32_t most = 0;
    for (std::size_t piece = pieces.begin; piece < pieces.end; ++piece) {
        most = std::max(most, m_map.chunks(piece));
    }
    // The servers in turn, so that all of them have something to do.
    for (std::uint32_t chunk = 0; chunk < most; ++chunk) {
        for (std::size_t piece = pieces.begin; piece < pieces.end; ++piece) {
            if (chunk < m_map.chunks(piece)) {
                const Stretch range = m_map.chunk(piece, chunk);
                LONGSHIP_TRY(
                    exchange.mesh().send(primaryOf(piece),
                                         shardKey(exchange.mesh().membership(), ShardMessage::Push, m_step,
                                                  static_cast<std::uint32_t>(piece), chunk),
                                         std::as_bytes(gradient.subspan(range.begin - begin, range.size()))));
            }
        }
    }
    return {};
}

template <typename Real>
Result<void> ShardClient<Real>::pull(Exchange& exchange, std::uint32_t bucket) {
    while (m_missing[bucket] > 0) {
        LONGSHIP_ASSIGN(const auto frame, exchange.receiveServed(awaitedFor(bucket)));
        LONGSHIP_TRY(take(exchange, *frame));
    }
    return {};
}

template <typename Real>
Result<void> ShardClient<Real>::finishStep(Exchange& exchange) {
    LONGSHIP_CHECK(std::ranges::count(m_missing, 0) == std::ssize(m_missing), "every bucket is pulled");
    return exchange.flush();
}

template <typename Real>
Result<void> ShardClient<Real>::pullState(Exchange& exchange, Step step,
                                          std::span<const std::span<Real>> state) {
    for (std::size_t buffer = 0; buffer < state.size(); ++buffer) {
        LONGSHIP_TRY(pullBuffer(exchange, step, static_cast<std::uint32_t>(1 + buffer), state[buffer]));
    }
    return {};
}

/// One buffer at a time: the answer does not say which it is of.
template <typename Real>
Result<void> ShardClient<Real>::pullBuffer(Exchange& exchange, Step step, std::uint32_t buffer,
                                           std::span<Real> values) {
    std::size_t missing = 0;
    for (std::uint32_t shard = 0; shard < m_map.shards(); ++shard) {
        LONGSHIP_TRY(exchange.mesh().send(
            m_primaries[shard],
            shardKey(exchange.mesh().membership(), ShardMessage::StateRequest, step, shard, buffer), {}));
    }
    for (std::size_t piece = 0; piece < m_map.pieces().size(); ++piece) {
        missing += m_map.chunks(piece);
    }
    for (; missing > 0; --missing) {
        LONGSHIP_ASSIGN(const auto frame, exchange.receiveServed(m_primaries));
        const FrameKey& key = frame->key();
        const bool isExpected = kindOf(*frame) == ShardMessage::State && key.operation == step &&
                                key.phase < m_map.pieces().size() && key.chunk < m_map.chunks(key.phase);
        const Stretch range = isExpected ? m_map.chunk(key.phase, key.chunk) : Stretch{};
        if (!isExpected || frame->payload().size() != range.size() * sizeof(Real)) {
            return exchange.mismatch(*frame, fmt::format("the optimizer's state after {} steps", step));
        }
        if (range.size() > 0) {
            std::memcpy(values.subspan(range.begin, range.size()).data(), frame->payload().data(),
                        frame->payload().size());
        }
    }
    return {};
}

template <typename Real>
Result<void> ShardClient<Real>::take(const Exchange& exchange, const Frame& frame) {
    const std::size_t piece = frame.key().phase;
    const std::uint32_t chunk = frame.key().chunk;
    const bool isExpected = kindOf(frame) == ShardMessage::Pull && frame.key().operation == m_step &&
                            piece < m_has.size() && frame.from() == primaryOf(piece) &&
                            chunk < m_map.chunks(piece) && !m_has[piece][chunk];
    const Stretch range = isExpected ? m_map.chunk(piece, chunk) : Stretch{};
    if (!isExpected || frame.payload().size() != range.size() * sizeof(Real)) {
        return exchange.mismatch(frame, fmt::format("parameters of step {}", m_step));
    }
    if (range.size() > 0) {
        std::memcpy(m_staged.subspan(range.begin, range.size()).data(), frame.payload().data(),
                    frame.payload().size());
    }
    m_has[piece][chunk] = true;
    --m_missing[m_map.pieces()[piece].bucket];
    return {};
}

/// The servers that have not sent all of the bucket yet.
template <typename Real>
std::vector<Rank> ShardClient<Real>::awaitedFor(std::uint32_t bucket) const {
    std::vector<Rank> awaited;
    const Stretch pieces = m_map.piecesOf(bucket);
    for (std::size_t piece = pieces.begin; piece < pieces.end; ++piece) {
        const Rank server = primaryOf(piece);
        const bool isMissing = std::ranges::find(m_has[piece], false) != m_has[piece].end();
        if (isMissing && std::ranges::find(awaited, server) == awaited.end()) {
            awaited.push_back(server);
        }
    }
    return awaited;
}

template class ShardClient<float>;
template class ShardClient<double>;
template Result<void> ShardClient<float>::push(Exchange&, std::uint32_t, std::span<const float>);
template Result<void> ShardClient<double>::push(Exchange&, std::uint32_t, std::span<const double>);
template Result<void> ShardClient<float>::push(Exchange&, std::uint32_t, std::span<const std::int64_t>);
template Result<void> ShardClient<double>::push(Exchange&, std::uint32_t, std::span<const std::int64_t>);

}  // namespace longship
