#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "core/transport/mesh.h"

namespace longship::test {

/// What goes wrong on one member's mesh, and when. Shared with the test; any thread.
struct Fault {
    static constexpr int kNever = -1;

    std::atomic<int> sends{0};              ///< Sent so far.
    std::atomic<int> sendsLeft{kNever};     ///< The send after so many more fails, and all later ones.
    std::atomic<int> receivesLost{kNever};  ///< After so many more sends, all receives fail.
    std::function<void()> beforeLoss;       ///< Called before the first receive that fails.
};

/// A mesh with a fault: how a member looks to the others that dies in the middle of something.
class FaultyMesh final : public Mesh {
public:
    FaultyMesh(std::unique_ptr<Mesh> inner, std::shared_ptr<Fault> fault)
        : m_inner(std::move(inner)), m_fault(std::move(fault)) {}

    Rank rank() const override { return m_inner->rank(); }
    std::uint32_t size() const override { return m_inner->size(); }
    MembershipNumber membership() const override { return m_inner->membership(); }

    Result<void> send(Rank to, const FrameKey& key, std::span<const std::byte> payload) override {
        if (m_fault->sendsLeft == 0) {
            return failure(ErrorKind::Unavailable, "The link was cut by the test.");
        }
        for (std::atomic<int>* left : {&m_fault->sendsLeft, &m_fault->receivesLost}) {
            if (*left > 0) {
                --*left;
            }
        }
        ++m_fault->sends;
        return m_inner->send(to, key, payload);
    }

    Result<std::unique_ptr<Frame>> receive(TimePoint deadline, std::span<const Rank> awaited) override {
        if (m_fault->receivesLost == 0) {
            if (m_fault->beforeLoss) {
                std::exchange(m_fault->beforeLoss, {})();
            }
            return failure(ErrorKind::Unavailable, "The link was cut by the test.");
        }
        return m_inner->receive(deadline, awaited);
    }

    std::uint64_t sendsDone() const override { return m_inner->sendsDone(); }
    Result<void> flush(TimePoint deadline) override { return m_inner->flush(deadline); }
    void abandon() override { m_inner->abandon(); }
    void setUrgent(bool urgent) override { m_inner->setUrgent(urgent); }
    void interrupt() override { m_inner->interrupt(); }
    std::uint64_t bytesSent() const override { return m_inner->bytesSent(); }
    std::uint64_t bytesReceived() const override { return m_inner->bytesReceived(); }

private:
    std::unique_ptr<Mesh> m_inner;
    std::shared_ptr<Fault> m_fault;
};

}  // namespace longship::test
