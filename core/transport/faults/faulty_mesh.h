#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/transport/data_mesh.h"
#include "core/transport/faults/link_faults.h"

namespace longship {

/// A data port whose links can be cut and slowed on purpose. `names` tells who a member is, by rank, before a
/// membership is entered.
class FaultyDataPort final : public DataPort {
public:
    FaultyDataPort(std::unique_ptr<DataPort> port, std::shared_ptr<LinkFaults> faults);

    const std::string& endpoint() const override { return m_port->endpoint(); }
    /// Waits, as for a machine that does not answer, while a peer is cut off.
    Result<std::unique_ptr<Mesh>> enter(const DataPlan& plan) override;
    void interrupt(MembershipNumber through) override;

private:
    Result<void> waitForPeers(const DataPlan& plan);

    const std::unique_ptr<DataPort> m_port;
    const std::shared_ptr<LinkFaults> m_faults;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    MembershipNumber m_interruptedThrough = 0;
};

/// The links of a membership, with faults: what is sent to or comes from a peer that is cut off is held until
/// it has healed, in order; on a slow link everything is held until it would have got through.
class FaultyMesh final : public Mesh {
public:
    /// `names`: of the members, by rank, as LinkFaults knows them.
    FaultyMesh(std::unique_ptr<Mesh> mesh, std::shared_ptr<LinkFaults> faults,
               std::vector<std::string> names);
    ~FaultyMesh() override;

    Rank rank() const override { return m_mesh->rank(); }
    std::uint32_t size() const override { return m_mesh->size(); }
    MembershipNumber membership() const override { return m_mesh->membership(); }
    Result<void> send(Rank to, const FrameKey& key, std::span<const std::byte> payload) override;
    std::uint64_t sendsDone() const override { return m_mesh->sendsDone(); }
    Result<void> flush(TimePoint deadline) override;
    Result<std::unique_ptr<Frame>> receive(TimePoint deadline, std::span<const Rank> awaited) override;
    void abandon() override;
    void setUrgent(bool urgent) override { m_mesh->setUrgent(urgent); }
    void interrupt() override;
    std::uint64_t bytesSent() const override { return m_mesh->bytesSent(); }
    std::uint64_t bytesReceived() const override { return m_mesh->bytesReceived(); }

private:
    struct HeldSend {
        Rank to;
        FrameKey key;
        std::span<const std::byte> payload;
        TimePoint due;
    };
    struct HeldFrame {
        std::unique_ptr<Frame> frame;
        TimePoint due;
    };

    bool isAtWork() const { return m_faults->any() || !m_sends.empty() || !m_frames.empty() || m_broken; }
    bool isCut(Rank peer, TimePoint now) { return m_faults->isCut(m_names[peer], now); }
    bool isAnyCut(TimePoint now);
    TimePoint dueOf(Throttle& throttle, std::size_t bytes, TimePoint now);
    bool mustWait(Rank peer, TimePoint due, TimePoint now);
    Result<void> sendDue(TimePoint now);
    std::unique_ptr<Frame> takeDue(TimePoint now);
    TimePoint nextLook(TimePoint now, TimePoint deadline);
    bool sleepUntil(TimePoint time);
    std::optional<Result<std::unique_ptr<Frame>>> absorb(Result<std::unique_ptr<Frame>> received,
                                                         TimePoint waitedUntil);
    Result<std::unique_ptr<Frame>> receiveWithFaults(TimePoint deadline, std::span<const Rank> awaited);

    const std::unique_ptr<Mesh> m_mesh;
    const std::shared_ptr<LinkFaults> m_faults;
    const std::vector<std::string> m_names;
    const TimePoint m_created;
    std::deque<HeldSend> m_sends;
    std::deque<HeldFrame> m_frames;
    Throttle m_out;
    Throttle m_in;
    std::optional<Error> m_broken;  ///< What this side learns when it has healed.

    std::mutex m_mutex;  ///< Guards what follows.
    std::condition_variable m_changed;
    bool m_interrupted = false;
};

}  // namespace longship
