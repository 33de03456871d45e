#include "core/training/background_copy.h"

#include <algorithm>
#include <utility>

namespace longship {
namespace {

/// Elements in a cache line, so that pieces begin where vectors do.
constexpr std::size_t kAlignment = 16;

}  // namespace

BackgroundCopy::BackgroundCopy(Rank source, std::vector<bool> lacks, std::size_t elements, std::size_t copied,
                               std::size_t piece)
    : m_source(source),
      m_lacks(std::move(lacks)),
      m_elements(elements),
      m_copied(std::min(copied, elements)),
      m_piece(std::max<std::size_t>(piece, 1)) {}

Range BackgroundCopy::piece() const {
    return {m_copied, m_copied + std::min(m_piece, m_elements - m_copied)};
}

void BackgroundCopy::stepApplied(std::size_t next) {
    m_copied = static_cast<std::size_t>(piece().end);
    m_piece = std::max<std::size_t>(next, 1);
}

std::vector<std::uint32_t> BackgroundCopy::sharesOf(std::span<const std::uint32_t> shares) const {
    std::vector<std::uint32_t> effective(shares.begin(), shares.end());
    bool somebody = false;
    for (std::size_t rank = 0; rank < effective.size(); ++rank) {
        effective[rank] = m_lacks[rank] ? 0 : effective[rank];
        somebody = somebody || effective[rank] > 0;
    }
    if (!somebody) {
        effective[m_source] = 1;
    }
    return effective;
}

std::size_t PieceSizer::bounded(double elements) const {
    const auto each = static_cast<double>(m_bytesPerElement);
    const auto most = static_cast<double>(m_bytesMax);
    const double bytes = std::clamp(elements * each, std::min(static_cast<double>(kBytesMin), most), most);
    return std::max<std::size_t>(static_cast<std::size_t>(bytes / each) / kAlignment, 1) * kAlignment;
}

std::size_t PieceSizer::first(double bytesPerSecond) const {
    constexpr double kSeconds = 0.03;
    return bounded(bytesPerSecond * kSeconds / static_cast<double>(m_bytesPerElement));
}

std::size_t PieceSizer::next(std::size_t piece, Duration computed, Duration late) const {
    const double compute = toSeconds(computed);
    const double delay = std::max(toSeconds(late), 0.0);
    double factor = 1;
    if (delay < compute * kDelay / 2) {
        factor = 1.5;  // How long it took is not known, only that it was hidden.
    } else if (delay > compute * kDelay) {
        factor = compute * (1 + kDelay) / (compute + delay);
    }
    return bounded(static_cast<double>(piece) * factor);
}

}  // namespace longship
