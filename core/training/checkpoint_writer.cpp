#include "core/training/checkpoint_writer.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "core/base/digest.h"
#include "core/base/files.h"
#include "core/domain/checkpoint.h"

namespace longship {
namespace {

constexpr int kNiceness = 10;  // The training's own threads go first.
constexpr double kMebibyte = 1024.0 * 1024.0;

double inMebibytes(std::uint64_t bytes) {
    return static_cast<double>(bytes) / kMebibyte;
}

std::string manifestOf(const CheckpointOutcome& outcome) {
    return nlohmann::json{{"kind", "longship checkpoint 1"},
                          {"step", outcome.step},
                          {"samples", outcome.samples},
                          {"bytes", outcome.bytes},
                          {"sha256", outcome.sha256},
                          {"membership", outcome.membership},
                          {"file", checkpointFileName(outcome.step)}}
               .dump(2) +
           "\n";
}

}  // namespace

CheckpointWriter::CheckpointWriter(Options options, std::function<void(CheckpointOutcome)> tell)
    : m_options(std::move(options)), m_tell(std::move(tell)), m_thread([this] { run(); }) {}

CheckpointWriter::~CheckpointWriter() {
    {
        const std::lock_guard lock(m_mutex);
        m_ending = true;
    }
    m_changed.notify_all();
    m_thread.join();
}

std::optional<std::string> CheckpointWriter::lend() {
    const std::lock_guard lock(m_mutex);
    if (m_busy || m_order) {
        return std::nullopt;
    }
    return std::exchange(m_spare, std::string());
}

Step CheckpointWriter::busyWith() const {
    const std::lock_guard lock(m_mutex);
    return m_order ? m_order->step : m_step;
}

void CheckpointWriter::write(Order order) {
    {
        const std::lock_guard lock(m_mutex);
        m_order = std::move(order);
    }
    m_changed.notify_all();
}

void CheckpointWriter::run() {
    // On Linux a thread has a niceness of its own. Without it the writing only is less polite.
    static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness));
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_changed.wait(lock, [this] { return m_order || m_ending; });
        if (!m_order) {
            return;
        }
        Order order = std::move(*std::exchange(m_order, std::nullopt));
        m_step = order.step;
        m_busy = true;
        lock.unlock();
        CheckpointOutcome outcome = store(order);
        lock.lock();
        m_spare = std::move(order.image);
        m_busy = false;
        lock.unlock();
        m_tell(std::move(outcome));
        lock.lock();
    }
}

CheckpointOutcome CheckpointWriter::store(const Order& order) {
    CheckpointOutcome outcome{order.membership, order.step, order.samples, order.image.size(), {}, {}};
    outcome.sha256 = sha256Hex(std::as_bytes(std::span(order.image)));
    const auto write = [&](const std::string& name, std::string_view bytes) {
        const std::filesystem::path path = m_options.folder / name;
        return m_options.write ? m_options.write(path, bytes) : writeFileAtomically(path, bytes);
    };
    const auto stored = [&]() -> Result<void> {
        LONGSHIP_TRY(checkRoom(order.image.size()));
        LONGSHIP_TRY(write(checkpointFileName(order.step), order.image));
        return write(checkpointManifestName(order.step), manifestOf(outcome));
    }();
    if (!stored) {
        outcome.error = stored.error();
    }
    return outcome;
}

/// Before anything is written: a disk that is full to the last byte would hurt the run's records, too.
Result<void> CheckpointWriter::checkRoom(std::uint64_t bytes) const {
    std::error_code code;
    const auto space = std::filesystem::space(m_options.folder, code);
    if (!code && space.available < bytes + m_options.reserve) {
        return failure(
            ErrorKind::Exhausted,
            fmt::format("The disk is almost full: {:.0f} MiB are free in {}, and a checkpoint takes "
                        "{:.1f} MiB. Free some space; the next checkpoint tries again.",
                        inMebibytes(space.available), m_options.folder.string(), inMebibytes(bytes)));
    }
    if (m_options.budget == 0) {
        return {};
    }
    const std::uint64_t taken = bytesOfCheckpoints(m_options.folder.parent_path());
    if (taken + bytes > m_options.budget) {
        return failure(
            ErrorKind::Exhausted,
            fmt::format("The checkpoints of this node take {:.1f} MiB, and with {:.1f} MiB more they "
                        "would go beyond its budget of {:.1f} MiB.",
                        inMebibytes(taken), inMebibytes(bytes), inMebibytes(m_options.budget)));
    }
    return {};
}

std::uint64_t bytesOfCheckpoints(const std::filesystem::path& runs) {
    namespace fs = std::filesystem;
    std::uint64_t bytes = 0;
    std::error_code code;
    for (fs::directory_iterator run(runs, code), end; !code && run != end; run.increment(code)) {
        std::error_code inner;
        for (fs::directory_iterator file(run->path(), inner); !inner && file != end; file.increment(inner)) {
            if (checkpointStepOf(file->path().filename().string())) {
                std::error_code ignored;
                const auto size = file->file_size(ignored);
                bytes += ignored ? 0 : size;
            }
        }
    }
    return bytes;
}

Result<std::string> readCheckpointFile(const std::filesystem::path& folder, Step step,
                                       const std::string& sha256) {
    const std::filesystem::path path = folder / checkpointFileName(step);
    LONGSHIP_ASSIGN(std::string image, readFile(path, std::numeric_limits<std::size_t>::max()));
    if (sha256Hex(std::as_bytes(std::span(image))) != sha256) {
        return failure(
            ErrorKind::Corrupt,
            fmt::format("{} is damaged: its bytes are not those that were committed.", path.string()));
    }
    return image;
}

}  // namespace longship
