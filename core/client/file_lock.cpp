#include "core/client/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/clock.h"
#include "core/client/file_watch.h"

namespace longship {

Result<FileLock> FileLock::take(const std::filesystem::path& path, std::chrono::milliseconds patience) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return failure(ErrorKind::Io,
                       fmt::format("Could not open {}: {}.", path.string(), std::strerror(errno)));
    }
    FileLock lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) {
        return lock;
    }
    // flock(2) has no timeout, but its holder closes the file when it is done, and that can be waited for.
    LONGSHIP_ASSIGN(FileWatch watch, FileWatch::open(path, FileWatch::For::Closing));
    const TimePoint deadline = BootClock::now() + patience;
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return failure(ErrorKind::Io,
                           fmt::format("Could not lock {}: {}.", path.string(), std::strerror(errno)));
        }
        if (BootClock::now() >= deadline) {
            return failure(
                ErrorKind::Unavailable,
                fmt::format("Another Longship program has been holding {} for {} s. Try again when "
                            "it is done.",
                            path.string(), patience.count() / 1000));
        }
        watch.wait(deadline);
    }
    return lock;
}

FileLock::~FileLock() {
    if (m_descriptor >= 0) {
        ::close(m_descriptor);
    }
}

FileLock::FileLock(FileLock&& other) noexcept : m_descriptor(std::exchange(other.m_descriptor, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
    std::swap(m_descriptor, other.m_descriptor);
    return *this;
}

}  // namespace longship
