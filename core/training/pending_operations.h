#pragma once

#include <cstddef>
#include <functional>
#include <future>
#include <optional>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/collective/collective_thread.h"

namespace longship {

/// The collective operations that one step has under way. Their memory belongs to the collective thread until
/// they are done, so this object does not end before they are; if it ends without their having been waited
/// for, it interrupts the membership. Without collectives (a single member) every operation is done at once.
class PendingOperations {
public:
    explicit PendingOperations(CollectiveThread* collectives) : m_collectives(collectives) {}
    ~PendingOperations();
    PendingOperations(const PendingOperations&) = delete;
    PendingOperations& operator=(const PendingOperations&) = delete;

    void startGather(std::vector<std::byte> mine);
    /// Sums, relays and what is served are numbered from 0 in the order of starting.
    void startSum(CollectiveThread::Values values);
    void startRelay(std::span<std::byte> bytes, Rank root, std::vector<bool> receives);
    /// An exchange with servers (Communicator::perform). There are collectives, then.
    void startServed(std::function<Result<void>(Exchange&)> operation);

    /// Every member's bytes by rank. Call once after startGather.
    Result<std::vector<std::vector<std::byte>>> gathered();
    /// Waits for one of them. Call once for each.
    Result<void> done(std::size_t number);

private:
    using Gathered = Result<std::vector<std::vector<std::byte>>>;

    CollectiveThread* m_collectives;
    std::vector<std::byte> m_mine;
    std::optional<std::future<Gathered>> m_gather;
    std::vector<std::future<Result<void>>> m_others;
};

}  // namespace longship
