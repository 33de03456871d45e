#include "app/cli/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "app/cli/output.h"

namespace longship::cli {
namespace {

constexpr unsigned kBarMax = 30;
constexpr unsigned kBarMin = 8;

/// A bar of so many columns, drawn in eighths of a column.
std::string bar(double fraction, unsigned columns) {
    constexpr std::array<const char*, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const auto eighths = static_cast<unsigned>(std::clamp(fraction, 0.0, 1.0) * columns * 8);
    std::string text;
    for (unsigned i = 0; i < eighths / 8; ++i) {
        text += "█";
    }
    text += kEighths[eighths % 8];
    const unsigned used = eighths / 8 + (eighths % 8 == 0 ? 0 : 1);
    return text + std::string(columns - used, ' ');
}

}  // namespace

void ProgressLine::prepared(const RunPrepared& prepared) {
    m_stepsTotal = prepared.stepsTotal;
    m_eta.emplace(prepared.stepsTotal);
}

void ProgressLine::add(const StepRow& row) {
    m_stepsDone = row.key.step + 1;
    m_loss = m_smoother.add(row.loss);
    m_samples += row.digest.count;
    m_rate.add(row.appliedAt, static_cast<double>(row.digest.count));
    if (m_eta) {
        m_eta->update(m_stepsDone, row.appliedAt);
    }
    if (!m_firstAt) {
        m_firstAt = row.appliedAt;
        m_firstSamples = m_samples;
    }
    m_lastAt = row.appliedAt;
}

std::optional<double> ProgressLine::samplesPerSecond() const {
    if (!m_firstAt || m_lastAt <= *m_firstAt) {
        return std::nullopt;
    }
    const double seconds = static_cast<double>(m_lastAt.microseconds - m_firstAt->microseconds) / 1e6;
    return static_cast<double>(m_samples - m_firstSamples) / seconds;
}

std::string ProgressLine::remaining(UtcTime now) const {
    const auto left = m_eta ? m_eta->remaining(now) : std::nullopt;
    return left ? durationText(*left) : "–:––";
}

std::string ProgressLine::drawn(RunState state, unsigned columns, UtcTime now) const {
    if (m_stepsDone == 0) {
        return fmt::format("  {} …", toString(state));
    }
    const std::string total = grouped(m_stepsTotal);
    std::vector<std::string> parts{fmt::format("{:>{}}/{}", grouped(m_stepsDone), total.size(), total),
                                   fmt::format("loss {:.4f}", m_loss)};
    const auto rate = m_rate.perSecond(now);
    parts.push_back(fmt::format("{:>7} samples/s", rate ? grouped(static_cast<std::uint64_t>(*rate)) : "–"));
    parts.push_back(state == RunState::Training ? "ETA " + remaining(now) : std::string(toString(state)));
    const auto width = [&] {
        std::size_t sum = 2 * parts.size();
        for (const std::string& part : parts) {
            sum += columnsOf(part);
        }
        return sum;
    };
    // Too narrow: the end first; the step and the loss stay as long as possible.
    while (parts.size() > 1 && width() + 1 > columns) {
        parts.pop_back();
    }
    std::string line;
    const std::size_t used = width();
    if (columns > used + kBarMin + 2) {
        const double fraction =
            m_stepsTotal == 0 ? 0 : static_cast<double>(m_stepsDone) / static_cast<double>(m_stepsTotal);
        const auto room = static_cast<unsigned>(columns - used - 2);
        line = "▕" + bar(fraction, std::min(kBarMax, room)) + "▏";
    }
    for (const std::string& part : parts) {
        line += "  " + part;
    }
    return line;
}

std::string ProgressLine::plain(UtcTime now) const {
    const auto rate = m_rate.perSecond(now);
    return fmt::format("step {}/{}  loss {:.4f}  {} samples/s  ETA {}", m_stepsDone, m_stepsTotal, m_loss,
                       rate ? fmt::format("{:.0f}", *rate) : "–", remaining(now));
}

}  // namespace longship::cli
