#pragma once

#include <memory>
#include <mutex>

#include "agent/member/member_work.h"
#include "core/parameter_server/shard_server.h"

namespace longship {

/// What a server does: hosts shards of the parameters. It has no data, no libtorch and no end of its own: it
/// serves until its agent ends it. Waits for messages as long as it takes: one that nobody asks is no fault.
class ServingWork final : public MemberWork {
public:
    Result<Prepared> prepare(Tools tools) override;
    Result<void> enter(const Place& place) override;
    Result<void> follow(const Place& place) override;
    void leave() override;
    Standing standing() const override;
    void interrupt(MembershipNumber through) override;
    void requestStop() override {}
    WorkerMachine::Progress progress() const override;

private:
    mutable std::mutex m_mutex;  ///< For the pointers, which the control thread uses.
    std::unique_ptr<ShardServer<float>> m_server;
    Mesh* m_mesh = nullptr;  ///< Of the membership under way; the server's.
    MembershipNumber m_interruptedThrough = 0;
};

}  // namespace longship
