#pragma once

#include <cstdint>
#include <filesystem>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace longship {

/// Waits for changes of one file or folder (inotify). Look at what you wait for after opening the watch and
/// after each wait: then no change is missed.
class FileWatch {
public:
    enum class For { Appearing, Closing };  ///< A file written in a folder; a file being closed by somebody.

    static Result<FileWatch> open(const std::filesystem::path& path, For event);
    ~FileWatch();
    FileWatch(FileWatch&& other) noexcept;
    FileWatch& operator=(FileWatch&& other) noexcept;

    /// Returns when something happened, or at the deadline.
    void wait(TimePoint deadline);

private:
    explicit FileWatch(int descriptor) : m_descriptor(descriptor) {}

    int m_descriptor = -1;
};

/// Milliseconds from now to the deadline for poll(2), rounded up; 0 when it is past.
int pollTimeout(TimePoint deadline);

}  // namespace longship
