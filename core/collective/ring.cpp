#include "core/collective/ring.h"

#include <algorithm>
#include <cstring>

namespace longship {
namespace {

// Chunks of our own segment sent ahead of those that came. More would only queue in front of the chunks that
// are passed on, which should be sent while they are still in the processor's cache: sending all at once
// takes 1.5 times as long on one machine.
constexpr std::uint32_t kOwnChunksAhead = 2;

}  // namespace

RingAllreduce::RingAllreduce(Exchange& exchange, Addition addition, const Segments& segments,
                             std::byte* values)
    : m_exchange(exchange),
      m_addition(addition),
      m_segments(segments),
      m_values(values),
      m_ranks(exchange.size()),
      m_left((exchange.rank() + m_ranks - 1) % m_ranks),
      m_right((exchange.rank() + 1) % m_ranks) {}

Result<void> RingAllreduce::run() {
    LONGSHIP_TRY(sendOwnUpTo(kOwnChunksAhead));
    const std::vector<Rank> awaited{m_left};
    for (std::uint64_t left = messagesExpected(); left > 0; --left) {
        LONGSHIP_ASSIGN(const auto frame, m_exchange.receive(awaited));
        LONGSHIP_TRY(take(*frame));
    }
    return m_exchange.flush();
}

/// Phases 0 … n-2 bring partial sums, n-1 … 2n-3 final ones. In phase p a rank receives the segment that the
/// rank p+1 places to the left began with (in the second round: that rank's last sum).
std::uint32_t RingAllreduce::segmentReceived(std::uint32_t phase) const {
    return (m_exchange.rank() + 2 * m_ranks - 1 - phase) % m_ranks;
}

std::uint64_t RingAllreduce::messagesExpected() const {
    std::uint64_t count = 0;
    for (std::uint32_t phase = 0; phase < 2 * (m_ranks - 1); ++phase) {
        count += m_segments.chunks(segmentReceived(phase));
    }
    return count;
}

Result<void> RingAllreduce::sendOwnUpTo(std::uint32_t count) {
    const Rank own = m_exchange.rank();
    // The neighbour's segment may have a chunk less than ours: its last one lets all of ours go.
    const bool isLast = m_firstReceived == m_segments.chunks(segmentReceived(0));
    const std::uint32_t end = isLast ? m_segments.chunks(own) : std::min(count, m_segments.chunks(own));
    for (; m_ownSent < end; ++m_ownSent) {
        LONGSHIP_TRY(sendChunk(0, own, m_ownSent));
    }
    return {};
}

Result<void> RingAllreduce::sendChunk(std::uint32_t phase, std::uint32_t segment, std::uint32_t chunk) {
    const Segments::Range range = m_segments.chunk(segment, chunk);
    return m_exchange.send(
        m_right, phase, chunk,
        {m_values + range.begin * m_addition.elementBytes, range.size() * m_addition.elementBytes});
}

Result<void> RingAllreduce::take(const Frame& frame) {
    const auto [phase, chunk] = std::pair(frame.key().phase, frame.key().chunk);
    const std::uint32_t phases = 2 * (m_ranks - 1);
    const std::uint32_t segment = phase < phases ? segmentReceived(phase) : 0;
    if (frame.from() != m_left || phase >= phases || chunk >= m_segments.chunks(segment)) {
        return m_exchange.mismatch(frame, "a chunk of its left neighbour");
    }
    const Segments::Range range = m_segments.chunk(segment, chunk);
    if (frame.payload().size() != range.size() * m_addition.elementBytes) {
        return m_exchange.mismatch(frame, "a sum of the same length");
    }
    std::byte* target = m_values + range.begin * m_addition.elementBytes;
    if (phase < m_ranks - 1) {
        m_addition.add(target, frame.payload().data(), range.size());
    } else {
        std::memcpy(target, frame.payload().data(), frame.payload().size());
    }
    if (phase + 1 < phases) {
        LONGSHIP_TRY(sendChunk(phase + 1, segment, chunk));
    }
    return phase == 0 ? sendOwnUpTo(++m_firstReceived + kOwnChunksAhead) : Result<void>();
}

}  // namespace longship
