#include "core/parameter_server/shard_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/base/check.h"
#include "core/parameter_server/wire.h"

namespace longship {

template <typename Real>
ShardClient<Real>::ShardClient(const ShardMap& map, std::uint32_t workers)
    : m_map(map),
      m_workers(workers),
      m_servers(map.servers()),
      m_has(map.pieces().size()),
      m_missing(map.buckets()) {}

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
                    exchange.mesh().send(m_workers + m_map.pieces()[piece].server,
                                         parameterKey(exchange.mesh().membership(), Exchange::Kind::Push,
                                                      m_step, static_cast<std::uint32_t>(piece), chunk),
                                         std::as_bytes(gradient.subspan(range.begin - begin, range.size()))));
            }
        }
    }
    return {};
}

template <typename Real>
Result<void> ShardClient<Real>::pull(Exchange& exchange, std::uint32_t bucket) {
    while (m_missing[bucket] > 0) {
        LONGSHIP_ASSIGN(const auto frame, exchange.receivePulled(awaitedFor(bucket)));
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
Result<void> ShardClient<Real>::take(const Exchange& exchange, const Frame& frame) {
    const std::size_t piece = frame.key().phase;
    const std::uint32_t chunk = frame.key().chunk;
    const bool isExpected = frame.key().operation == m_step && piece < m_has.size() &&
                            frame.from() == m_workers + m_map.pieces()[piece].server &&
                            chunk < m_map.chunks(piece) && !m_has[piece][chunk];
    const Stretch range = isExpected ? m_map.chunk(piece, chunk) : Stretch{};
    if (!isExpected || frame.payload().size() != range.size() * sizeof(Real)) {
        return exchange.mismatch(frame, fmt::format("parameters of step {}", m_step));
    }
    std::memcpy(m_staged.subspan(range.begin, range.size()).data(), frame.payload().data(),
                frame.payload().size());
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
        const Rank server = m_workers + m_map.pieces()[piece].server;
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
