#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/training/model.h"
#include "core/training/safetensors.h"

namespace longship {

/// What a checkpoint says about itself, in the metadata of its file: nothing that differs between members.
struct CheckpointDescription {
    std::string model;
    std::string dataset;
    std::string planHash;  ///< Of everything that must be the same for a run to go on from it.
    std::uint64_t seed = 0;
    Step steps = 0;
    std::uint64_t samples = 0;
};

/// `state`: parameters and optimizer state. The network's buffers are added under their own names.
void encodeCheckpoint(const CheckpointDescription& description, std::vector<NamedTensor> state,
                      const Network& network, std::string& image);

struct Checkpoint {
    Step steps = 0;
    std::uint64_t samples = 0;
    SafetensorsParts parts;  ///< Points into the image.
};

/// Corrupt when the image is damaged or no checkpoint, Refused when its plan is another one.
Result<Checkpoint> decodeCheckpoint(std::span<const std::byte> image, const std::string& planHash);

/// All buffers of the network, or none. Corrupt when one is missing, or has another shape or type.
Result<void> setBuffers(const SafetensorsParts& file, Network& network);

}  // namespace longship
