#include "core/parameter_server/shard_service.h"

#include <numeric>

#include "core/parameter_server/wire.h"

namespace longship {

template <typename Real>
ShardService<Real>::ShardService(Mesh& mesh, SynchronousShards<Real>& shards, std::uint32_t workers)
    : m_mesh(mesh), m_shards(shards), m_workers(workers) {
    std::iota(m_workers.begin(), m_workers.end(), Rank{0});
}

template <typename Real>
Result<void> ShardService<Real>::serveNext(TimePoint deadline) {
    LONGSHIP_ASSIGN(std::unique_ptr<Frame> push, m_mesh.receive(deadline, m_workers));
    if (m_shards.opensNextStep(*push)) {
        // What the step before the last sent is about to be written over. Whoever pushes has it all; others
        // may still be receiving.
        LONGSHIP_TRY(m_mesh.flush(deadline));
    }
    LONGSHIP_ASSIGN(const auto update, m_shards.push(std::move(push)));
    if (!update) {
        return {};
    }
    const FrameKey key =
        parameterKey(m_mesh.membership(), Exchange::Kind::Pull, update->step, update->piece, update->chunk);
    for (const Rank worker : m_workers) {
        LONGSHIP_TRY(m_mesh.send(worker, key, update->parameters));
    }
    return {};
}

template class ShardService<float>;
template class ShardService<double>;

}  // namespace longship
