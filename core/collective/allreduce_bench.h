#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/result.h"
#include "core/collective/communicator.h"

namespace longship {

struct AllreduceBenchOptions {
    std::uint32_t nodes = 2;
    bool encrypted = true;
    std::vector<std::size_t> sizes{4096, 65536, std::size_t{16} << 20, std::size_t{100} << 20};  ///< Bytes.
    std::uint32_t iterations = 20;  ///< Timed ones per size, at least; small sizes get more.
    Communicator::Options communicator;
};

struct AllreduceBenchResult {
    std::uint32_t nodes = 0;
    std::size_t bytes = 0;
    bool encrypted = true;
    double timeMs = 0;  ///< Median over the iterations of the slowest member's time.
    double busGbS = 0;  ///< 2 (n-1)/n · bytes / time, in 10^9 bytes a second: what each link carries.
};

/// Times float32 sums over `nodes` separate processes on this machine, each with a data port on 127.0.0.1,
/// and checks every element of the result. Calls `report` after each size. The processes are forked from this
/// one, which must not have started any thread yet. BadInput, Unavailable, or what a member reported.
Result<void> runAllreduceBench(const AllreduceBenchOptions& options,
                               const std::function<void(const AllreduceBenchResult&)>& report);

}  // namespace longship
