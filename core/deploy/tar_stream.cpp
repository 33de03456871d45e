#include "core/deploy/tar_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace longship {
namespace {

constexpr std::size_t kBlockBytes = 512;

// Offsets of the fields of a ustar header.
constexpr std::size_t kMode = 100;
constexpr std::size_t kOwner = 108;
constexpr std::size_t kGroup = 116;
constexpr std::size_t kSize = 124;
constexpr std::size_t kTime = 136;
constexpr std::size_t kChecksum = 148;
constexpr std::size_t kType = 156;
constexpr std::size_t kMagic = 257;

void put(std::string& header, std::size_t at, const std::string& text) {
    header.replace(at, text.size(), text);
}

std::string headerOf(const BundleFile& file) {
    std::string header(kBlockBytes, '\0');
    put(header, 0, file.sha256);
    put(header, kMode, "0000500");
    put(header, kOwner, "0000000");
    put(header, kGroup, "0000000");
    put(header, kSize, fmt::format("{:011o}", file.bytes));
    put(header, kTime, "00000000000");
    put(header, kChecksum, "        ");
    put(header, kType, "0");
    put(header, kMagic,
        std::string("ustar\0"
                    "00",
                    8));
    unsigned sum = 0;
    for (const char byte : header) {
        sum += static_cast<unsigned char>(byte);
    }
    put(header, kChecksum, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
    return header;
}

}  // namespace

Result<void> TarStream::openNext() {
    if (m_next == m_files.size()) {
        m_ended = true;
        m_file = nullptr;
        m_frame = std::string(2 * kBlockBytes, '\0');
        return {};
    }
    m_file = &m_bundle.files[m_files[m_next++]];
    m_left = m_file->bytes;
    m_frame = headerOf(*m_file);
    m_stream = std::ifstream();
    if (!m_file->source.empty()) {
        m_stream.open(m_file->source, std::ios::binary);
        if (!m_stream) {
            return failure(ErrorKind::Io,
                           fmt::format("{} cannot be read any more.", m_file->source.string()));
        }
    }
    return {};
}

Result<std::size_t> TarStream::readContent(std::span<std::byte> bytes) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), m_left));
    if (m_file->source.empty()) {
        std::memcpy(bytes.data(), m_file->text.data() + (m_file->bytes - m_left), count);
    } else if (!m_stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(count))) {
        return failure(ErrorKind::Corrupt,
                       fmt::format("{} became shorter while it was read: is Longship being installed again?",
                                   m_file->source.string()));
    }
    m_left -= count;
    m_contentBytes += count;
    if (m_left == 0) {
        m_frame.assign((kBlockBytes - m_file->bytes % kBlockBytes) % kBlockBytes, '\0');
    }
    return count;
}

Result<std::size_t> TarStream::read(std::span<std::byte> bytes) {
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        const auto room = bytes.subspan(filled);
        if (!m_frame.empty()) {
            const std::size_t count = std::min(room.size(), m_frame.size());
            std::memcpy(room.data(), m_frame.data(), count);
            m_frame.erase(0, count);
            filled += count;
        } else if (m_file != nullptr && m_left > 0) {
            LONGSHIP_ASSIGN(const std::size_t count, readContent(room));
            filled += count;
        } else if (m_ended) {
            break;
        } else {
            LONGSHIP_TRY(openNext());
        }
    }
    return filled;
}

}  // namespace longship
