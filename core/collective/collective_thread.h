#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/collective/communicator.h"

namespace longship {

/// Runs a communicator on a thread of its own, so that buckets are reduced while backward still computes.
/// Operations are executed in the order of submission, which must be the same on every rank.
class CollectiveThread {
public:
    using Values = std::variant<std::span<float>, std::span<double>, std::span<std::int64_t>>;

    /// `make` is called on the new thread, which owns the sockets from the first moment.
    explicit CollectiveThread(std::function<Result<std::unique_ptr<Communicator>>()> make);
    ~CollectiveThread();  ///< Interrupts what runs, then joins.

    /// Waits until the communicator is up: Result of `make`.
    Result<void> started();

    Rank rank() const;
    std::uint32_t size() const;

    /// The memory belongs to the thread until the future is ready. After an error every later operation fails
    /// too.
    std::future<Result<void>> allreduce(Values values);
    std::future<Result<std::vector<std::vector<std::byte>>>> allgather(std::vector<std::byte> mine);
    std::future<Result<void>> broadcast(std::span<std::byte> bytes, Rank root);
    std::future<Result<void>> relay(std::span<std::byte> bytes, Rank root, std::vector<bool> receives);

    /// See Communicator::perform(); called on the thread.
    std::future<Result<void>> perform(std::function<Result<void>(Exchange&)> operation);

    /// Any thread: makes everything running and queued fail with Interrupted.
    void interrupt();

    std::uint64_t bytesSent() const;
    std::uint64_t bytesReceived() const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

}  // namespace longship
