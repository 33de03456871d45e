#include "core/parameter_server/synchronous_shards.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/check.h"
#include "core/collective/addition.h"
#include "core/optimizer/fixed_point.h"
#include "core/parameter_server/wire.h"

namespace longship {

template <typename Real>
SynchronousShards<Real>::SynchronousShards(Plan plan)
    : m_plan(std::move(plan)), m_optimizer(Optimizer<Real>::make(m_plan.optimizer)) {
    std::size_t elements = 0;
    std::size_t chunks = 0;
    for (std::size_t piece = 0; piece < m_plan.map.pieces().size(); ++piece) {
        m_offset.push_back(elements);
        m_firstChunk.push_back(chunks);
        if (keeps(piece)) {
            elements += m_plan.map.pieces()[piece].range.size();
            chunks += m_plan.map.chunks(piece);
        }
    }
    m_valid.assign(buffers(), std::vector<Real>(elements));
    m_staged = m_valid;
    m_waiting.resize(chunks);
    beginStep();
}

template <typename Real>
bool SynchronousShards<Real>::keeps(std::size_t piece) const {
    return m_plan.map.pieces()[piece].server == m_plan.server;
}

template <typename Real>
std::span<Real> SynchronousShards<Real>::valid(std::size_t piece, std::size_t buffer) {
    LONGSHIP_CHECK(keeps(piece), "a server shows what it keeps");
    return std::span(m_valid[buffer]).subspan(m_offset[piece], m_plan.map.pieces()[piece].range.size());
}

template <typename Real>
Result<void> SynchronousShards<Real>::enter(Step base, std::uint32_t workers) {
    const bool isNext = isComplete() && base == m_step + 1;
    if (base != m_step && !isNext) {
        return failure(
            ErrorKind::Refused,
            fmt::format("Server {} has the parameters after {}{} steps, not those after {}.", m_plan.server,
                        m_step, isComplete() ? fmt::format(" and {}", m_step + 1) : std::string(), base));
    }
    if (isNext) {
        commit();
    }
    m_workers = workers;
    beginStep();
    return {};
}

template <typename Real>
void SynchronousShards<Real>::beginStep() {
    for (Waiting& waiting : m_waiting) {
        waiting.pushes.clear();
        waiting.pushes.resize(m_workers);
        waiting.count = 0;
        waiting.isDone = false;
    }
    m_chunksLeft = m_waiting.size();
}

template <typename Real>
void SynchronousShards<Real>::commit() {
    std::swap(m_valid, m_staged);
    ++m_step;
}

template <typename Real>
bool SynchronousShards<Real>::opensNextStep(const Frame& push) const {
    return isComplete() && push.key().operation == m_step + 1;
}

template <typename Real>
Result<void> SynchronousShards<Real>::check(const Frame& push) const {
    const std::size_t piece = push.key().phase;
    const std::size_t elementBytes =
        m_plan.sums == GradientSums::FixedPoint ? sizeof(std::int64_t) : sizeof(Real);
    const bool isKnown = isPush(push.key()) && push.from() < m_workers &&
                         piece < m_plan.map.pieces().size() && keeps(piece) &&
                         push.key().chunk < m_plan.map.chunks(piece);
    if (isKnown && push.key().operation <= m_step &&
        push.payload().size() == m_plan.map.chunk(piece, push.key().chunk).size() * elementBytes) {
        return {};
    }
    return failure(
        ErrorKind::Corrupt,
        fmt::format("Server {} is at step {} and got {} bytes from rank {} for step {}, piece {}, chunk {}: "
                    "the members do not agree on what the server keeps.",
                    m_plan.server, m_step, push.payload().size(), push.from(), push.key().operation, piece,
                    push.key().chunk));
}

template <typename Real>
Result<std::optional<typename SynchronousShards<Real>::Update>> SynchronousShards<Real>::push(
    std::unique_ptr<Frame> push) {
    if (opensNextStep(*push)) {
        commit();
        beginStep();
    }
    LONGSHIP_TRY(check(*push));
    const std::uint32_t piece = push->key().phase;
    const std::uint32_t chunk = push->key().chunk;
    Waiting& waiting = m_waiting[m_firstChunk[piece] + chunk];
    std::unique_ptr<Frame>& own = waiting.isDone ? push : waiting.pushes[push->from()];
    if (push->key().operation < m_step || waiting.isDone || own != nullptr) {
        return std::nullopt;  // Sent again.
    }
    own = std::move(push);
    if (++waiting.count < m_workers) {
        return std::nullopt;
    }
    return apply(piece, chunk);
}

/// The sum over all workers.
template <typename Real>
std::span<const Real> SynchronousShards<Real>::gradientOf(Waiting& waiting, std::size_t elements) {
    const auto sum = [&](std::byte* target, Addition addition) {
        std::memcpy(target, waiting.pushes[0]->payload().data(), elements * addition.elementBytes);
        for (std::uint32_t worker = 1; worker < m_workers; ++worker) {
            addition.add(target, waiting.pushes[worker]->payload().data(), elements);
        }
    };
    m_gradient.resize(elements);
    if (m_plan.sums == GradientSums::FixedPoint) {
        m_sums.resize(elements);
        sum(std::as_writable_bytes(std::span(m_sums)).data(), additionOf<std::int64_t>());
        fromFixedPoint<Real>(m_sums, m_gradient, kGradientBits);
    } else {
        sum(std::as_writable_bytes(std::span(m_gradient)).data(), additionOf<Real>());
    }
    return m_gradient;
}

template <typename Real>
typename SynchronousShards<Real>::Update SynchronousShards<Real>::apply(std::uint32_t piece,
                                                                        std::uint32_t chunk) {
    Waiting& waiting = m_waiting[m_firstChunk[piece] + chunk];
    const Stretch range = m_plan.map.chunk(piece, chunk);
    const std::size_t at = m_offset[piece] + range.begin - m_plan.map.pieces()[piece].range.begin;
    const auto part = [&](std::vector<Real>& buffer) { return std::span(buffer).subspan(at, range.size()); };

    OptimizerSlice<Real> slice;
    slice.parameters = part(m_valid[0]);
    slice.gradient = gradientOf(waiting, range.size());
    slice.nextParameters = part(m_staged[0]);
    for (std::size_t buffer = 1; buffer < buffers(); ++buffer) {
        slice.state.push_back(part(m_valid[buffer]));
        slice.nextState.push_back(part(m_staged[buffer]));
    }
    m_optimizer->update(m_step, slice);

    waiting.isDone = true;
    waiting.pushes.clear();
    --m_chunksLeft;
    return {m_step, piece, chunk, std::as_bytes(std::span<const Real>(slice.nextParameters))};
}

template class SynchronousShards<float>;
template class SynchronousShards<double>;

}  // namespace longship
