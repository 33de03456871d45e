#include "core/training/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

namespace longship {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are written as they lie in memory");

constexpr std::size_t kAlignment = 8;
constexpr std::size_t kHeaderBytesMax = std::size_t{100} << 20;  // The format's own limit.

using Json = nlohmann::json;

tl::unexpected<Error> damaged(const std::string& why) {
    return failure(ErrorKind::Corrupt, "This is no whole safetensors file: " + why + ".");
}

std::size_t bytesOfType(const std::string& dtype) {
    return dtype == "F32" ? 4 : dtype == "F64" || dtype == "I64" ? 8 : 0;
}

/// Elements times their size; none where that makes no sense.
std::optional<std::uint64_t> bytesOfShape(const std::vector<std::int64_t>& shape, std::size_t bytesEach) {
    std::uint64_t bytes = bytesEach;
    for (const std::int64_t length : shape) {
        if (length < 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(length), &bytes)) {
            return std::nullopt;
        }
    }
    return bytes;
}

/// Throws nlohmann's exceptions where a field is missing or has another type.
Result<NamedTensor> tensorOf(const std::string& name, const Json& entry, std::span<const std::byte> data) {
    NamedTensor tensor;
    tensor.name = name;
    tensor.dtype = entry.at("dtype").get<std::string>();
    tensor.shape = entry.at("shape").get<std::vector<std::int64_t>>();
    const auto offsets = entry.at("data_offsets").get<std::vector<std::uint64_t>>();
    const std::size_t bytesEach = bytesOfType(tensor.dtype);
    const auto bytes = bytesOfShape(tensor.shape, bytesEach);
    if (bytesEach == 0 || !bytes || offsets.size() != 2 || offsets[0] > offsets[1] ||
        offsets[1] > data.size() || offsets[1] - offsets[0] != *bytes || offsets[0] % bytesEach != 0) {
        return damaged("\"" + name + "\" does not lie where its header says");
    }
    tensor.bytes = data.subspan(offsets[0], offsets[1] - offsets[0]);
    return tensor;
}

Result<SafetensorsParts> partsOf(const Json& header, std::span<const std::byte> data) {
    SafetensorsParts parts;
    std::size_t bytes = 0;
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") {
            parts.metadata = entry.get<std::map<std::string, std::string>>();
            continue;
        }
        LONGSHIP_ASSIGN(NamedTensor tensor, tensorOf(name, entry, data));
        bytes += tensor.bytes.size();
        parts.tensors.emplace(name, std::move(tensor));
    }
    if (bytes != data.size()) {
        return damaged("its tensors have " + std::to_string(bytes) + " bytes, its data " +
                       std::to_string(data.size()));
    }
    return parts;
}

}  // namespace

std::string encodeSafetensors(std::vector<NamedTensor> tensors,
                              const std::map<std::string, std::string>& metadata) {
    std::string file;
    encodeSafetensors(std::move(tensors), metadata, file);
    return file;
}

void encodeSafetensors(std::vector<NamedTensor> tensors, const std::map<std::string, std::string>& metadata,
                       std::string& file) {
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
    file.assign(sizeof(headerSize), '\0');
    std::memcpy(file.data(), &headerSize, sizeof(headerSize));
    file.reserve(file.size() + text.size() + offset);
    file += text;
    for (const NamedTensor& tensor : tensors) {
        file.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
    }
}

Result<SafetensorsParts> decodeSafetensors(std::span<const std::byte> file) {
    std::uint64_t headerSize = 0;
    if (file.size() < sizeof(headerSize)) {
        return damaged("it has " + std::to_string(file.size()) + " bytes");
    }
    std::memcpy(&headerSize, file.data(), sizeof(headerSize));
    const auto rest = file.subspan(sizeof(headerSize));
    if (headerSize > rest.size() || headerSize > kHeaderBytesMax) {
        return damaged("its header claims " + std::to_string(headerSize) + " bytes");
    }
    const auto* const text = reinterpret_cast<const char*>(rest.data());
    const Json header = Json::parse(text, text + headerSize, nullptr, /*allow_exceptions=*/false);
    if (!header.is_object()) {
        return damaged("its header is no JSON object");
    }
    try {
        return partsOf(header, rest.subspan(headerSize));
    } catch (const Json::exception& problem) {
        return damaged(problem.what());
    }
}

}  // namespace longship
