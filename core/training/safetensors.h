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
/// The same in place of what `file` holds; its memory is used again.
void encodeSafetensors(std::vector<NamedTensor> tensors, const std::map<std::string, std::string>& metadata,
                       std::string& file);

/// A file taken apart; the tensors point into its bytes.
struct SafetensorsParts {
    std::map<std::string, std::string> metadata;
    std::map<std::string, NamedTensor> tensors;
};

/// Any bytes may be given. Corrupt, with the reason, when they are no safetensors file whose tensors fill its
/// data exactly; element types other than F32, F64 and I64 are not expected here.
Result<SafetensorsParts> decodeSafetensors(std::span<const std::byte> file);

}  // namespace longship
