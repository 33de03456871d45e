#pragma once

#include "core/collective/addition.h"
#include "core/collective/exchange.h"
#include "core/collective/segments.h"

namespace longship {

/// Bandwidth-optimal allreduce (Patarasuk, Yuan: Bandwidth optimal all-reduce algorithms for clusters of
/// workstations, 2009): segment g starts at rank g and goes round the ring twice, summed in the first round
/// and spread in the second. Every chunk goes on as soon as it was added or copied, so that the link is never
/// idle; it is read from `values` itself. A chunk that was sent is overwritten only by the final sum, which
/// depends on the right neighbour having all of it, so no send can see a changed byte.
class RingAllreduce {
public:
    RingAllreduce(Exchange& exchange, Addition addition, const Segments& segments, std::byte* values);

    Result<void> run();

private:
    Result<void> sendChunk(std::uint32_t phase, std::uint32_t segment, std::uint32_t chunk);
    Result<void> sendOwnUpTo(std::uint32_t count);
    Result<void> take(const Frame& frame);
    std::uint32_t segmentReceived(std::uint32_t phase) const;
    std::uint64_t messagesExpected() const;

    Exchange& m_exchange;
    const Addition m_addition;
    const Segments m_segments;
    std::byte* const m_values;
    const std::uint32_t m_ranks;
    const Rank m_left;
    const Rank m_right;
    std::uint32_t m_ownSent = 0;        // Chunks of our own segment, in phase 0.
    std::uint32_t m_firstReceived = 0;  // Chunks of the left neighbour's.
};

}  // namespace longship
