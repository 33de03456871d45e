#include "core/deploy/pack/unpacker.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

namespace longship {
namespace {

constexpr std::size_t kBlockBytes = 512;
constexpr std::size_t kNameBytes = 64;  // Of a SHA-256 in hexadecimal digits.
// POSIX.1-1988, "ustar".
constexpr std::size_t kSizeAt = 124;
constexpr std::size_t kSizeDigits = 11;
constexpr std::size_t kTypeAt = 156;
// 8 MiB: no frame of ours asks for more than 2.
constexpr int kWindowLogMax = 23;

tl::unexpected<Error> corrupt(const std::string& what) {
    return failure(ErrorKind::Corrupt, "What came is not what was sent: " + what + ".");
}

tl::unexpected<Error> diskFailure(const std::filesystem::path& path) {
    const int problem = errno;
    return failure(problem == ENOSPC || problem == EDQUOT ? ErrorKind::Exhausted : ErrorKind::Io,
                   path.string() + " cannot be written: " + std::strerror(problem) + ".");
}

bool isName(std::string_view text) {
    return text.size() == kNameBytes && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::optional<std::uint64_t> octal(std::string_view digits) {
    std::uint64_t number = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 8);
    return problem == std::errc() && end == digits.data() + digits.size() ? std::optional(number)
                                                                          : std::nullopt;
}

}  // namespace

struct Unpacker::Frames {
    std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context{ZSTD_createDCtx(), &ZSTD_freeDCtx};
    std::vector<std::byte> plain = std::vector<std::byte>(ZSTD_DStreamOutSize());
    bool inFrame = false;
};

Unpacker::Unpacker(std::filesystem::path store, std::filesystem::path incoming)
    : m_frames(std::make_unique<Frames>()), m_store(std::move(store)), m_incoming(std::move(incoming)) {
    if (m_frames->context) {
        ZSTD_DCtx_setParameter(m_frames->context.get(), ZSTD_d_windowLogMax, kWindowLogMax);
    }
}

Unpacker::~Unpacker() {
    closeFile();
}

Result<void> Unpacker::take(std::span<const std::byte> packed) {
    if (!m_frames->context) {
        return failure(ErrorKind::Exhausted, "There is no memory left for unpacking.");
    }
    ZSTD_inBuffer from{packed.data(), packed.size(), 0};
    for (bool more = !packed.empty(); more;) {
        ZSTD_outBuffer to{m_frames->plain.data(), m_frames->plain.size(), 0};
        const std::size_t left = ZSTD_decompressStream(m_frames->context.get(), &to, &from);
        if (ZSTD_isError(left)) {
            return corrupt(ZSTD_getErrorName(left));
        }
        m_frames->inFrame = left != 0;
        LONGSHIP_TRY(takePlain(std::span<const std::byte>(m_frames->plain).first(to.pos)));
        // A full buffer: the context may hold back more.
        more = from.pos < from.size || (left != 0 && to.pos == to.size);
    }
    return {};
}

Result<void> Unpacker::takePlain(std::span<const std::byte> plain) {
    while (!plain.empty()) {
        std::size_t count = 0;
        if (m_file >= 0) {
            count = static_cast<std::size_t>(std::min<std::uint64_t>(plain.size(), m_left));
            LONGSHIP_TRY(takeContent(plain.first(count)));
        } else if (m_padding > 0) {
            count = static_cast<std::size_t>(std::min<std::uint64_t>(plain.size(), m_padding));
            m_padding -= count;
        } else {
            count = std::min(plain.size(), kBlockBytes - m_header.size());
            m_header.append(reinterpret_cast<const char*>(plain.data()), count);
            if (m_header.size() == kBlockBytes) {
                LONGSHIP_TRY(takeHeader());
                m_header.clear();
            }
        }
        plain = plain.subspan(count);
    }
    return {};
}

Result<void> Unpacker::takeHeader() {
    if (m_header.find_first_not_of('\0') == std::string::npos) {
        return {};  // The end of an archive.
    }
    const std::string_view header(m_header);
    const std::string name(header.substr(0, kNameBytes));
    const auto size = octal(header.substr(kSizeAt, kSizeDigits));
    if (!isName(name) || header[kNameBytes] != '\0' || !size || header[kTypeAt] != '0') {
        return corrupt("no file of ours");
    }
    m_name = name;
    m_left = *size;
    m_padding = (kBlockBytes - *size % kBlockBytes) % kBlockBytes;
    m_digest = Sha256();
    const auto path = m_incoming / m_name;
    m_file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (m_file < 0) {
        return diskFailure(path);
    }
    return m_left == 0 ? place() : Result<void>();
}

Result<void> Unpacker::takeContent(std::span<const std::byte> bytes) {
    m_digest.update(bytes);
    m_left -= bytes.size();
    while (!bytes.empty()) {
        const ssize_t count = ::write(m_file, bytes.data(), bytes.size());
        if (count < 0 && errno != EINTR) {
            return diskFailure(m_incoming / m_name);
        }
        bytes = bytes.subspan(count < 0 ? 0 : static_cast<std::size_t>(count));
    }
    return m_left == 0 ? place() : Result<void>();
}

Result<void> Unpacker::place() {
    const auto path = m_incoming / m_name;
    if (m_digest.hex() != m_name) {
        closeFile();
        ::unlink(path.c_str());
        return corrupt("a file has another hash than its name");
    }
    if (::fchmod(m_file, 0500) != 0 || ::rename(path.c_str(), (m_store / m_name).c_str()) != 0) {
        return diskFailure(m_store / m_name);
    }
    closeFile();
    return {};
}

void Unpacker::closeFile() {
    if (m_file >= 0) {
        ::close(m_file);
        m_file = -1;
    }
}

Result<void> Unpacker::finish() const {
    if (m_frames->inFrame || m_file >= 0 || !m_header.empty() || m_padding > 0) {
        return corrupt("it ends in the middle");
    }
    return {};
}

Result<void> unpack(int input, const std::filesystem::path& store, const std::filesystem::path& incoming) {
    Unpacker unpacker(store, incoming);
    std::array<std::byte, std::size_t{64} << 10> chunk{};
    for (;;) {
        const ssize_t count = ::read(input, chunk.data(), chunk.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return failure(ErrorKind::Io, std::string("Reading failed: ") + std::strerror(errno) + ".");
        }
        if (count == 0) {
            return unpacker.finish();
        }
        LONGSHIP_TRY(unpacker.take(std::span<const std::byte>(chunk).first(static_cast<std::size_t>(count))));
    }
}

}  // namespace longship
