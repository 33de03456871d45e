#include "core/training/trainer.h"

#include <fmt/format.h>

#include "core/training/data_source.h"
#include "core/training/torch_environment.h"
#include "core/training/torch_trainer.h"
#include "core/training/trainer_factory.h"

namespace longship {
namespace {

template <typename Real>
Result<std::unique_ptr<Trainer>> makeTrainer(const JobSpec& job, const Trainer::Options& options,
                                             TrainingData data) {
    LONGSHIP_ASSIGN(const torch::Device device, chooseDevice(job.device));
    LONGSHIP_ASSIGN(std::shared_ptr<Network> network, buildModel(job.model, data.training->shape(), job.seed,
                                                                 torch::CppTypeToScalarType<Real>::value));
    network->to(device);
    return std::make_unique<TorchTrainer<Real>>(typename TorchTrainer<Real>::Parts{
        .job = job, .options = options, .data = std::move(data), .network = network, .device = device});
}

}  // namespace

Result<std::unique_ptr<Trainer>> createTrainer(const JobSpec& job, const Trainer::Options& options,
                                               TrainingData data) {
    return guarded("build the model", [&] {
        at::set_num_threads(options.threads);
        return options.precision == Precision::Float64 ? makeTrainer<double>(job, options, std::move(data))
                                                       : makeTrainer<float>(job, options, std::move(data));
    });
}

Result<std::unique_ptr<Trainer>> Trainer::create(const JobSpec& job, Options options) {
    LONGSHIP_ASSIGN(TrainingData data, loadTrainingData(job, options.datasetFolder, options.table));
    return createTrainer(job, options, std::move(data));
}

}  // namespace longship
