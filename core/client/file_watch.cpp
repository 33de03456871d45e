#include "core/client/file_watch.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace longship {

Result<FileWatch> FileWatch::open(const std::filesystem::path& path, For event) {
    const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    FileWatch watch(descriptor);
    const std::uint32_t mask = event == For::Appearing ? IN_MOVED_TO | IN_CLOSE_WRITE | IN_CREATE : IN_CLOSE;
    if (descriptor < 0 || ::inotify_add_watch(descriptor, path.c_str(), mask) < 0) {
        return failure(ErrorKind::Io,
                       fmt::format("Could not watch {}: {}.", path.string(), std::strerror(errno)));
    }
    return watch;
}

FileWatch::~FileWatch() {
    if (m_descriptor >= 0) {
        ::close(m_descriptor);
    }
}

FileWatch::FileWatch(FileWatch&& other) noexcept : m_descriptor(std::exchange(other.m_descriptor, -1)) {}

FileWatch& FileWatch::operator=(FileWatch&& other) noexcept {
    std::swap(m_descriptor, other.m_descriptor);
    return *this;
}

void FileWatch::wait(TimePoint deadline) {
    pollfd entry{m_descriptor, POLLIN, 0};
    if (::poll(&entry, 1, pollTimeout(deadline)) > 0) {
        std::array<char, 4096> events;
        while (::read(m_descriptor, events.data(), events.size()) > 0) {
        }
    }
}

int pollTimeout(TimePoint deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - BootClock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000));
}

}  // namespace longship
