#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/domain/shard_held.h"
#include "core/optimizer/optimizer.h"
#include "core/parameter_server/push_sums.h"
#include "core/parameter_server/shard_copy.h"
#include "core/parameter_server/shard_duties.h"
#include "core/parameter_server/shard_plan.h"
#include "core/parameter_server/wire.h"
#include "core/transport/mesh.h"

namespace longship {

/// A membership as a server needs it. Workers are ranks 0 to `workers` - 1, servers stand behind them.
struct ServerSeat {
    MembershipNumber membership = 0;
    Step baseStep = 0;
    std::uint32_t workers = 1;
    std::vector<ServerPlace> servers;  ///< By rank behind the workers.
    std::vector<bool> hasState;        ///< By rank, of all members: what it holds at the base counts.
};

/// A server of a run with `mode: sync`: hosts shards from one membership to the next.
///
/// At the start of a membership the servers tell each other what they hold at its base. Whoever has a new
/// duty asks the lowest server that holds the shard for it or, where none does, the worker that sent the
/// plan; when it has all, it says so. In a step the primary of a shard sums what the workers push, hands the
/// sum to its backup and applies it; the backup applies the same and acknowledges; only then do the workers
/// get the new parameters. So whatever a worker has seen is in both, and a primary that dies loses nothing
/// (replication after aggregation: Li et al., "Scaling Distributed Machine Learning with the Parameter
/// Server", OSDI 2014).
///
/// One thread, but for messages(); whoever interrupts does that to the mesh.
template <typename Real>
class ShardServer {
public:
    struct Options {
        std::uint32_t shards = 1;
        bool backup = true;
        OptimizerSpec optimizer;
        GradientSums sums = GradientSums::Float;
    };

    explicit ShardServer(Options options);

    /// Takes a seat and waits until this server hosts all that it is to. Fails as Mesh::receive() does;
    /// Corrupt when the members do not agree, Refused when nobody has a shard. Then it holds what it held.
    Result<void> enter(std::unique_ptr<Mesh> mesh, const ServerSeat& seat);

    /// Handles the next message. Fails as Mesh::receive() does.
    Result<void> advance(TimePoint deadline = TimePoint::max());

    void leave() { m_mesh.reset(); }

    /// The two parts of enter(): for whoever drives several servers on one thread.
    Result<void> start(std::unique_ptr<Mesh> mesh, const ServerSeat& seat);
    bool isReady() const { return m_isReady; }

    /// What it could go on from. By shard.
    std::vector<ShardHeld> held() const;
    std::size_t bytesHeld() const;
    std::uint64_t messages() const { return m_messages; }  ///< That were handled; any thread.

private:
    using ChunkName = std::pair<std::uint32_t, std::uint32_t>;  ///< Piece and chunk.

    /// A shard and this server's duty for it in the membership.
    struct Hosted {
        ShardCopy<Real> copy;
        std::size_t missing = 0;               ///< Chunks that it is still to be filled with.
        std::optional<PushSums<Real>> sums{};  ///< As its primary.
        std::optional<Rank> backup{};          ///< As its primary, where it has one.
        std::optional<Rank> primary{};         ///< As its backup.
        /// Sums that the backup has not acknowledged: the mesh reads them.
        std::map<ChunkName, std::vector<Real>> forwarded{};
    };

    // shard_server_entry.cpp
    Result<void> onPlan(const Frame& frame);
    Result<void> onInventory(const Frame& frame);
    Result<void> takeDuties();
    Result<void> host(std::uint32_t shard, const ShardDuty& duty);
    Result<void> askForFilling(std::uint32_t shard, Hosted& hosted);
    Result<void> onFillRequest(const Frame& frame);
    Result<void> onFill(const Frame& frame);
    Result<void> sayReadyWhenFilled();
    Result<void> onReady(const Frame& frame);
    void dropTheRest();

    // shard_server.cpp
    Result<void> handle(std::unique_ptr<Frame> frame);
    Result<void> onPush(std::unique_ptr<Frame> frame);
    Result<void> onForward(const Frame& frame);
    Result<void> onAck(const Frame& frame);
    Result<void> serve(Hosted& hosted, Step step, ChunkName chunk);
    Result<void> onStateRequest(const Frame& frame);
    Hosted* hostedPiece(const Frame& frame);
    Result<void> send(Rank to, ShardMessage kind, std::uint64_t operation, ChunkName chunk,
                      std::span<const std::byte> payload);
    tl::unexpected<Error> unexpected(const Frame& frame) const;
    Rank ownRank() const { return m_mesh->rank(); }
    Rank rankOf(std::size_t server) const { return m_seat.workers + static_cast<Rank>(server); }

    const Options m_options;
    const std::shared_ptr<const Optimizer<Real>> m_optimizer;
    std::optional<ShardPlan> m_plan;
    std::shared_ptr<const ShardMap> m_map;  ///< As the plan has it.
    std::map<std::uint32_t, Hosted> m_hosted;

    // Of the membership.
    std::unique_ptr<Mesh> m_mesh;
    ServerSeat m_seat;
    std::optional<Rank> m_root;  ///< The worker that sent the plan.
    bool m_rootHasState = false;
    std::map<Rank, std::set<std::uint32_t>> m_inventories;
    std::set<Rank> m_ready;
    std::map<std::uint32_t, Hosted> m_filling;
    bool m_hasDuties = false;
    bool m_isReady = false;
    std::vector<std::uint32_t> m_told;     ///< Inventory: the mesh reads it.
    std::vector<std::uint32_t> m_primary;  ///< The shards of which it is: the mesh reads it.
    std::atomic<std::uint64_t> m_messages = 0;
};

extern template class ShardServer<float>;
extern template class ShardServer<double>;

}  // namespace longship
