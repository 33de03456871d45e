#include "core/training/model_file.h"

#include <map>
#include <nlohmann/json.hpp>

#include "core/base/digest.h"
#include "core/base/files.h"

namespace longship {
namespace {

std::string dtypeOf(const torch::Tensor& tensor) {
    switch (tensor.scalar_type()) {
        case torch::kDouble: return "F64";
        case torch::kLong: return "I64";
        default: return "F32";
    }
}

/// Everything is text: safetensors metadata is a map of strings. Lists and objects are JSON.
std::map<std::string, std::string> metadataOf(const Network& network, const ModelDescription& description) {
    const auto json = [](const nlohmann::json& value) {
        return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    };
    std::map<std::string, std::string> metadata{
        {"format", "pt"},
        {"producer", "Longship " LONGSHIP_VERSION},
        {"model", description.model},
        {"dataset", description.dataset},
        {"steps", std::to_string(description.steps)},
        {"input_shape", json(description.shape.input)},
        {"classes", json(description.shape.classNames)},
        {"preprocessing", description.preprocessing.description},
    };
    if (const std::string expression = network.pythonExpression(); !expression.empty()) {
        metadata["torch_module"] = expression;
    }
    return metadata;
}

}  // namespace

TensorBytes tensorsOf(const torch::OrderedDict<std::string, torch::Tensor>& named) {
    TensorBytes bytes;
    for (const auto& entry : named) {
        const torch::Tensor tensor = entry.value().detach().to(torch::kCPU).contiguous();
        bytes.tensors.push_back(
            {.name = entry.key(),
             .dtype = dtypeOf(tensor),
             .shape = tensor.sizes().vec(),
             .bytes = {static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()}});
        bytes.kept.push_back(tensor);
    }
    return bytes;
}

Result<ModelSaved> writeModelFile(const std::filesystem::path& path, const Network& network,
                                  const ModelDescription& description) {
    const TensorBytes parameters = tensorsOf(network.named_parameters());
    const TensorBytes buffers = tensorsOf(network.named_buffers());
    std::vector<NamedTensor> tensors = parameters.tensors;
    tensors.insert(tensors.end(), buffers.tensors.begin(), buffers.tensors.end());
    const std::string file = encodeSafetensors(std::move(tensors), metadataOf(network, description));
    LONGSHIP_TRY(writeFileAtomically(path, file));
    return ModelSaved{.node = {}, .bytes = file.size(), .sha256 = sha256Hex(std::as_bytes(std::span(file)))};
}

}  // namespace longship
