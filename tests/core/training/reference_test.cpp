// The trainer against one plain libtorch loop in float64: other code for the models, the micro-batches and
// the optimizers, the same mathematics.
#include <gtest/gtest.h>
#include <torch/nn/functional.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>

#include <numeric>

#include "core/domain/sample_plan.h"
#include "tests/core/training/team.h"
#include "tests/core/training/tensor_file.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

namespace F = torch::nn::functional;
using Tensors = std::map<std::string, torch::Tensor>;

constexpr std::uint64_t kSamples = 56;  // Not a multiple of the batch: the last step of an epoch is shorter.
constexpr Step kSteps = 50;
constexpr double kTolerance = 1e-9;

struct Case {
    const char* model;
    OptimizerKind optimizer;
    std::uint32_t servers = 0;  ///< 0: allreduce.
};

JobSpec jobOf(const Case& test) {
    JobSpec job;
    job.model.name = test.model;
    job.model.hidden = {12, 9};
    job.optimizer.kind = test.optimizer;
    job.optimizer.learningRate = test.optimizer == OptimizerKind::Sgd ? 0.05 : 0.002;
    job.optimizer.weightDecay = 0.001;
    job.globalBatch = 12;
    job.epochs = 20;
    if (job.model.name == "resnet") {
        job.microBatch = 5;  // Batch normalisation over blocks of 5, 5 and 2.
    }
    if (test.servers > 0) {
        job.strategy = {.kind = StrategyKind::ParameterServer, .servers = test.servers};
    }
    return job;
}

Tensors toTensors(const test::TensorFile& file) {
    Tensors tensors;
    for (const auto& [name, stored] : file.tensors) {
        tensors[name] = torch::tensor(stored.values, torch::kDouble).view(stored.shape).clone();
    }
    return tensors;
}

/// The plain loop.
class Reference {
public:
    Reference(JobSpec job, const Dataset& data, Tensors start)
        : m_job(std::move(job)), m_data(data), m_tensors(std::move(start)) {
        std::vector<torch::Tensor> parameters;
        for (auto& [name, tensor] : m_tensors) {
            if (name.find("running") == std::string::npos && name.find("num_batches") == std::string::npos) {
                tensor.requires_grad_();
                parameters.push_back(tensor);
            }
        }
        const OptimizerSpec& spec = m_job.optimizer;
        if (spec.kind == OptimizerKind::Sgd) {
            m_optimizer =
                std::make_unique<torch::optim::SGD>(parameters, torch::optim::SGDOptions(spec.learningRate)
                                                                    .momentum(spec.momentum)
                                                                    .weight_decay(spec.weightDecay));
        } else {
            m_optimizer = std::make_unique<torch::optim::Adam>(
                parameters, torch::optim::AdamOptions(spec.learningRate).weight_decay(spec.weightDecay));
        }
    }

    void step(const std::vector<std::uint64_t>& samples) {
        m_optimizer->zero_grad();
        m_normInputs.clear();
        const std::size_t block = m_job.model.name == "resnet" ? *m_job.microBatch : samples.size();
        for (std::size_t begin = 0; begin < samples.size(); begin += block) {
            const std::size_t end = std::min(begin + block, samples.size());
            const auto [inputs, labels] = read({samples.begin() + static_cast<std::ptrdiff_t>(begin),
                                                samples.begin() + static_cast<std::ptrdiff_t>(end)});
            const torch::Tensor loss = F::cross_entropy(forward(inputs), labels,
                                                        F::CrossEntropyFuncOptions().reduction(torch::kSum));
            (loss / static_cast<double>(samples.size())).backward();
        }
        m_optimizer->step();
        updateRunningStatistics();
    }

    const Tensors& tensors() const { return m_tensors; }

private:
    std::pair<torch::Tensor, torch::Tensor> read(const std::vector<std::uint64_t>& samples) const {
        std::vector<float> inputs(samples.size() * m_data.shape().features());
        std::vector<std::int64_t> labels(samples.size());
        SampleDigest digest;
        m_data.read(samples, inputs, labels, digest);
        std::vector<std::int64_t> sizes{static_cast<std::int64_t>(samples.size())};
        sizes.insert(sizes.end(), m_data.shape().input.begin(), m_data.shape().input.end());
        return {torch::tensor(inputs).view(sizes).to(torch::kDouble), torch::tensor(labels)};
    }

    torch::Tensor& at(const std::string& name) { return m_tensors.at(name); }

    torch::Tensor forward(const torch::Tensor& inputs) {
        if (m_job.model.name == "mlp") {
            torch::Tensor x = inputs.flatten(1);
            x = torch::relu(F::linear(x, at("1.weight"), at("1.bias")));
            x = torch::relu(F::linear(x, at("3.weight"), at("3.bias")));
            return F::linear(x, at("5.weight"), at("5.bias"));
        }
        return m_job.model.name == "cnn" ? forwardCnn(inputs) : forwardResNet(inputs);
    }

    torch::Tensor forwardCnn(torch::Tensor x) {
        for (const std::string layer : {"0", "3", "6"}) {
            x = F::conv2d(x, at(layer + ".weight"),
                          F::Conv2dFuncOptions().bias(at(layer + ".bias")).padding(1));
            x = F::max_pool2d(torch::relu(x), F::MaxPool2dFuncOptions(2));
        }
        return F::linear(x.flatten(1), at("10.weight"), at("10.bias"));
    }

