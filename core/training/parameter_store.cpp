#include "core/training/parameter_store.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace longship {
namespace {

std::vector<std::size_t> countsOf(const std::vector<torch::Tensor>& parameters) {
    std::vector<std::size_t> counts;
    for (const torch::Tensor& parameter : parameters) {
        counts.push_back(static_cast<std::size_t>(parameter.numel()));
    }
    return counts;
}

void addText(Sha256& digest, std::string_view text) {
    digest.update(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace

template <typename Real>
ParameterStore<Real>::ParameterStore(std::shared_ptr<Network> network, const OptimizerSpec& spec,
                                     torch::Device device, OptimizerHome home)
    : m_network(std::move(network)),
      m_optimizer(Optimizer<Real>::make(spec)),
      m_device(device),
      m_home(home) {
    for (auto& entry : m_network->named_parameters()) {
        m_names.push_back(entry.key());
        m_parameters.push_back(entry.value());
    }
    m_plan = BucketPlan::make(countsOf(m_parameters), sizeof(Real));
    m_valid = makeHalf();
    m_staged = makeHalf();
    const torch::NoGradGuard noGrad;
    for (std::size_t i = 0; i < m_parameters.size(); ++i) {
        m_valid.views[i].copy_(m_parameters[i]);
    }
    showValidHalf();
}

template <typename Real>
std::uint64_t ParameterStore<Real>::parameters() const {
    return std::accumulate(m_plan.parameters.begin(), m_plan.parameters.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const ElementRange& range) { return sum + range.size(); });
}

template <typename Real>
std::span<Real> ParameterStore<Real>::part(const torch::Tensor& flat, ElementRange range) {
    return {flat.data_ptr<Real>() + range.begin, range.size()};
}

template <typename Real>
std::span<Real> ParameterStore<Real>::flatOf(const torch::Tensor& flat) {
    return {flat.data_ptr<Real>(), static_cast<std::size_t>(flat.numel())};
}

template <typename Real>
typename ParameterStore<Real>::Half ParameterStore<Real>::makeHalf() const {
    // libtorch's own allocation: aligned to 64 bytes, as its kernels like it.
    const auto type = torch::CppTypeToScalarType<Real>::value;
    const auto flat = [&] { return torch::zeros({static_cast<std::int64_t>(m_plan.elements)}, type); };
    Half half;
    half.parameters = flat();
    for (std::size_t i = 0; m_home == OptimizerHome::Here && i < stateBuffers(); ++i) {
        half.state.push_back(flat());
    }
    for (std::size_t i = 0; i < m_parameters.size(); ++i) {
        const ElementRange range = m_plan.parameters[i];
        half.views.push_back(
            half.parameters
                .narrow(0, static_cast<std::int64_t>(range.begin), static_cast<std::int64_t>(range.size()))
                .view(m_parameters[i].sizes()));
    }
    return half;
}

template <typename Real>
std::vector<std::span<std::byte>> ParameterStore<Real>::bytesOf(Half& half) {
    std::vector<std::span<std::byte>> spans;
    const auto add = [&](const torch::Tensor& flat) {
        spans.emplace_back(static_cast<std::byte*>(flat.data_ptr()), flat.nbytes());
    };
    add(half.parameters);
    std::for_each(half.state.begin(), half.state.end(), add);
    return spans;
}

template <typename Real>
void ParameterStore<Real>::stage(std::size_t bucket, std::uint64_t step, std::span<const Real> gradient) {
    const ElementRange range = m_plan.buckets[bucket].range;
    OptimizerSlice<Real> slice;
    slice.parameters = part(m_valid.parameters, range);
    slice.gradient = gradient;
    slice.nextParameters = part(m_staged.parameters, range);
    for (std::size_t i = 0; i < m_valid.state.size(); ++i) {
        slice.state.push_back(part(m_valid.state[i], range));
        slice.nextState.push_back(part(m_staged.state[i], range));
    }
    m_optimizer->update(step, slice);
}

template <typename Real>
void ParameterStore<Real>::commit() {
    std::swap(m_valid, m_staged);
    showValidHalf();
}

template <typename Real>
void ParameterStore<Real>::showValidHalf() {
    const torch::NoGradGuard noGrad;
    for (std::size_t i = 0; i < m_parameters.size(); ++i) {
        if (m_device.is_cpu()) {
            m_parameters[i].set_data(m_valid.views[i]);
        } else {
            m_parameters[i].copy_(m_valid.views[i]);
        }
    }
}

template <typename Real>
std::vector<NamedTensor> ParameterStore<Real>::tensorsOf(const Half& half,
                                                         const std::vector<std::span<Real>>& served) const {
    std::vector<std::span<Real>> state = served;
    for (const torch::Tensor& flat : half.state) {
        state.push_back(flatOf(flat));
    }
    std::vector<NamedTensor> tensors;
    for (std::size_t i = 0; i < m_names.size(); ++i) {
        const ElementRange range = m_plan.parameters[i];
        const auto add = [&](const std::string& name, std::span<Real> flat) {
            tensors.push_back({.name = name,
                               .dtype = sizeof(Real) == sizeof(double) ? "F64" : "F32",
                               .shape = m_parameters[i].sizes().vec(),
                               .bytes = std::as_bytes(flat.subspan(range.begin, range.size()))});
        };
        add(m_names[i], flatOf(half.parameters));
        for (std::size_t s = 0; s < state.size(); ++s) {
            add("optimizer." + std::string(m_optimizer->stateNames()[s]) + "." + m_names[i], state[s]);
        }
    }
    return tensors;
}

template <typename Real>
std::vector<NamedTensor> ParameterStore<Real>::validTensors(
    const std::vector<std::span<Real>>& served) const {
    return tensorsOf(m_valid, served);
}

template <typename Real>
Result<void> ParameterStore<Real>::stageTensors(const SafetensorsParts& file,
                                                const std::vector<std::span<Real>>& served) {
    for (const NamedTensor& wanted : tensorsOf(m_staged, served)) {
        const auto found = file.tensors.find(wanted.name);
        if (found == file.tensors.end() || found->second.dtype != wanted.dtype ||
            found->second.shape != wanted.shape) {
            return failure(ErrorKind::Corrupt,
                           "The file holds no \"" + wanted.name + "\" of the model's shape.");
        }
        // The bytes are this store's own or the caller's, lent as constant.
        std::memcpy(const_cast<std::byte*>(wanted.bytes.data()), found->second.bytes.data(),
                    wanted.bytes.size());
    }
    return {};
}

template <typename Real>
void ParameterStore<Real>::addParametersTo(Sha256& digest) const {
    for (std::size_t i = 0; i < m_names.size(); ++i) {
        addText(digest, m_names[i]);
        digest.update(std::as_bytes(part(m_valid.parameters, m_plan.parameters[i])));
    }
}

template <typename Real>
void ParameterStore<Real>::addStateTo(Sha256& digest) const {
    for (std::size_t s = 0; s < m_valid.state.size(); ++s) {
        addText(digest, m_optimizer->stateNames()[s]);
        for (const ElementRange& range : m_plan.parameters) {
            digest.update(std::as_bytes(part(m_valid.state[s], range)));
        }
    }
}

template class ParameterStore<float>;
template class ParameterStore<double>;

}  // namespace longship
