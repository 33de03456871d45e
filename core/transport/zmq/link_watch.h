#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/clock.h"
#include "core/transport/link_report.h"

namespace longship::zeromq {

/// What the kernel says of one connection.
struct WireSample {
    std::uint64_t bytesQueued = 0;  ///< Handed to the kernel and not acknowledged yet.
    bool isUnanswered = false;      ///< Data is on its way.
    Duration sinceAnswer{};         ///< Since the other machine acknowledged anything.
};

/// None when the descriptor is no connected TCP socket (any more).
std::optional<WireSample> sampleWire(int descriptor);

/// Tells links on which nothing moves from peers that are slow. The measure is what the other machine's
/// kernel acknowledges: it does so while its process computes, is starved of processor time or is stopped,
/// and no acknowledgement comes through a link that is cut. Data that waits for room at the peer is not on
/// its way; but some kernels drop what comes when a process does not read, without a word, so before a link
/// is called silent it should be tried in another way: answered(). One per mesh, on the mesh's thread.
class LinkWatch {
public:
    /// `patience`: without an answer for this long a link is silent.
    LinkWatch(std::uint32_t size, Duration patience);

    /// How often look() wants to be called while something is waited for.
    Duration period() const { return m_patience / 8; }

    /// A later look at the link to this peer, as sampled then.
    void look(Rank peer, const std::optional<WireSample>& sample, TimePoint now);

    /// The peer's machine can be reached after all.
    void answered(Rank peer, TimePoint now);

    /// The links that have been silent for the patience, or for this part of it.
    std::vector<LinkTrouble> silent(TimePoint now, double part = 1.0) const;

    /// Whether nothing is on its way to the peer, so that its silence would mean nothing: then something
    /// should be sent to it. At most once in a quarter of the patience.
    bool wantsProbe(Rank peer, TimePoint now);

private:
    struct Link {
        std::optional<TimePoint> lookedAt{};
        std::optional<TimePoint> silentSince{};
        std::uint64_t bytesQueued = 0;
        std::optional<TimePoint> probedAt{};
    };

    Duration m_patience;
    std::vector<Link> m_links;
};

}  // namespace longship::zeromq
