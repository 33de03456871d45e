#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/domain/sample_plan.h"

namespace longship {

/// How a state that is too large to be sent while everybody waits reaches the members that lack it: piece by
/// piece, one in each step, while that step is computed. A follower is a member that computes nothing, sums
/// with the others, and applies every step like them. Optimizers work element by element, so the elements
/// that it was sent are level from then on, at the cost of nothing but the sending; what the rest becomes
/// meanwhile does not matter, it is overwritten. When the last piece has come, the follower has the state,
/// bit by bit.
///
/// All members hold an equal plan and move it on together, after each step that was applied: who follows is
/// known to all, and in which step it begins to compute. Pure.
class BackgroundCopy {
public:
    /// `elements`: length of each flat buffer; `copied` of them have been sent. `piece`: of the next step.
    BackgroundCopy(Rank source, std::vector<bool> lacks, std::size_t elements, std::size_t copied,
                   std::size_t piece);

    Rank source() const { return m_source; }
    const std::vector<bool>& followers() const { return m_lacks; }
    bool follows(Rank rank) const { return m_lacks[rank]; }
    std::size_t copied() const { return m_copied; }
    bool isComplete() const { return m_copied == m_elements; }

    /// The elements that are sent in the step under way.
    Range piece() const;
    /// The step was applied everywhere. `next`: what the source says of the next piece, in elements.
    void stepApplied(std::size_t next);
    /// All that was left has been sent at once.
    void complete() { m_copied = m_elements; }

    /// What the members compute meanwhile: followers nothing.
    std::vector<std::uint32_t> sharesOf(std::span<const std::uint32_t> shares) const;

private:
    Rank m_source;
    std::vector<bool> m_lacks;
    std::size_t m_elements;
    std::size_t m_copied;
    std::size_t m_piece;
};

/// How much the source sends in a step: as much as goes over the wire while it computes, and a little more.
class PieceSizer {
public:
    static constexpr std::size_t kBytesMin = std::size_t{256} << 10;
    /// The part of a step's computation that its piece may delay it by.
    static constexpr double kDelay = 0.15;

    /// `bytesPerElement`: over all flat buffers.
    PieceSizer(std::size_t bytesPerElement, std::size_t bytesMax)
        : m_bytesPerElement(bytesPerElement), m_bytesMax(bytesMax) {}

    /// In elements. `bytesPerSecond`: as measured, 0 where nothing was.
    std::size_t first(double bytesPerSecond) const;
    /// After a step with a piece of so many elements: what the source computed, and how much longer the piece
    /// took than that.
    std::size_t next(std::size_t piece, Duration computed, Duration late) const;

private:
    std::size_t bounded(double elements) const;

    std::size_t m_bytesPerElement;
    std::size_t m_bytesMax;
};

}  // namespace longship
