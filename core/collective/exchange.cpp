#include "core/collective/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace longship {
namespace {

std::string_view nameOf(Exchange::Kind kind) {
    switch (kind) {
        case Exchange::Kind::Allreduce: return "allreduce";
        case Exchange::Kind::Allgather: return "allgather";
        case Exchange::Kind::Broadcast: return "broadcast";
    }
    return "operation";
}

}  // namespace

Exchange::Exchange(std::unique_ptr<Mesh> mesh, std::uint32_t size, std::chrono::milliseconds timeout)
    : m_mesh(std::move(mesh)), m_size(size), m_timeout(timeout) {}

void Exchange::begin(Kind kind) {
    m_kind = kind;
    ++m_operation;
}

Result<void> Exchange::send(Rank to, std::uint32_t phase, std::uint32_t chunk,
                            std::span<const std::byte> payload) {
    return m_mesh->send(
        to, {m_mesh->membership(), m_operation, static_cast<std::uint32_t>(m_kind), chunk, phase}, payload);
}

Result<std::unique_ptr<Frame>> Exchange::receive(const std::vector<Rank>& awaited) {
    std::unique_ptr<Frame> frame = takeStashed();
    const TimePoint deadline = BootClock::now() + m_timeout;
    while (frame == nullptr || frame->key().operation != m_operation) {
        if (frame != nullptr && frame->key().operation > m_operation) {
            m_stash.push_back(std::move(frame));
        }
        LONGSHIP_ASSIGN(frame, next(deadline, awaited));
        if (isServed(*frame)) {
            m_served.push_back(std::move(frame));
        }
    }
    if (frame->key().bucket != static_cast<std::uint32_t>(m_kind)) {
        return mismatch(*frame, "the same operation");
    }
    return frame;
}

Result<std::unique_ptr<Frame>> Exchange::receiveServed(const std::vector<Rank>& awaited) {
    const TimePoint deadline = BootClock::now() + m_timeout;
    while (m_served.empty()) {
        LONGSHIP_ASSIGN(auto frame, next(deadline, awaited));
        if (isServed(*frame)) {
            return frame;
        }
        // Of a collective that this member has not come to yet.
        if (frame->key().operation > m_operation) {
            m_stash.push_back(std::move(frame));
        }
    }
    auto frame = std::move(m_served.front());
    m_served.pop_front();
    return frame;
}

Result<std::unique_ptr<Frame>> Exchange::next(TimePoint deadline, const std::vector<Rank>& awaited) {
    auto received = m_mesh->receive(deadline, awaited);
    if (!received && received.error().kind == ErrorKind::Unavailable && BootClock::now() >= deadline) {
        return noProgress(awaited);
    }
    return received;
}

std::unique_ptr<Frame> Exchange::takeStashed() {
    const auto found = std::ranges::find_if(
        m_stash, [&](const auto& frame) { return frame->key().operation == m_operation; });
    if (found == m_stash.end()) {
        return nullptr;
    }
    auto frame = std::move(*found);
    m_stash.erase(found);
    return frame;
}

Result<void> Exchange::flush() {
    return m_mesh->flush(BootClock::now() + m_timeout);
}

tl::unexpected<Error> Exchange::noProgress(const std::vector<Rank>& awaited) const {
    return failure(ErrorKind::Unavailable,
                   fmt::format("Rank {} waited {:.1f} s in {} {} without progress for rank {}.", rank(),
                               toSeconds(m_timeout), nameOf(m_kind), m_operation, fmt::join(awaited, ", ")));
}

tl::unexpected<Error> Exchange::mismatch(const Frame& frame, std::string_view expected) const {
    return failure(
        ErrorKind::Corrupt,
        fmt::format("Rank {} expected {} in {} {}, but rank {} sent {} bytes (phase {}, chunk {}) of "
                    "something else: the members do not do the same operations in the same order.",
                    rank(), expected, nameOf(m_kind), m_operation, frame.from(), frame.payload().size(),
                    frame.key().phase, frame.key().chunk));
}

}  // namespace longship
