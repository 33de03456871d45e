#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/parameter_server/wire.h"
#include "core/transport/data_mesh.h"

namespace longship::test {

/// A push as a mesh hands it over.
template <typename Number>
std::unique_ptr<Frame> pushOf(Rank from, Step step, std::uint32_t piece, std::uint32_t chunk,
                              const std::vector<Number>& values) {
    const auto meshes = makeMemoryMeshes(from + 2, 1);
    const auto sent = meshes[from]->send(from + 1, shardKey(1, ShardMessage::Push, step, piece, chunk),
                                         std::as_bytes(std::span(values)));
    return sent ? meshes[from + 1]->receive(BootClock::now()).value() : nullptr;
}

}  // namespace longship::test
