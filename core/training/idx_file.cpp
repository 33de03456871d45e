#include "core/training/idx_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <memory>
#include <string>

namespace longship {
namespace {

constexpr std::size_t kUnpackedBytesMax = std::size_t{1} << 30;
constexpr std::size_t kReadBytes = std::size_t{1} << 18;
constexpr std::uint8_t kTypeUnsignedByte = 0x08;

tl::unexpected<Error> corrupt(const std::filesystem::path& path, std::string_view what) {
    return failure(
        ErrorKind::Corrupt,
        fmt::format("{}: {}. The file is damaged or incomplete; fetch it again.", path.string(), what));
}

/// What zlib says about a stream that did not end well.
std::string zlibReason(gzFile file) {
    int code = Z_OK;
    const std::string text = gzerror(file, &code);
    return code == Z_BUF_ERROR ? "the compressed data ends too early"
                               : "the compressed data is broken (" + text + ")";
}

Result<std::vector<std::uint8_t>> unpack(const std::filesystem::path& path) {
    std::error_code code;
    if (!std::filesystem::is_regular_file(path, code)) {
        return failure(ErrorKind::NotFound, fmt::format("There is no file {}.", path.string()));
    }
    const std::unique_ptr<gzFile_s, decltype(&gzclose)> file(gzopen(path.c_str(), "rb"), &gzclose);
    if (!file) {
        return failure(ErrorKind::Io, fmt::format("Could not open {}.", path.string()));
    }
    std::vector<std::uint8_t> bytes;
    for (;;) {
        const std::size_t before = bytes.size();
        bytes.resize(before + kReadBytes);
        const int count = gzread(file.get(), bytes.data() + before, static_cast<unsigned>(kReadBytes));
        if (count < 0) {
            return corrupt(path, zlibReason(file.get()));
        }
        bytes.resize(before + static_cast<std::size_t>(count));
        if (bytes.size() > kUnpackedBytesMax) {
            return failure(ErrorKind::Exhausted,
                           fmt::format("{} holds more than {} bytes, which is the limit for a dataset file.",
                                       path.string(), kUnpackedBytesMax));
        }
        if (count == 0) {
            break;
        }
    }
    // A stream that stops in the middle reads as its end; only the error state tells.
    int state = Z_OK;
    gzerror(file.get(), &state);
    if (state != Z_OK) {
        return corrupt(path, zlibReason(file.get()));
    }
    return bytes;
}

std::uint32_t bigEndian(const std::uint8_t* bytes) {
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
           bytes[3];
}

}  // namespace

Result<IdxArray> readIdxFile(const std::filesystem::path& path, std::size_t dimensionsExpected) {
    LONGSHIP_ASSIGN(std::vector<std::uint8_t> bytes, unpack(path));
    const std::size_t headerSize = 4 + 4 * dimensionsExpected;
    if (bytes.size() < headerSize) {
        return corrupt(path, fmt::format("found {} bytes, expected an IDX header of {} bytes", bytes.size(),
                                         headerSize));
    }
    const std::uint32_t magic = bigEndian(bytes.data());
    const std::uint32_t expected =
        std::uint32_t{kTypeUnsignedByte} << 8 | static_cast<std::uint32_t>(dimensionsExpected);
    if (magic != expected) {
        return corrupt(path,
                       fmt::format("found the IDX magic number 0x{:08x}, expected 0x{:08x} (bytes in {} "
                                   "dimensions)",
                                   magic, expected, dimensionsExpected));
    }
    IdxArray array;
    std::uint64_t promised = 1;
    for (std::size_t i = 0; i < dimensionsExpected; ++i) {
        array.dimensions.push_back(bigEndian(bytes.data() + 4 + 4 * i));
        promised *= array.dimensions.back();
        if (promised > kUnpackedBytesMax) {
            return corrupt(path, "the header promises more data than fits into a dataset file");
        }
    }
    if (bytes.size() - headerSize != promised) {
        return corrupt(path, fmt::format("found {} bytes of data, expected {} as the header says",
                                         bytes.size() - headerSize, promised));
    }
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(headerSize));
    array.bytes = std::move(bytes);
    return array;
}

}  // namespace longship
