#pragma once

#include <chrono>
#include <filesystem>

#include "core/base/result.h"

namespace longship {

/// An exclusive lock between programs (flock on a file that stays). Released when the object or the process
/// ends.
class FileLock {
public:
    /// Waits at most `patience`; Unavailable with the file's name when another program holds it longer.
    static Result<FileLock> take(const std::filesystem::path& path, std::chrono::milliseconds patience);
    ~FileLock();
    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&& other) noexcept;

private:
    explicit FileLock(int descriptor) : m_descriptor(descriptor) {}

    int m_descriptor = -1;
};

}  // namespace longship
