#pragma once

#include <torch/nn.h>

#include <vector>

#include "core/training/model.h"
#include "core/training/parameter_store.h"
#include "core/training/pending_operations.h"

namespace longship {

/// Gives parameters, optimizer state and buffers to the ranks that lack them, over the membership's own links
/// and without a second copy of the model on any member. What is received becomes valid only when all of it
/// has come; until then the receiver is as it was. Every member takes part in the same way.
template <typename Real>
class StateTransfer {
public:
    /// Interrupted or Unavailable when the membership broke.
    static Result<void> run(CollectiveThread& collectives, Rank source, const std::vector<bool>& lacks,
                            ParameterStore<Real>& store, Network& network);

private:
    StateTransfer(CollectiveThread& collectives, Rank source, const std::vector<bool>& lacks)
        : m_collectives(collectives), m_source(source), m_lacks(lacks) {}

    bool gives() const { return m_collectives.rank() == m_source; }
    bool takes() const { return m_lacks[m_collectives.rank()]; }
    Result<void> move(std::span<std::byte> bytes);

    CollectiveThread& m_collectives;
    const Rank m_source;
    const std::vector<bool>& m_lacks;
};

extern template class StateTransfer<float>;
extern template class StateTransfer<double>;

}  // namespace longship
