#include "core/training/state_transfer.h"

#include <algorithm>
#include <cstring>

#include "core/training/byte_stream.h"

namespace longship {
namespace {

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
typename StateTransfer<Real>::Route StateTransfer<Real>::routeOf(Rank source,
                                                                 const std::vector<bool>& lacks) const {
    const Rank own = m_collectives.rank();
    return {source, lacks, own == source || lacks[own]};
}

template <typename Real>
std::vector<std::span<std::byte>> StateTransfer<Real>::flatsOf(bool takesIntoStaged) {
    return takesIntoStaged ? m_store.stagedBytes() : m_store.validBytes();
}

template <typename Real>
std::size_t StateTransfer<Real>::bytesPerElement() {
    return m_store.validBytes().size() * sizeof(Real);
}

template <typename Real>
Result<typename StateTransfer<Real>::Outcome> StateTransfer<Real>::run(const Plan& plan,
                                                                       const Limits& limits) {
    const Route route = routeOf(plan.source, plan.lacks);
    const bool fills = plan.lacks[m_collectives.rank()] && !plan.follows;
    const auto flats = flatsOf(fills);
    const std::size_t block = std::max<std::size_t>(limits.blockBytes / bytesPerElement(), 1);
    const Pace pace{BootClock::now(), plan.copied, limits};
    Outcome outcome{plan.copied, 0};
    while (outcome.copied < elements() && outcome.piece == 0) {
        const std::size_t end = std::min(outcome.copied + block, elements());
        LONGSHIP_TRY(moveElements(route, flats, {outcome.copied, end}));
        outcome.copied = end;
        LONGSHIP_ASSIGN(outcome.piece, leaveTheRest(route, pace, end));
    }
    if (outcome.copied == elements()) {
        LONGSHIP_TRY(moveBuffers(route));
    }
    if (fills) {
        m_store.commit();
    }
    return outcome;
}

template <typename Real>
Result<void> StateTransfer<Real>::moveElements(const Route& route,
                                               const std::vector<std::span<std::byte>>& flats,
                                               Range elements) {
    PendingOperations operations(&m_collectives);
    for (const std::span<std::byte> flat : flats) {
        const auto part = flat.subspan(elements.begin * sizeof(Real), elements.size() * sizeof(Real));
        operations.startRelay(route.takesPart ? part : std::span<std::byte>(), route.source, route.lacks);
    }
    for (std::size_t i = 0; i < flats.size(); ++i) {
        LONGSHIP_TRY(operations.done(i));
    }
    return {};
}

/// After each block all members meet: who has nothing to receive sees that the others go on, and the source
/// says whether the rest takes too long. Then the answer is the first piece of the copy in the background.
template <typename Real>
Result<std::size_t> StateTransfer<Real>::leaveTheRest(const Route& route, const Pace& pace,
                                                      std::size_t copied) {
    std::uint64_t piece = 0;
    const double seconds = toSeconds(BootClock::now() - pace.begun);
    const double rate = static_cast<double>(copied - pace.from) / std::max(seconds, 1e-6);
    const double left = static_cast<double>(elements() - copied);
    if (copied < elements() && seconds + left / rate > toSeconds(pace.limits.inside)) {
        const std::size_t each = bytesPerElement();
        piece = PieceSizer(each, pace.limits.pieceBytesMax).first(rate * static_cast<double>(each));
    }
    PendingOperations operations(&m_collectives);
    operations.startGather(ByteWriter().write(piece).take());
    LONGSHIP_ASSIGN(const auto gathered, operations.gathered());
    ByteReader reader(gathered[route.source]);
    if (!reader.read(piece) || !reader.complete()) {
        return failure(ErrorKind::Corrupt, "The member that has the state did not say how it is sent.");
    }
    return static_cast<std::size_t>(piece);
}

template <typename Real>
Result<void> StateTransfer<Real>::moveBuffers(const Route& route) {
    m_buffers = bytesOf(m_network);
    if (m_buffers.empty()) {
        return {};
    }
    {
        PendingOperations operations(&m_collectives);
        operations.startRelay(route.takesPart ? std::span(m_buffers) : std::span<std::byte>(), route.source,
                              route.lacks);
        LONGSHIP_TRY(operations.done(0));
    }
    if (route.takesPart) {
        setBuffers(m_network, m_buffers);
    }
    return {};
}

template <typename Real>
Result<void> StateTransfer<Real>::finish(const BackgroundCopy& copy, std::size_t blockBytes) {
    const Route route = routeOf(copy.source(), copy.followers());
    const std::size_t block = std::max<std::size_t>(blockBytes / bytesPerElement(), 1);
    for (std::size_t begin = copy.copied(); begin < elements(); begin += block) {
        LONGSHIP_TRY(moveElements(route, flatsOf(false), {begin, std::min(begin + block, elements())}));
    }
    return moveBuffers(route);
}

template <typename Real>
void StateTransfer<Real>::startPiece(const BackgroundCopy& copy, PendingOperations& operations) {
    const Route route = routeOf(copy.source(), copy.followers());
    const Range piece = copy.piece();
    for (const std::span<std::byte> flat : flatsOf(false)) {
        const auto part = flat.subspan(piece.begin * sizeof(Real), piece.size() * sizeof(Real));
        operations.startRelay(route.takesPart ? part : std::span<std::byte>(), route.source, route.lacks);
    }
    if (piece.end == elements()) {
        // The buffers change only when the step is applied: these are those before it, like the elements.
        m_buffers = bytesOf(m_network);
        operations.startRelay(route.takesPart ? std::span(m_buffers) : std::span<std::byte>(), route.source,
                              route.lacks);
    }
}

template <typename Real>
Result<void> StateTransfer<Real>::finishPiece(const BackgroundCopy& copy, PendingOperations& operations) {
    const bool last = copy.piece().end == elements();
    const std::size_t relays = flatsOf(false).size() + (last ? 1 : 0);
    for (std::size_t i = 0; i < relays; ++i) {
        LONGSHIP_TRY(operations.done(i));
    }
    if (last && copy.follows(m_collectives.rank())) {
        setBuffers(m_network, m_buffers);
    }
    return {};
}

template class StateTransfer<float>;
template class StateTransfer<double>;

}  // namespace longship
