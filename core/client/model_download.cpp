#include "core/client/model_download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <vector>

#include "core/base/files.h"

namespace longship {
namespace {

std::filesystem::path partPath(const std::filesystem::path& folder) {
    return folder / (std::string(kModelFileName) + ".part");
}

tl::unexpected<Error> systemFailure(std::string_view what, const std::filesystem::path& path, int code) {
    const bool full = code == ENOSPC || code == EDQUOT;
    return failure(full ? ErrorKind::Exhausted : ErrorKind::Io,
                   fmt::format("Could not {} {}: {}.", what, path.string(), std::strerror(code)));
}

std::span<const std::byte> asBytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

Result<std::unique_ptr<ModelDownload>> ModelDownload::open(const std::filesystem::path& runFolder,
                                                           const ModelSaved& model) {
    LONGSHIP_TRY(makePrivateFolder(runFolder));
    const auto path = partPath(runFolder);
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return systemFailure("create", path, errno);
    }
    std::unique_ptr<ModelDownload> download(new ModelDownload(runFolder, model, descriptor));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        return failure(ErrorKind::Unavailable, "Another program is fetching the model.");
    }
    // Between our open and our lock the other program may have finished and renamed the file we hold.
    struct stat ours {};
    struct stat named {};
    if (::fstat(descriptor, &ours) != 0 || ::stat(path.c_str(), &named) != 0 || ours.st_ino != named.st_ino) {
        return failure(ErrorKind::Unavailable, "Another program has just fetched the model.");
    }
    std::error_code ignored;
    if (std::filesystem::exists(runFolder / kModelFileName, ignored)) {
        ::unlink(path.c_str());
        return failure(ErrorKind::Unavailable, "Another program has just fetched the model.");
    }
    LONGSHIP_TRY(download->resume());
    return download;
}

ModelDownload::ModelDownload(std::filesystem::path folder, ModelSaved model, int descriptor)
    : m_folder(std::move(folder)), m_model(std::move(model)), m_descriptor(descriptor) {}

ModelDownload::~ModelDownload() {
    ::close(m_descriptor);
}

Result<void> ModelDownload::resume() {
    std::vector<char> block(std::size_t{1} << 20);
    for (;;) {
        const ssize_t count = ::read(m_descriptor, block.data(), block.size());
        if (count < 0) {
            return systemFailure("read", partPath(m_folder), errno);
        }
        if (count == 0) {
            break;
        }
        m_digest.update(asBytes({block.data(), static_cast<std::size_t>(count)}));
        m_offset += static_cast<std::uint64_t>(count);
    }
    if (m_offset > m_model.bytes) {
        if (::ftruncate(m_descriptor, 0) != 0 || ::lseek(m_descriptor, 0, SEEK_SET) != 0) {
            return systemFailure("truncate", partPath(m_folder), errno);
        }
        m_offset = 0;
        m_digest = Sha256();
    }
    return {};
}

Result<void> ModelDownload::write(std::string_view bytes) {
    if (bytes.size() > m_model.bytes - m_offset) {
        return failure(ErrorKind::Corrupt, "The node sent more bytes than the model has.");
    }
    while (!bytes.empty()) {
        const ssize_t written = ::write(m_descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return systemFailure("write", partPath(m_folder), errno);
        }
        const auto count = static_cast<std::size_t>(written);
        m_digest.update(asBytes(bytes.substr(0, count)));
        m_offset += count;
        bytes.remove_prefix(count);
    }
    return {};
}

Result<void> ModelDownload::finish() {
    const auto part = partPath(m_folder);
    if (const std::string digest = m_digest.hex(); digest != m_model.sha256) {
        ::unlink(part.c_str());
        return failure(ErrorKind::Corrupt,
                       fmt::format("The model that {} sent has the SHA-256 {}, but the run saved {}.",
                                   m_model.node.value, digest, m_model.sha256));
    }
    if (::fsync(m_descriptor) != 0) {
        return systemFailure("sync", part, errno);
    }
    const auto path = m_folder / kModelFileName;
    if (::rename(part.c_str(), path.c_str()) != 0) {
        return systemFailure("rename", part, errno);
    }
    return {};
}

}  // namespace longship
