#include "core/training/checkpoint_file.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <optional>

#include "core/training/model_file.h"

namespace longship {
namespace {

constexpr const char* kKind = "longship checkpoint 1";

std::optional<std::uint64_t> numberIn(const SafetensorsParts& parts, const char* key) {
    const auto found = parts.metadata.find(key);
    if (found == parts.metadata.end()) {
        return std::nullopt;
    }
    const std::string& text = found->second;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::string textIn(const SafetensorsParts& parts, const char* key) {
    const auto found = parts.metadata.find(key);
    return found == parts.metadata.end() ? std::string() : found->second;
}

}  // namespace

void encodeCheckpoint(const CheckpointDescription& description, std::vector<NamedTensor> state,
                      const Network& network, std::string& image) {
    const TensorBytes buffers = tensorsOf(network.named_buffers());
    state.insert(state.end(), buffers.tensors.begin(), buffers.tensors.end());
    encodeSafetensors(std::move(state),
                      {{"format", "pt"},
                       {"kind", kKind},
                       {"model", description.model},
                       {"dataset", description.dataset},
                       {"plan", description.planHash},
                       {"seed", std::to_string(description.seed)},
                       {"steps", std::to_string(description.steps)},
                       {"samples", std::to_string(description.samples)}},
                      image);
}

Result<Checkpoint> decodeCheckpoint(std::span<const std::byte> image, const std::string& planHash) {
    Checkpoint checkpoint;
    LONGSHIP_ASSIGN(checkpoint.parts, decodeSafetensors(image));
    const auto steps = numberIn(checkpoint.parts, "steps");
    const auto samples = numberIn(checkpoint.parts, "samples");
    if (textIn(checkpoint.parts, "kind") != kKind || !steps || !samples) {
        return failure(ErrorKind::Corrupt,
                       "The file is a safetensors file, but no checkpoint of this version of Longship.");
    }
    if (textIn(checkpoint.parts, "plan") != planHash) {
        return failure(
            ErrorKind::Refused,
            fmt::format("The checkpoint of step {} belongs to another job, model or data.", *steps));
    }
    checkpoint.steps = *steps;
    checkpoint.samples = *samples;
    return checkpoint;
}

Result<void> setBuffers(const SafetensorsParts& file, Network& network) {
    const torch::NoGradGuard noGrad;
    const TensorBytes wanted = tensorsOf(network.named_buffers());
    for (const NamedTensor& buffer : wanted.tensors) {
        const auto found = file.tensors.find(buffer.name);
        if (found == file.tensors.end() || found->second.dtype != buffer.dtype ||
            found->second.shape != buffer.shape) {
            return failure(ErrorKind::Corrupt,
                           fmt::format("The file holds no \"{}\" of the model's shape.", buffer.name));
        }
    }
    for (auto& entry : network.named_buffers()) {
        torch::Tensor plain = torch::empty(entry.value().sizes(), entry.value().dtype());
        std::memcpy(plain.data_ptr(), file.tensors.at(entry.key()).bytes.data(), plain.nbytes());
        entry.value().copy_(plain);
    }
    return {};
}

}  // namespace longship
