#pragma once

#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/parameter_server/synchronous_shards.h"
#include "core/transport/mesh.h"

namespace longship {

/// A server's seat in one membership: takes the workers' pushes from the mesh and sends them the new
/// parameters. Workers are ranks 0 to workers - 1. One thread.
template <typename Real>
class ShardService {
public:
    ShardService(Mesh& mesh, SynchronousShards<Real>& shards, std::uint32_t workers);

    /// Handles the next message. Fails as Mesh::receive() does, waiting for workers: servers may be done.
    Result<void> serveNext(TimePoint deadline);

private:
    Mesh& m_mesh;
    SynchronousShards<Real>& m_shards;
    std::vector<Rank> m_workers;
};

extern template class ShardService<float>;
extern template class ShardService<double>;

}  // namespace longship
