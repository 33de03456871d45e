#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/transport/mesh.h"

namespace longship {

class Exchange;

/// Collective operations over a mesh. Every rank calls the same operations in the same order. Not
/// thread-safe: one thread owns a communicator and its mesh. An error abandons the mesh (no memory of the
/// caller is read any more, the peers notice), and every later operation fails with the same error.
class Communicator {
public:
    struct Options {
        std::chrono::milliseconds timeout{30'000};  ///< Without progress, per operation.
        /// Sums of up to this many bytes are exchanged directly between all pairs: one message delay. Larger
        /// ones go round the ring: fewest bytes. The same on all ranks, like chunkBytes.
        std::size_t directBytesMax = std::size_t{64} << 10;
        std::size_t chunkBytes = std::size_t{512} << 10;  ///< A multiple of 8, at most Mesh::kPayloadMax.
        /// The first so many members of the mesh take part, servers stand behind them; 0: all.
        std::uint32_t members = 0;
    };

    Communicator(std::unique_ptr<Mesh> mesh, Options options);
    ~Communicator();

    Rank rank() const;
    std::uint32_t size() const;
    Mesh& mesh();

    /// Sums element by element over all ranks, in place; afterwards all ranks hold the same bits. The order
    /// of the additions is fixed by (size(), number of values, index) alone. int64 sums do not check for
    /// overflow.
    Result<void> allreduce(std::span<float> values);
    Result<void> allreduce(std::span<double> values);
    Result<void> allreduce(std::span<std::int64_t> values);

    /// Every rank gets every rank's bytes, indexed by rank. Sizes may differ and may be 0.
    Result<std::vector<std::vector<std::byte>>> allgather(std::span<const std::byte> mine);

    /// All ranks get the root's bytes; `bytes` has the same size everywhere.
    Result<void> broadcast(std::span<std::byte> bytes, Rank root);

    /// The ranks marked in `receives` (by rank; the root's own mark does not matter) get the root's bytes.
    /// Root and receivers give memory of the same size; the others only keep step and may give none.
    Result<void> relay(std::span<std::byte> bytes, Rank root, const std::vector<bool>& receives);

    Result<void> barrier();

    /// Runs what talks to servers beside the collectives. An error abandons the mesh as theirs do.
    Result<void> perform(const std::function<Result<void>(Exchange&)>& operation);

private:
    struct State;
    std::unique_ptr<State> m_state;
};

}  // namespace longship
