#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/result.h"

namespace longship {

struct ParameterServerBenchOptions {
    std::uint32_t workers = 2;
    std::uint32_t servers = 2;
    bool encrypted = true;
    bool backup = false;
    std::vector<std::size_t> sizes{std::size_t{4} << 20, std::size_t{64} << 20};  ///< Bytes of parameters.
    std::uint32_t iterations = 20;                                                ///< Timed ones per size.
};

struct ParameterServerBenchResult {
    std::uint32_t workers = 0;
    std::uint32_t servers = 0;
    std::size_t bytes = 0;
    bool encrypted = true;
    bool backup = false;
    double timeMs = 0;  ///< Median over the iterations of the slowest worker's push and pull of everything.
    double gbitS = 0;   ///< Pushed and pulled by each worker, in 10^9 bits a second: 2 · bytes · 8 / time.
};

/// Times pushes of float32 gradients and pulls of new parameters between workers and servers that add them
/// and take a step of plain SGD, with a copy of each shard on a second server where `backup` says so; each a
/// process of its own with a data port on 127.0.0.1, and checks every parameter. Calls `report` after each
/// size. The processes are forked from this one, which must not have started any thread yet. BadInput,
/// Unavailable, or what a member reported.
Result<void> runParameterServerBench(const ParameterServerBenchOptions& options,
                                     const std::function<void(const ParameterServerBenchResult&)>& report);

}  // namespace longship
