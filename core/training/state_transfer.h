#pragma once

#include <torch/nn.h>

#include <cstddef>
#include <span>
#include <vector>

#include "core/base/clock.h"
#include "core/training/background_copy.h"
#include "core/training/model.h"
#include "core/training/parameter_store.h"
#include "core/training/pending_operations.h"

namespace longship {

/// Gives parameters, optimizer state and buffers to the ranks that lack them, over the membership's own links
/// and without a second copy of the model on any member. What takes long is begun here and goes on while the
/// members train (BackgroundCopy). Every member takes part in the same way.
template <typename Real>
class StateTransfer {
public:
    struct Plan {
        Rank source = 0;
        std::vector<bool> lacks;
        std::size_t copied = 0;  ///< Elements that those who lack the state have of it already.
        bool follows = false;  ///< This member lacks it and has those: its valid half is no state of its own.
    };
    struct Limits {
        Duration inside;         ///< What takes longer is left to the background.
        std::size_t blockBytes;  ///< The same on all members.
        std::size_t pieceBytesMax;
    };
    struct Outcome {
        std::size_t copied = 0;  ///< Elements; of those who lack the state in their valid half.
        std::size_t piece = 0;   ///< For the background, where that is not all.
    };

    StateTransfer(CollectiveThread& collectives, ParameterStore<Real>& store, Network& network)
        : m_collectives(collectives), m_store(store), m_network(network) {}

    /// While everybody waits. What is received becomes valid only at the end: until then a receiver that held
    /// a state of its own holds it still. Interrupted or Unavailable when the membership broke.
    Result<Outcome> run(const Plan& plan, const Limits& limits);

    /// All that is left of a copy in the background, while everybody waits.
    Result<void> finish(const BackgroundCopy& copy, std::size_t blockBytes);

    /// Starts to send the elements of a step's piece, and with the last one the buffers.
    void startPiece(const BackgroundCopy& copy, PendingOperations& operations);
    /// Waits until this member's part in that is over.
    Result<void> finishPiece(const BackgroundCopy& copy, PendingOperations& operations);

    std::size_t bytesPerElement();
    std::size_t elements() { return m_store.validBytes().front().size() / sizeof(Real); }

private:
    struct Route {
        Rank source;
        const std::vector<bool>& lacks;
        bool takesPart;
    };

    /// The clock of one run, at the source.
    struct Pace {
        TimePoint begun;
        std::size_t from;  ///< Elements that had been copied before.
        Limits limits;
    };

    std::vector<std::span<std::byte>> flatsOf(bool takesIntoStaged);
    Result<void> moveElements(const Route& route, const std::vector<std::span<std::byte>>& flats,
                              Range elements);
    Result<std::size_t> leaveTheRest(const Route& route, const Pace& pace, std::size_t copied);
    Result<void> moveBuffers(const Route& route);
    Route routeOf(Rank source, const std::vector<bool>& lacks) const;

    CollectiveThread& m_collectives;
    ParameterStore<Real>& m_store;
    Network& m_network;
    std::vector<std::byte> m_buffers;  ///< Of the network, while they are sent.
};

extern template class StateTransfer<float>;
extern template class StateTransfer<double>;

}  // namespace longship
