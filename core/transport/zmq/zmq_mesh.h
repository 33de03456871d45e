#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "core/transport/data_mesh.h"
#include "core/transport/zmq/brief_wait.h"
#include "core/transport/zmq/data_sockets.h"
#include "core/transport/zmq/link_watch.h"
#include "core/transport/zmq/refusal_probe.h"

namespace longship::zeromq {

/// What the entry into a membership leaves to the mesh: the links, proven in both directions.
struct ProvenLinks {
    std::vector<zmq::socket_t> dealers;  ///< By rank; our own is empty.
    std::vector<int> descriptors;        ///< By rank: of our own connection to it; -1: none.
    std::map<int, Rank> ranks;           ///< Which incoming connection belongs to whom, by descriptor.
    std::deque<DataMessage> early;       ///< Data that came before the entry was complete here.
};

class ZmqMesh final : public Mesh {
public:
    ZmqMesh(std::shared_ptr<DataSockets> sockets, DataPlan plan, ProvenLinks links);
    ~ZmqMesh() override;

    Rank rank() const override { return m_plan.rank; }
    std::uint32_t size() const override { return static_cast<std::uint32_t>(m_plan.peers.size()); }
    MembershipNumber membership() const override { return m_plan.membership; }
    Result<void> send(Rank to, const FrameKey& key, std::span<const std::byte> payload) override;
    std::uint64_t sendsDone() const override { return m_copied + m_sockets->tally.done() - m_tallyBase; }
    Result<void> flush(TimePoint deadline) override;
    Result<std::unique_ptr<Frame>> receive(TimePoint deadline, std::span<const Rank> awaited) override;
    void abandon() override;
    void setUrgent(bool urgent) override { m_urgent = urgent; }
    void interrupt() override;
    std::uint64_t bytesSent() const override { return m_bytesSent.load(std::memory_order_relaxed); }
    std::uint64_t bytesReceived() const override { return m_bytesReceived.load(std::memory_order_relaxed); }

private:
    bool trySend(Rank to, const DataHeader& header, std::span<const std::byte> payload);
    std::optional<DataMessage> takeData();
    void keepEarly();
    void leaveInOrder();
    DataHeader makeHeader(DataKind kind) const;
    void noteClosed();
    Result<void> checkSilence(TimePoint now);
    void confirmSilence(TimePoint now);
    void probe(std::span<const Rank> awaited, TimePoint now);
    void reportTroubles(TimePoint now);
    Result<void> checkLinks(std::span<const Rank> awaited) const;
    void pollFor(Duration patience, bool forSends);
    bool allSendsDone() const { return sendsDone() == m_sends; }
    tl::unexpected<Error> lostFailure() const;
    tl::unexpected<Error> interruptedFailure() const;
    std::string seat() const;

    const std::shared_ptr<DataSockets> m_sockets;
    const DataPlan m_plan;
    const TokenHash m_token;
    ProvenLinks m_links;
    std::set<Rank> m_lost;  ///< Without a goodbye.
    std::set<Rank> m_left;
    LinkWatch m_watch;
    std::map<Rank, std::unique_ptr<RefusalProbe>> m_reaches;  ///< Tries to reach those that seem silent.
    bool m_abandoned = false;
    std::uint64_t m_sends = 0;
    std::uint64_t m_copied = 0;  // Sends whose bytes were copied: done at once.
    BriefWait m_briefWait;
    bool m_urgent = false;
    const std::uint64_t m_tallyBase;
    int m_routerDescriptor = -1;
    int m_monitorDescriptor = -1;
    std::atomic<std::uint64_t> m_bytesSent{0};
    std::atomic<std::uint64_t> m_bytesReceived{0};
};

}  // namespace longship::zeromq
