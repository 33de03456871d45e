#pragma once

#include <torch/nn.h>

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/domain/job.h"
#include "core/training/batch_norm.h"
#include "core/training/dataset.h"

namespace longship {

/// A network as the trainer sees it. Parameter and buffer names are those of torch.nn in Python.
class Network : public torch::nn::Module {
public:
    /// Inputs {batch, …shape} to scores {batch, classes}.
    virtual torch::Tensor forward(torch::Tensor inputs) = 0;

    /// The layers with cross-sample state, in order; empty where samples do not influence each other.
    const std::vector<std::shared_ptr<CombinedBatchNorm>>& batchNorms() const { return m_batchNorms; }

    /// A Python expression that builds the same module with torch.nn; empty where none is short enough.
    virtual std::string pythonExpression() const { return {}; }

protected:
    std::shared_ptr<CombinedBatchNorm> addBatchNorm(std::string name, std::int64_t channels);

private:
    std::vector<std::shared_ptr<CombinedBatchNorm>> m_batchNorms;
};

/// Builds the job's model for samples of this shape, with parameters of the type `real` on the CPU that are a
/// pure function of `seed` (uniform in ±1/√fan-in, as torch.nn does; our own generator, so that neither the
/// version of libtorch nor the number of members matters). BadInput where model and shape do not fit.
Result<std::shared_ptr<Network>> buildModel(const ModelSpec& spec, const SampleShape& shape,
                                            std::uint64_t seed, torch::ScalarType real);

}  // namespace longship
