#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/parameter_server/shard_map.h"
#include "core/parameter_server/shard_plan.h"
#include "core/transport/mesh.h"

namespace longship {

/// The pushes that the primary of a shard has in one membership. A chunk's gradient is complete when every
/// worker has pushed it. A push that was sent again is dropped. Pure; one thread.
template <typename Real>
class PushSums {
public:
    /// `base`: the number of the first update. Workers are ranks 0 to `workers` - 1.
    PushSums(std::shared_ptr<const ShardMap> map, std::uint32_t shard, GradientSums sums,
             std::uint32_t workers, Step base);

    /// The sum over all workers, when this push was the last that its chunk waited for. Corrupt when no
    /// worker of this membership could have sent it.
    Result<std::optional<std::vector<Real>>> take(std::unique_ptr<Frame> push);

private:
    struct Chunk {
        Step step = 0;  ///< The update that it waits for.
        std::vector<std::unique_ptr<Frame>> pushes;
        std::uint32_t count = 0;
    };

    Chunk* find(const FrameKey& key);
    bool fits(const Frame& push) const;
    std::vector<Real> sumOf(const Chunk& chunk, std::size_t elements) const;

    std::shared_ptr<const ShardMap> m_map;
    std::uint32_t m_shard;
    GradientSums m_sums;
    std::uint32_t m_workers;
    std::vector<std::vector<Chunk>> m_chunks;  ///< By piece; empty for those of other shards.
};

extern template class PushSums<float>;
extern template class PushSums<double>;

}  // namespace longship
