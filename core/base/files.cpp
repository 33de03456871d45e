#include "core/base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/base/digest.h"

namespace longship {
namespace {

ErrorKind kindOf(int code) {
    switch (code) {
        case ENOENT: return ErrorKind::NotFound;
        case ENOSPC:
        case EDQUOT: return ErrorKind::Exhausted;
        default: return ErrorKind::Io;
    }
}

tl::unexpected<Error> systemFailure(std::string_view what, const std::filesystem::path& path, int code) {
    return failure(kindOf(code),
                   fmt::format("Could not {} {}: {}.", what, path.string(), std::strerror(code)));
}

/// Owns a file descriptor.
class Descriptor {
public:
    explicit Descriptor(int number) : m_number(number) {}
    ~Descriptor() {
        if (m_number >= 0) {
            ::close(m_number);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const { return m_number; }

private:
    int m_number;
};

Result<void> writeAll(int descriptor, std::string_view bytes, const std::filesystem::path& path) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return systemFailure("write", path, errno);
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(descriptor) != 0) {
        return systemFailure("sync", path, errno);
    }
    return {};
}

std::filesystem::path environmentPath(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::filesystem::path() : std::filesystem::path(value);
}

}  // namespace

Result<std::string> readFile(const std::filesystem::path& path, std::size_t bytesMax) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.number() < 0) {
        return systemFailure("read", path, errno);
    }
    std::string bytes;
    std::array<char, 65536> block;
    for (;;) {
        const ssize_t count = ::read(file.number(), block.data(), block.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return systemFailure("read", path, errno);
        }
        if (count == 0) {
            return bytes;
        }
        bytes.append(block.data(), static_cast<std::size_t>(count));
        if (bytes.size() > bytesMax) {
            return failure(ErrorKind::Exhausted,
                           fmt::format("{} is larger than the {} bytes that are allowed here.", path.string(),
                                       bytesMax));
        }
    }
}

Result<void> writeFileAtomically(const std::filesystem::path& path, std::string_view bytes, FileAccess access,
                                 const DiskFaults* faults) {
    if (faults != nullptr) {
        LONGSHIP_TRY(faults->check(path));
    }
    std::filesystem::path temporary = path;
    temporary += "." + randomHex(4) + ".part";
    const mode_t mode = access == FileAccess::OwnerOnly ? 0600 : 0644;
    {
        const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
        if (file.number() < 0) {
            return systemFailure("create", path, errno);
        }
        if (auto written = writeAll(file.number(), bytes, path); !written) {
            ::unlink(temporary.c_str());
            return written;
        }
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
        const int code = errno;
        ::unlink(temporary.c_str());
        return systemFailure("replace", path, code);
    }
    const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
    const Descriptor folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.number() >= 0) {
        ::fsync(folder.number());
    }
    return {};
}

Result<void> makePrivateFolder(const std::filesystem::path& path) {
    std::error_code code;
    if (std::filesystem::create_directories(path, code); code) {
        return systemFailure("create the folder", path, code.value());
    }
    if (::chmod(path.c_str(), 0700) != 0) {
        return systemFailure("protect the folder", path, errno);
    }
    return {};
}

HomeFolders HomeFolders::fromEnvironment() {
    if (const auto home = environmentPath("LONGSHIP_HOME"); !home.empty()) {
        return {home / "data", home / "config"};
    }
    const auto user = environmentPath("HOME");
    auto data = environmentPath("XDG_DATA_HOME");
    auto config = environmentPath("XDG_CONFIG_HOME");
    // The specification: a relative path is invalid and ignored.
    data = data.is_absolute() ? data : user / ".local" / "share";
    config = config.is_absolute() ? config : user / ".config";
    return {data / "longship", config / "longship"};
}

}  // namespace longship
