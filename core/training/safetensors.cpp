#include "core/training/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

namespace longship {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are written as they lie in memory");

constexpr std::size_t kAlignment = 8;

}  // namespace

std::string encodeSafetensors(std::vector<NamedTensor> tensors,
                              const std::map<std::string, std::string>& metadata) {
    std::stable_sort(tensors.begin(), tensors.end(), [](const NamedTensor& a, const NamedTensor& b) {
        return (a.dtype == "F32" ? 4 : 8) > (b.dtype == "F32" ? 4 : 8);
    });
    nlohmann::ordered_json header;
    if (!metadata.empty()) {
        header["__metadata__"] = metadata;
    }
    std::size_t offset = 0;
    for (const NamedTensor& tensor : tensors) {
        header[tensor.name] = {{"dtype", tensor.dtype},
                               {"shape", tensor.shape},
                               {"data_offsets", {offset, offset + tensor.bytes.size()}}};
        offset += tensor.bytes.size();
    }
    // A column or class name from a user's file may not be UTF-8; it must not keep the model from being
    // saved.
    std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');

    const std::uint64_t headerSize = text.size();
    std::string file(sizeof(headerSize), '\0');
    std::memcpy(file.data(), &headerSize, sizeof(headerSize));
    file.reserve(file.size() + text.size() + offset);
    file += text;
    for (const NamedTensor& tensor : tensors) {
        file.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
    }
    return file;
}

}  // namespace longship
