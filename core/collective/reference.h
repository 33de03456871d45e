#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/collective/communicator.h"

namespace longship {

/// What an allreduce over one vector per rank must give, bit by bit, in the slowest and most obvious way: one
/// element after the other, in the order of additions that Communicator promises: by rank for small vectors,
/// and starting at the rank of the element's segment for large ones. The oracle of the tests.
template <typename T>
std::vector<T> referenceAllreduce(std::span<const std::vector<T>> inputs,
                                  const Communicator::Options& options = {});

}  // namespace longship
