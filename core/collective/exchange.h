#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/transport/mesh.h"

namespace longship {

/// The messages of one operation at a time: numbers the operations, keeps what peers already send for the
/// next ones, and limits the wait for progress. The collectives are those of the first `size` members of the
/// mesh; the members behind them are servers, whose messages (core/parameter_server/wire.h) are kept apart.
class Exchange {
public:
    enum class Kind : std::uint32_t { Allreduce = 1, Allgather, Broadcast };

    Exchange(std::unique_ptr<Mesh> mesh, std::uint32_t size, std::chrono::milliseconds timeout);

    Mesh& mesh() { return *m_mesh; }
    const Mesh& mesh() const { return *m_mesh; }
    Rank rank() const { return m_mesh->rank(); }
    std::uint32_t size() const { return m_size; }

    void begin(Kind kind);

    Result<void> send(Rank to, std::uint32_t phase, std::uint32_t chunk, std::span<const std::byte> payload);

    /// The next message of this operation. `awaited` is named when nothing comes.
    Result<std::unique_ptr<Frame>> receive(const std::vector<Rank>& awaited);

    /// The next message from a server, in the order in which they came. `awaited` is named when nothing
    /// comes.
    Result<std::unique_ptr<Frame>> receiveServed(const std::vector<Rank>& awaited);

    /// Waits until nothing of this operation is read from the caller's memory any more.
    Result<void> flush();

    /// A message that does not fit the operation: the members do not do the same thing.
    tl::unexpected<Error> mismatch(const Frame& frame, std::string_view expected) const;

private:
    bool isServed(const Frame& frame) const { return frame.from() >= m_size; }
    std::unique_ptr<Frame> takeStashed();
    Result<std::unique_ptr<Frame>> next(TimePoint deadline, const std::vector<Rank>& awaited);
    tl::unexpected<Error> noProgress(const std::vector<Rank>& awaited) const;

    const std::unique_ptr<Mesh> m_mesh;
    const std::uint32_t m_size;
    const Duration m_timeout;
    Kind m_kind = Kind::Allreduce;
    std::uint64_t m_operation = 0;
    std::deque<std::unique_ptr<Frame>> m_stash;
    std::deque<std::unique_ptr<Frame>> m_served;
};

}  // namespace longship
