#include "agent/daemon/log_writer.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace longship {
namespace {

constexpr std::chrono::milliseconds kTryAgain{500};
// A healthy disk syncs within milliseconds, one that is busy with somebody else's data within a second.
constexpr std::chrono::seconds kPatience{2};

}  // namespace

Result<std::unique_ptr<LogWriter>> LogWriter::open(const std::filesystem::path& path,
                                                   std::function<void()> wake,
                                                   std::shared_ptr<const DiskFaults> faults) {
    LONGSHIP_ASSIGN(auto store, LogStore::open(path, std::move(faults)));
    return std::unique_ptr<LogWriter>(new LogWriter(std::move(store), path, std::move(wake)));
}

LogWriter::LogWriter(std::unique_ptr<LogStore> store, std::filesystem::path path, std::function<void()> wake)
    : m_store(std::move(store)),
      m_path(std::move(path)),
      m_wake(std::move(wake)),
      m_found(m_store->log()),
      m_notice(m_store->notice()),
      m_thread([this] { loop(); }) {}

LogWriter::~LogWriter() {
    {
        const std::lock_guard lock(m_mutex);
        m_closing = true;
    }
    m_changed.notify_all();
    m_thread.join();
}

void LogWriter::write(Write write) {
    {
        const std::lock_guard lock(m_mutex);
        m_queue.push_back(std::move(write));
        m_waitingSince = m_waitingSince.value_or(BootClock::now());
    }
    m_changed.notify_all();
}

void LogWriter::loop() {
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_changed.wait(lock, [&] { return m_closing || m_waitingSince; });
        if (!m_waitingSince) {
            return;
        }
        store(lock);
        if (!m_refusal.empty()) {
            if (m_closing) {
                return;
            }
            m_changed.wait_for(lock, kTryAgain, [&] { return m_closing; });
        }
    }
}

/// One write of all that waits. The store keeps what it was given, also when it fails.
void LogWriter::store(std::unique_lock<std::mutex>& lock) {
    std::vector<LogWrite> changes;
    for (Write& write : m_queue) {
        m_taken = write.number;
        changes.push_back(std::move(write.change));
    }
    m_queue.clear();
    lock.unlock();
    const auto stored = m_store->write(changes);
    lock.lock();
    if (stored) {
        m_written = m_taken;
        m_refusal.clear();
        m_waitingSince = m_queue.empty() ? std::nullopt : std::optional(BootClock::now());
    } else {
        m_refusal = stored.error().text;
    }
    lock.unlock();
    m_wake();
    lock.lock();
}

std::uint64_t LogWriter::written() const {
    const std::lock_guard lock(m_mutex);
    return m_written;
}

std::string LogWriter::problem(TimePoint now) const {
    const std::lock_guard lock(m_mutex);
    if (!m_refusal.empty() || !m_waitingSince || now - *m_waitingSince < kPatience) {
        return m_refusal;
    }
    return fmt::format(
        "The disk does not answer: the replicated log {} has been waiting for it for {:.0f} s.",
        m_path.string(), toSeconds(now - *m_waitingSince));
}

}  // namespace longship
