#pragma once

#include <torch/nn.h>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/digest.h"
#include "core/optimizer/optimizer.h"
#include "core/training/bucket_plan.h"
#include "core/training/model.h"
#include "core/training/safetensors.h"

namespace longship {

/// Where the optimizer's state is.
enum class OptimizerHome { Here, OnServers };

/// Parameters and optimizer state of a network in flat buffers, twice: what is valid, and what the step under
/// way has staged. Where servers have the optimizer's state there are parameters only. The network's
/// parameters are views of the valid half; commit() exchanges the halves, so a step costs no copy and can be
/// dropped at any moment before.
template <typename Real>
class ParameterStore {
public:
    ParameterStore(std::shared_ptr<Network> network, const OptimizerSpec& spec, torch::Device device,
                   OptimizerHome home = OptimizerHome::Here);

    const BucketPlan& plan() const { return m_plan; }
    std::uint64_t parameters() const;  ///< Numbers in the model, without gaps.

    /// Stages update number `step` of a bucket; `gradient` has the bucket's length.
    void stage(std::size_t bucket, std::uint64_t step, std::span<const Real> gradient);

    /// The flat parameters: what is valid, and where servers' updates are staged.
    std::span<const Real> validParameters() const { return flatOf(m_valid.parameters); }
    std::span<Real> stagedParameters() { return flatOf(m_staged.parameters); }
    std::size_t stateBuffers() const { return m_optimizer->stateNames().size(); }

    /// Makes the staged step valid. Every bucket must have been staged since the last commit.
    void commit();

    /// Parameters and every optimizer buffer: what is valid, and room for what will be valid after commit().
    /// The spans of both have the same number and sizes on all members of a run.
    std::vector<std::span<std::byte>> validBytes() { return bytesOf(m_valid); }
    std::vector<std::span<std::byte>> stagedBytes() { return bytesOf(m_staged); }

    /// What is valid, by name: parameters under their own, optimizer state as "optimizer.momentum.0.weight".
    /// The bytes are the store's, but for the flat buffers of a state that servers have.
    std::vector<NamedTensor> validTensors(const std::vector<std::span<Real>>& served = {}) const;

    /// Puts such tensors into the staged half; commit() makes them valid. What servers are to have goes to
    /// `served`. Corrupt when one is missing, or has another shape or type.
    Result<void> stageTensors(const SafetensorsParts& file, const std::vector<std::span<Real>>& served = {});

    /// Adds names and contents of the parameters, and of the optimizer state that is here.
    void addParametersTo(Sha256& digest) const;
    void addStateTo(Sha256& digest) const;

private:
    /// One half: the parameters and every optimizer buffer, and the parameters' views.
    struct Half {
        torch::Tensor parameters;
        std::vector<torch::Tensor> state;
        std::vector<torch::Tensor> views;
    };

    static std::span<Real> part(const torch::Tensor& flat, ElementRange range);
    static std::span<Real> flatOf(const torch::Tensor& flat);
    static std::vector<std::span<std::byte>> bytesOf(Half& half);
    std::vector<NamedTensor> tensorsOf(const Half& half, const std::vector<std::span<Real>>& served) const;
    Half makeHalf() const;
    void showValidHalf();

    std::shared_ptr<Network> m_network;
    std::unique_ptr<Optimizer<Real>> m_optimizer;
    torch::Device m_device;
    OptimizerHome m_home;
    std::vector<std::string> m_names;
    std::vector<torch::Tensor> m_parameters;  ///< Of the network, in its order.
    BucketPlan m_plan;
    Half m_valid;
    Half m_staged;
};

extern template class ParameterStore<float>;
extern template class ParameterStore<double>;

}  // namespace longship
