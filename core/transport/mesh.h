#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"

namespace longship {

/// The key of every data message: a receiver drops what does not belong to its current operation.
struct FrameKey {
    MembershipNumber membership = 0;
    std::uint64_t operation = 0;  ///< Counts collectives within the membership; equal on all ranks.
    std::uint32_t bucket = 0;
    std::uint32_t chunk = 0;
    std::uint32_t phase = 0;  ///< Step of the algorithm within the operation.

    bool operator==(const FrameKey&) const = default;
};

/// A received data message. Owns its bytes; they are not aligned.
class Frame {
public:
    virtual ~Frame() = default;
    virtual Rank from() const = 0;
    virtual const FrameKey& key() const = 0;
    virtual std::span<const std::byte> payload() const = 0;
};

/// The links of one member of one membership to all its peers. Thrown away as a whole when anything breaks
/// and built again for the next membership; never repaired. One thread owns it; only interrupt() may be
/// called from others.
class Mesh {
public:
    virtual ~Mesh() = default;

    virtual Rank rank() const = 0;
    virtual std::uint32_t size() const = 0;
    virtual MembershipNumber membership() const = 0;

    /// The largest payload of one message.
    static constexpr std::size_t kPayloadMax = std::size_t{2} << 20;

    /// Queues a message of at most kPayloadMax bytes; the bytes are read from the caller's memory later (zero
    /// copy) and must stay valid and unchanged until sendsDone() counted them. Unavailable when the peer is
    /// gone.
    virtual Result<void> send(Rank to, const FrameKey& key, std::span<const std::byte> payload) = 0;

    /// Number of send() calls of this mesh whose memory is free again, in no particular order.
    virtual std::uint64_t sendsDone() const = 0;

    /// Waits until all memory given to send() is free again.
    virtual Result<void> flush(TimePoint deadline) = 0;

    /// The next message from any peer. Unavailable when a peer is lost, when one of the `awaited` peers (all
    /// of them if empty) has left in order, or when the deadline passed; the text names who is missing.
    /// Interrupted after interrupt().
    virtual Result<std::unique_ptr<Frame>> receive(TimePoint deadline,
                                                   std::span<const Rank> awaited = {}) = 0;

    /// Drops the links and what is still queued. When it returns, no memory given to send() is read any more;
    /// the peers notice at once, and every later call here fails. The destructor does the same, unless
    /// nothing is wrong and everything was flushed: then it leaves in order. The last messages still arrive,
    /// and peers that wait for others are not disturbed.
    virtual void abandon() = 0;

    /// While urgent, receive() looks for messages for a moment before it sleeps: on an idle core, to be woken
    /// takes longer than a small message. Off at first.
    virtual void setUrgent(bool urgent) = 0;

    /// Makes the current and every later receive() and flush() of this membership fail with Interrupted. Any
    /// thread.
    virtual void interrupt() = 0;

    virtual std::uint64_t bytesSent() const = 0;      ///< Any thread.
    virtual std::uint64_t bytesReceived() const = 0;  ///< Any thread.
};

}  // namespace longship
