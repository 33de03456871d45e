#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/base/result.h"

namespace longship {

/// An array of bytes from an IDX file (the format of the MNIST database), gzip-compressed or plain.
struct IdxArray {
    std::vector<std::uint32_t> dimensions;
    std::vector<std::uint8_t> bytes;  ///< Row-major; as many as the product of the dimensions.
};

/// Reads the whole file and checks it: gzip checksum, magic number, element type, number of dimensions, and
/// that exactly the promised bytes follow. NotFound, Corrupt (a sentence with the file, what was found and
/// what was expected) or Exhausted above 1 GiB unpacked.
Result<IdxArray> readIdxFile(const std::filesystem::path& path, std::size_t dimensionsExpected);

}  // namespace longship
