#include "core/training/model_runner.h"

#include "core/optimizer/fixed_point.h"

namespace longship {
namespace {

std::vector<std::int64_t> batchSizes(std::size_t samples, const SampleShape& shape) {
    std::vector<std::int64_t> sizes{static_cast<std::int64_t>(samples)};
    sizes.insert(sizes.end(), shape.input.begin(), shape.input.end());
    return sizes;
}

}  // namespace

ModelRunner::ModelRunner(std::shared_ptr<Network> network, torch::Device device, torch::ScalarType real)
    : m_network(std::move(network)), m_device(device), m_real(real) {}

torch::Tensor ModelRunner::run(const Dataset& data, std::span<const std::uint64_t> samples, double lossLimit,
                               SampleSums& sums) {
    const SampleShape& shape = data.shape();
    torch::Tensor inputs = torch::empty(batchSizes(samples.size(), shape), torch::kFloat);
    torch::Tensor labels = torch::empty({static_cast<std::int64_t>(samples.size())}, torch::kLong);
    data.read(samples, {inputs.data_ptr<float>(), samples.size() * shape.features()},
              {labels.data_ptr<std::int64_t>(), samples.size()}, sums.digest);
    labels = labels.to(m_device);
    const torch::Tensor scores = m_network->forward(inputs.to(m_device, m_real));
    const torch::Tensor loss = torch::nn::functional::cross_entropy(
        scores, labels, torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum));
    sums.correct +=
        static_cast<std::uint64_t>(scores.detach().argmax(1).eq(labels).sum().item<std::int64_t>());
    const double value = loss.item<double>();
    std::int64_t fixed = 0;
    sums.lossGood =
        addFixedPoint<double>({&value, 1}, {&fixed, 1}, kLossBits, lossLimit, true) && sums.lossGood;
    sums.loss += fixed;
    return loss;
}

void ModelRunner::showShape(const SampleShape& shape) {
    const torch::NoGradGuard noGrad;
    m_network->eval();
    m_network->forward(torch::zeros(batchSizes(1, shape), torch::TensorOptions(m_real).device(m_device)));
}

}  // namespace longship