    torch::Tensor convolve(const torch::Tensor& x, const std::string& name, int stride, int padding) {
        return F::conv2d(x, at(name + ".weight"), F::Conv2dFuncOptions().stride(stride).padding(padding));
    }

    torch::Tensor normalise(const torch::Tensor& x, const std::string& name) {
        m_normInputs[name].push_back(x.detach().clone());
        const torch::Tensor mean = x.mean({0, 2, 3}, true);
        const torch::Tensor variance = (x - mean).pow(2).mean({0, 2, 3}, true);
        const torch::Tensor scaled = (x - mean) / torch::sqrt(variance + 1e-5);
        return scaled * at(name + ".weight").view({1, -1, 1, 1}) + at(name + ".bias").view({1, -1, 1, 1});
    }

    torch::Tensor forwardResNet(torch::Tensor x) {
        x = torch::relu(normalise(convolve(x, "conv1", 1, 1), "bn1"));
        for (const std::string name : {"layer1", "layer2", "layer3"}) {
            const int stride = name == "layer1" ? 1 : 2;
            torch::Tensor y = torch::relu(normalise(convolve(x, name + "_conv1", stride, 1), name + "_bn1"));
            y = normalise(convolve(y, name + "_conv2", 1, 1), name + "_bn2");
            const torch::Tensor around = stride == 1 ? x
                                                     : normalise(convolve(x, name + "_downsample", stride, 0),
                                                                 name + "_downsample_bn");
            x = torch::relu(y + around);
        }
        return F::linear(x.mean({2, 3}), at("fc.weight"), at("fc.bias"));
    }

    /// As if one BatchNorm2d had seen the whole batch.
    void updateRunningStatistics() {
        const torch::NoGradGuard noGrad;
        for (const auto& [name, blocks] : m_normInputs) {
            const torch::Tensor all = torch::cat(blocks).transpose(0, 1).flatten(1);
            torch::Tensor& mean = at(name + ".running_mean");
            torch::Tensor& variance = at(name + ".running_var");
            mean = 0.9 * mean + 0.1 * all.mean(1);
            variance = 0.9 * variance + 0.1 * all.var(1, /*unbiased=*/true);
            at(name + ".num_batches_tracked") += 1;
        }
    }

    JobSpec m_job;
    const Dataset& m_data;
    Tensors m_tensors;
    std::unique_ptr<torch::optim::Optimizer> m_optimizer;
    std::map<std::string, std::vector<torch::Tensor>> m_normInputs;
};

class TrainerAgainstLoop : public testing::TestWithParam<Case> {
protected:
    Tensors save(const Trainer& trainer) {
        const auto path = m_folder.path() / "model.safetensors";
        const auto saved = trainer.saveModel(path);
        EXPECT_TRUE(saved) << saved.error().text;
        return toTensors(test::TensorFile::read(path));
    }
    test::TempFolder m_folder;
};

TEST_P(TrainerAgainstLoop, AgreesAfterFiftySteps) {
    const JobSpec job = jobOf(GetParam());
    const TrainingData data = test::syntheticData({1, 8, 8}, 4, kSamples, 20);
    const Trainer::Options options{.precision = Precision::Float64};

    std::unique_ptr<Reference> reference;
    const std::vector<std::vector<std::uint32_t>> allShares{{1}, {1, 2}, {3, 1, 2}};
    for (const std::vector<std::uint32_t>& shares : allShares) {
        test::Team team(job, options, test::shared(data, shares.size()));
        if (!reference) {
            reference = std::make_unique<Reference>(job, *data.training, save(*team[0].trainer));
            SamplePlan plan(kSamples, job.globalBatch, job.seed);
            for (Step step = 0; step < kSteps; ++step) {
                reference->step(plan.samplesOf(step));
            }
        }
        team.enter(shares);
        team.runTo(kSteps);
        for (std::size_t rank = 0; rank < team.size(); ++rank) {
            ASSERT_FALSE(team[rank].failed) << team[rank].error.text;
        }
        team.hash();
        const Tensors trained = save(*team[shares.size() - 1].trainer);
        ASSERT_EQ(trained.size(), reference->tensors().size());
        for (const auto& [name, tensor] : reference->tensors()) {
            const double difference = (trained.at(name) - tensor.detach()).abs().max().item<double>();
            EXPECT_LT(difference, kTolerance) << name << " with " << shares.size() << " members";
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Models, TrainerAgainstLoop,
                         testing::Values(Case{"mlp", OptimizerKind::Sgd}, Case{"mlp", OptimizerKind::Adam},
                                         Case{"cnn", OptimizerKind::Sgd}, Case{"cnn", OptimizerKind::Adam},
                                         Case{"resnet", OptimizerKind::Sgd},
                                         Case{"resnet", OptimizerKind::Adam},
                                         Case{"mlp", OptimizerKind::Adam, 2},
                                         Case{"resnet", OptimizerKind::Sgd, 2}),
                         [](const auto& parameter) {
                             return std::string(parameter.param.model) +
                                    (parameter.param.optimizer == OptimizerKind::Sgd ? "Sgd" : "Adam") +
                                    (parameter.param.servers > 0 ? "Served" : "");
                         });

}  // namespace
}  // namespace longship
