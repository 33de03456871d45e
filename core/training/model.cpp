#include "core/training/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "core/domain/job_words.h"
#include "core/training/networks.h"

namespace longship {
namespace {

constexpr std::uint64_t kParameterPurpose = 0x706172616dULL;  ///< "param": keeps this use of the seed apart.

/// Number of inputs of one output, from the weight that a bias belongs to.
double fanIn(const torch::Tensor& weight) {
    return static_cast<double>(weight.numel()) / static_cast<double>(weight.size(0));
}

void fillUniform(torch::Tensor& parameter, double bound, std::uint64_t key) {
    SeededRandom random(key);
    torch::Tensor values = torch::empty(parameter.sizes(), torch::kDouble);
    double* const first = values.data_ptr<double>();
    for (std::int64_t i = 0; i < values.numel(); ++i) {
        first[i] = (2 * random.unit() - 1) * bound;
    }
    parameter.copy_(values);
}

/// Weights of normalisation layers (one dimension) stay 1 and their biases 0.
void initialise(Network& network, std::uint64_t seed) {
    const torch::NoGradGuard noGrad;
    std::uint64_t index = 0;
    double bound = 0;
    for (auto& entry : network.named_parameters()) {
        torch::Tensor& parameter = entry.value();
        const bool isWeight = entry.key().ends_with("weight");
        if (isWeight) {
            bound = parameter.dim() >= 2 ? 1 / std::sqrt(fanIn(parameter)) : 0;
        }
        if (bound > 0) {
            fillUniform(parameter, bound, keyOf({seed, kParameterPurpose, index}));
        }
        ++index;
    }
}

Result<std::shared_ptr<Network>> makeNetwork(const ModelSpec& spec, const SampleShape& shape) {
    const auto classes = static_cast<std::int64_t>(shape.classNames.size());
    if (spec.name == "mlp") {
        return std::make_shared<Mlp>(static_cast<std::int64_t>(shape.features()), spec.hidden, classes);
    }
    const auto names = modelNames();
    if (std::find(names.begin(), names.end(), spec.name) == names.end()) {
        return failure(ErrorKind::BadInput, fmt::format("There is no model '{}', expected {}.", spec.name,
                                                        alternatives({names.begin(), names.end()})));
    }
    if (shape.input.size() != 3) {
        return failure(
            ErrorKind::BadInput,
            fmt::format("The model {} needs images; a table with {} inputs trains with the model mlp.",
                        spec.name, shape.features()));
    }
    if (shape.input[1] < Cnn::kSideMin || shape.input[2] < Cnn::kSideMin) {
        return failure(ErrorKind::BadInput,
                       fmt::format("The model {} needs images of at least {}×{} pixels, found {}×{}.",
                                   spec.name, Cnn::kSideMin, Cnn::kSideMin, shape.input[1], shape.input[2]));
    }
    if (spec.name == "cnn") {
        return std::make_shared<Cnn>(shape.input, classes);
    }
    return std::make_shared<ResNet>(shape.input, classes);
}

}  // namespace

std::shared_ptr<CombinedBatchNorm> Network::addBatchNorm(std::string name, std::int64_t channels) {
    auto layer = register_module(std::move(name), std::make_shared<CombinedBatchNorm>(channels));
    m_batchNorms.push_back(layer);
    return layer;
}

Result<std::shared_ptr<Network>> buildModel(const ModelSpec& spec, const SampleShape& shape,
                                            std::uint64_t seed, torch::ScalarType real) {
    LONGSHIP_ASSIGN(std::shared_ptr<Network> network, makeNetwork(spec, shape));
    initialise(*network, seed);
    network->to(real);
    return network;
}

}  // namespace longship
