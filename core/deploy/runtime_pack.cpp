#include "core/deploy/runtime_pack.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <thread>

#include "core/deploy/pack/compressor.h"
#include "core/deploy/side_by_side.h"
#include "core/deploy/tar_stream.h"

namespace longship {
namespace {

// More would only wait for the disk.
constexpr unsigned kThreadsMax = 8;

tl::unexpected<Error> diskFailure(const std::string& what) {
    const int problem = errno;
    return failure(problem == ENOSPC ? ErrorKind::Exhausted : ErrorKind::Io,
                   fmt::format("{} in /var/tmp of this machine: {}.", what, std::strerror(problem)));
}

}  // namespace

RuntimePack::~RuntimePack() {
    if (m_descriptor >= 0) {
        ::close(m_descriptor);
    }
}

Result<void> RuntimePack::open() {
    if (m_descriptor >= 0) {
        return {};
    }
    // Not /tmp, which is memory on many machines.
    std::string name = "/var/tmp/longship-XXXXXX";
    m_descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (m_descriptor < 0) {
        return diskFailure("No file can be made");
    }
    ::unlink(name.c_str());
    return {};
}

Result<void> RuntimePack::prepare(const std::vector<std::size_t>& files, const std::stop_token& stop) {
    const std::lock_guard preparing(m_preparing);
    LONGSHIP_TRY(open());
    std::vector<std::size_t> missing;
    std::copy_if(files.begin(), files.end(), std::back_inserter(missing),
                 [&](std::size_t file) { return !m_packed.contains(file); });
    // The largest first, so that no core is left with it at the end.
    std::sort(missing.begin(), missing.end(), [&](std::size_t a, std::size_t b) {
        return m_bundle.files[a].bytes > m_bundle.files[b].bytes;
    });
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    std::optional<Error> problem;
    sideBySide(std::clamp(std::thread::hardware_concurrency(), 1U, kThreadsMax), [&](std::size_t) {
        for (std::size_t at = next++; at < missing.size(); at = next++) {
            if (auto done = pack(missing[at], stop); !done) {
                const std::lock_guard lock(mutex);
                problem = std::move(done).error();
                next = missing.size();
            }
        }
    });
    return problem ? failure(*std::move(problem)) : Result<void>();
}

/// Room at the end of the file.
std::uint64_t RuntimePack::claim(std::uint64_t bytes) {
    const std::lock_guard lock(m_mutex);
    m_end += bytes;
    return m_end - bytes;
}

Result<void> RuntimePack::pack(std::size_t file, const std::stop_token& stop) {
    TarStream archive(m_bundle, {file});
    std::vector<Reader::Piece> pieces;
    const auto read = [&](std::span<std::byte> bytes) -> Result<std::size_t> {
        if (stop.stop_requested()) {
            return failure(ErrorKind::Interrupted, "The deployment was cancelled.");
        }
        return archive.read(bytes);
    };
    const auto write = [&](std::span<const std::byte> bytes) -> Result<void> {
        std::uint64_t offset = claim(bytes.size());
        if (!pieces.empty() && pieces.back().offset + pieces.back().bytes == offset) {
            pieces.back().bytes += bytes.size();
        } else if (!bytes.empty()) {
            pieces.push_back({offset, bytes.size()});
        }
        while (!bytes.empty()) {
            const ssize_t count =
                ::pwrite(m_descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (count < 0 && errno != EINTR) {
                return diskFailure("What goes to the nodes cannot be packed");
            }
            const auto written = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
            offset += written;
            bytes = bytes.subspan(written);
        }
        return {};
    };
    LONGSHIP_TRY(compress(read, write));
    const std::lock_guard lock(m_mutex);
    m_packed[file] = std::move(pieces);
    return {};
}

RuntimePack::Reader::Reader(const RuntimePack& pack, const std::vector<std::size_t>& files)
    : m_descriptor(pack.m_descriptor) {
    const std::lock_guard lock(pack.m_mutex);
    for (const std::size_t file : files) {
        for (const Piece& piece : pack.m_packed.at(file)) {
            m_pieces.push_back(piece);
            m_bytesTotal += piece.bytes;
        }
    }
}

Result<std::size_t> RuntimePack::Reader::read(std::span<std::byte> bytes) {
    if (m_next == m_pieces.size()) {
        return 0;
    }
    Piece& piece = m_pieces[m_next];
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), piece.bytes));
    const ssize_t count = ::pread(m_descriptor, bytes.data(), wanted, static_cast<off_t>(piece.offset));
    if (count <= 0) {
        return diskFailure("What was packed cannot be read");
    }
    const auto got = static_cast<std::size_t>(count);
    piece.offset += got;
    piece.bytes -= got;
    m_next += piece.bytes == 0 ? 1 : 0;
    m_bytesRead += got;
    return got;
}

}  // namespace longship
