#pragma once

#include <torch/nn.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/domain/run_event.h"
#include "core/training/dataset.h"
#include "core/training/model.h"
#include "core/training/safetensors.h"

namespace longship {

/// What a saved model says about itself.
struct ModelDescription {
    std::string model;
    std::string dataset;
    Preprocessing preprocessing;
    SampleShape shape;
    Step steps = 0;
};

/// Named tensors as bytes on the CPU; `kept` owns the memory that `tensors` points into.
struct TensorBytes {
    std::vector<torch::Tensor> kept;
    std::vector<NamedTensor> tensors;
};
TensorBytes tensorsOf(const torch::OrderedDict<std::string, torch::Tensor>& named);

/// Writes parameters and buffers with what Python needs to use them; `node` of the answer is empty.
Result<ModelSaved> writeModelFile(const std::filesystem::path& path, const Network& network,
                                  const ModelDescription& description);

}  // namespace longship
