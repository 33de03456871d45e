#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <utility>

#include "core/base/check.h"
#include "core/transport/data_mesh.h"

namespace longship {
namespace {

class MemoryFrame final : public Frame {
public:
    MemoryFrame(Rank from, const FrameKey& key, std::span<const std::byte> payload)
        : m_from(from), m_key(key), m_payload(payload.begin(), payload.end()) {}

    Rank from() const override { return m_from; }
    const FrameKey& key() const override { return m_key; }
    std::span<const std::byte> payload() const override { return m_payload; }

private:
    Rank m_from;
    FrameKey m_key;
    std::vector<std::byte> m_payload;
};

/// One member's mailbox, written by its peers.
struct Mailbox {
    std::deque<std::unique_ptr<Frame>> frames;
    bool isOpen = true;
    bool leftInOrder = false;
    bool isInterrupted = false;
    std::condition_variable changed;
};

/// What all meshes of one makeMemoryMeshes() share; it lives as long as one of them does.
struct Exchange {
    explicit Exchange(std::uint32_t size) : mailboxes(size) {}

    std::mutex mutex;
    std::vector<Mailbox> mailboxes;
};

class MemoryMesh final : public Mesh {
public:
    MemoryMesh(std::shared_ptr<Exchange> exchange, Rank rank, MembershipNumber membership)
        : m_exchange(std::move(exchange)), m_rank(rank), m_membership(membership) {}
    ~MemoryMesh() override { close(true); }

    Rank rank() const override { return m_rank; }
    std::uint32_t size() const override { return static_cast<std::uint32_t>(m_exchange->mailboxes.size()); }
    MembershipNumber membership() const override { return m_membership; }
    std::uint64_t sendsDone() const override { return m_sends; }
    std::uint64_t bytesSent() const override { return m_bytesSent.load(std::memory_order_relaxed); }
    std::uint64_t bytesReceived() const override { return m_bytesReceived.load(std::memory_order_relaxed); }

    Result<void> send(Rank to, const FrameKey& key, std::span<const std::byte> payload) override;
    Result<void> flush(TimePoint deadline) override;
    Result<std::unique_ptr<Frame>> receive(TimePoint deadline, std::span<const Rank> awaited) override;
    void abandon() override { close(false); }
    void setUrgent(bool /*urgent*/) override {}
    void interrupt() override;

private:
    Mailbox& own() const { return m_exchange->mailboxes[m_rank]; }
    std::string seat() const { return fmt::format("Rank {} of membership {}", m_rank, m_membership); }
    Result<void> checkLinks(std::span<const Rank> awaited) const;
    void close(bool inOrder);

    const std::shared_ptr<Exchange> m_exchange;
    const Rank m_rank;
    const MembershipNumber m_membership;
    std::uint64_t m_sends = 0;
    std::atomic<std::uint64_t> m_bytesSent{0};
    std::atomic<std::uint64_t> m_bytesReceived{0};
};

/// With the mutex held: whether this member and the peers it needs are there.
Result<void> MemoryMesh::checkLinks(std::span<const Rank> awaited) const {
    if (own().isInterrupted) {
        return failure(ErrorKind::Interrupted, fmt::format("{}: interrupted.", seat()));
    }
    if (!own().isOpen) {
        return failure(ErrorKind::Unavailable, fmt::format("{}: the links were already dropped.", seat()));
    }
    std::string who;
    for (Rank rank = 0; rank < size(); ++rank) {
        const Mailbox& peer = m_exchange->mailboxes[rank];
        const bool isAwaited = awaited.empty() || std::ranges::find(awaited, rank) != awaited.end();
        if (!peer.isOpen && (isAwaited || !peer.leftInOrder)) {
            who += fmt::format("{}rank {}", who.empty() ? "" : ", ", rank);
        }
    }
    if (!who.empty()) {
        return failure(ErrorKind::Unavailable, fmt::format("{}: the data link to {} broke.", seat(), who));
    }
    return {};
}

Result<void> MemoryMesh::send(Rank to, const FrameKey& key, std::span<const std::byte> payload) {
    LONGSHIP_CHECK(to < size() && to != rank(), "a member sends to its peers only");
    LONGSHIP_CHECK(payload.size() <= kPayloadMax, "a payload is cut into chunks before it is sent");
    auto frame = std::make_unique<MemoryFrame>(m_rank, key, payload);
    const std::lock_guard lock(m_exchange->mutex);
    Mailbox& target = m_exchange->mailboxes[to];
    if (!target.isOpen || !own().isOpen) {
        LONGSHIP_TRY(checkLinks(std::span(&to, 1)));
    }
    ++m_sends;
    m_bytesSent.fetch_add(payload.size(), std::memory_order_relaxed);
    if (key.membership == m_membership) {
        target.frames.push_back(std::move(frame));
        target.changed.notify_one();
    }
    return {};
}

Result<void> MemoryMesh::flush(TimePoint) {
    const std::lock_guard lock(m_exchange->mutex);
    if (own().isInterrupted) {
        return checkLinks({});
    }
    return {};
}

Result<std::unique_ptr<Frame>> MemoryMesh::receive(TimePoint deadline, std::span<const Rank> awaited) {
    std::unique_lock lock(m_exchange->mutex);
    for (;;) {
        if (own().isInterrupted || !own().isOpen || own().frames.empty()) {
            LONGSHIP_TRY(checkLinks(awaited));
        }
        if (!own().frames.empty()) {
            std::unique_ptr<Frame> frame = std::move(own().frames.front());
            own().frames.pop_front();
            m_bytesReceived.fetch_add(frame->payload().size(), std::memory_order_relaxed);
            return frame;
        }
        if (BootClock::now() >= deadline) {
            return failure(
                ErrorKind::Unavailable,
                fmt::format("{}: no message from any of the {} peers came in time.", seat(), size() - 1));
        }
        const Duration patience = std::min<Duration>(deadline - BootClock::now(), std::chrono::hours(1));
        own().changed.wait_for(lock, patience);
    }
}

void MemoryMesh::close(bool inOrder) {
    const std::lock_guard lock(m_exchange->mutex);
    if (!own().isOpen) {
        return;
    }
    own().leftInOrder = inOrder && checkLinks(std::span(&m_rank, 1)).has_value();
    own().isOpen = false;
    own().frames.clear();
    for (Mailbox& mailbox : m_exchange->mailboxes) {
        mailbox.changed.notify_all();
    }
}

void MemoryMesh::interrupt() {
    const std::lock_guard lock(m_exchange->mutex);
    own().isInterrupted = true;
    own().changed.notify_all();
}

}  // namespace

std::vector<std::unique_ptr<Mesh>> makeMemoryMeshes(std::uint32_t size, MembershipNumber membership) {
    auto exchange = std::make_shared<Exchange>(size);
    std::vector<std::unique_ptr<Mesh>> meshes;
    for (Rank rank = 0; rank < size; ++rank) {
        meshes.push_back(std::make_unique<MemoryMesh>(exchange, rank, membership));
    }
    return meshes;
}

}  // namespace longship
