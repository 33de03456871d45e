#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "core/base/error.h"
#include "core/base/ids.h"
#include "core/base/result.h"

namespace longship {

/// What became of one copy. `error`: there is none, and why.
struct CheckpointOutcome {
    MembershipNumber membership = 0;
    Step step = 0;
    std::uint64_t samples = 0;
    std::uint64_t bytes = 0;
    std::string sha256;
    std::optional<Error> error;
};

/// Writes checkpoints to the disk beside the training, on a thread of its own, one at a time: the training
/// only copies its state into a buffer. While the disk is slower than that the next checkpoint is skipped.
/// A file is whole or not there: temporary name, fsync, rename, fsync of the folder; its manifest after it.
class CheckpointWriter {
public:
    using WriteFile = std::function<Result<void>(const std::filesystem::path&, std::string_view)>;
    struct Options {
        std::filesystem::path folder;  ///< Of the run; its siblings are those of the node's other runs.
        std::uint64_t budget = 0;      ///< Bytes that the checkpoints of all runs may take here; 0: any.
        std::uint64_t reserve = std::uint64_t{256} << 20;  ///< Bytes that stay free on the disk.
        WriteFile write;                                   ///< Empty: writeFileAtomically().
    };
    struct Order {
        MembershipNumber membership = 0;
        Step step = 0;
        std::uint64_t samples = 0;
        std::string image;
    };

    /// `tell` is called on the writer's thread, once for each order.
    CheckpointWriter(Options options, std::function<void(CheckpointOutcome)> tell);
    /// Ends after the file under way.
    ~CheckpointWriter();

    /// A buffer for the next image. None while a file is being written: `busyWith` is its step then.
    std::optional<std::string> lend();
    Step busyWith() const;

    /// The buffer comes back with the order.
    void write(Order order);

private:
    void run();
    CheckpointOutcome store(const Order& order);
    Result<void> checkRoom(std::uint64_t bytes) const;

    const Options m_options;
    const std::function<void(CheckpointOutcome)> m_tell;
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    std::optional<Order> m_order;
    Step m_step = 0;  ///< Being written.
    bool m_busy = false;
    bool m_ending = false;
    std::string m_spare;
    std::thread m_thread;
};

/// Bytes of all checkpoints of all runs below this folder.
std::uint64_t bytesOfCheckpoints(const std::filesystem::path& runs);

/// The file of a committed checkpoint. NotFound when there is none; Corrupt when its bytes have another hash.
Result<std::string> readCheckpointFile(const std::filesystem::path& folder, Step step,
                                       const std::string& sha256);

}  // namespace longship
