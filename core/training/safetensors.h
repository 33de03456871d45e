#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace longship {

struct NamedTensor {
    std::string name;
    std::string dtype;  ///< "F32", "F64" or "I64".
    std::vector<std::int64_t> shape;
    std::span<const std::byte> bytes;  ///< Row-major, little-endian.
};

/// A file in the safetensors format (Hugging Face): u64 header length, JSON header padded with blanks so that
/// the data begins at a multiple of 8 bytes, then the tensors without gaps, widest element type first so that
/// each is aligned. `metadata` goes under "__metadata__".
std::string encodeSafetensors(std::vector<NamedTensor> tensors,
                              const std::map<std::string, std::string>& metadata);

}  // namespace longship
