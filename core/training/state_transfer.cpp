#include "core/training/state_transfer.h"

#include <algorithm>
#include <cstring>

namespace longship {
namespace {

// After so many bytes all members meet: who has nothing to receive sees that the others go on.
constexpr std::size_t kBlockBytes = std::size_t{16} << 20;

/// The buffers one after the other; empty where the model has none.
std::vector<std::byte> bytesOf(const Network& network) {
    std::vector<std::byte> bytes;
    for (const torch::Tensor& buffer : network.buffers()) {
        const torch::Tensor plain = buffer.detach().to(torch::kCPU).contiguous();
        const auto* const first = static_cast<const std::byte*>(plain.data_ptr());
        bytes.insert(bytes.end(), first, first + plain.nbytes());
    }
    return bytes;
}

void setBuffers(Network& network, std::span<const std::byte> bytes) {
    const torch::NoGradGuard noGrad;
    for (torch::Tensor& buffer : network.buffers()) {
        torch::Tensor plain = torch::empty(buffer.sizes(), buffer.dtype());
        std::memcpy(plain.data_ptr(), bytes.data(), plain.nbytes());
        bytes = bytes.subspan(plain.nbytes());
        buffer.copy_(plain);
    }
}

}  // namespace

template <typename Real>
Result<void> StateTransfer<Real>::run(CollectiveThread& collectives, Rank source,
                                      const std::vector<bool>& lacks, ParameterStore<Real>& store,
                                      Network& network) {
    StateTransfer transfer(collectives, source, lacks);
    for (const std::span<std::byte> flat : transfer.takes() ? store.stagedBytes() : store.validBytes()) {
        LONGSHIP_TRY(transfer.move(flat));
    }
    std::vector<std::byte> buffers = bytesOf(network);
    LONGSHIP_TRY(transfer.move(buffers));
    if (transfer.takes()) {
        store.commit();
        setBuffers(network, buffers);
    }
    return {};
}

template <typename Real>
Result<void> StateTransfer<Real>::move(std::span<std::byte> bytes) {
    while (!bytes.empty()) {
        const auto block = bytes.first(std::min(bytes.size(), kBlockBytes));
        PendingOperations operations(&m_collectives);
        operations.startRelay(gives() || takes() ? block : std::span<std::byte>(), m_source, m_lacks);
        operations.startGather({});
        LONGSHIP_TRY(operations.done(0));
        LONGSHIP_TRY(operations.gathered());
        bytes = bytes.subspan(block.size());
    }
    return {};
}

template class StateTransfer<float>;
template class StateTransfer<double>;

}  // namespace longship
