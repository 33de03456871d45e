#include "core/protocol/share_meter.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/domain/sample_plan.h"

namespace longship {
namespace {

/// The first steps of a membership fill caches and connections.
constexpr std::size_t kFirstRows = 2;

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

}  // namespace

std::vector<std::uint32_t> divideBySpeed(std::uint64_t total, const std::vector<double>& speeds) {
    const double sum = std::accumulate(speeds.begin(), speeds.end(), 0.0);
    std::vector<std::uint32_t> counts;
    std::uint64_t given = 0;
    const std::uint32_t least = total >= speeds.size() ? 1 : 0;
    for (const double speed : speeds) {
        const auto exact = static_cast<std::uint32_t>(std::floor(static_cast<double>(total) * speed / sum));
        counts.push_back(std::max(exact, least));
        given += counts.back();
    }
    const auto endsAt = [&](std::size_t member, std::uint32_t count) {
        return static_cast<double>(count) / speeds[member];
    };
    const auto pick = [&](auto better) {
        std::size_t best = speeds.size();
        for (std::size_t member = 0; member < speeds.size(); ++member) {
            if (better(member, best)) {
                best = member;
            }
        }
        return best;
    };
    for (; given < total; ++given) {  // To whom it delays least.
        ++counts[pick([&](std::size_t a, std::size_t b) {
            return b == speeds.size() || endsAt(a, counts[a] + 1) < endsAt(b, counts[b] + 1);
        })];
    }
    for (; given > total; --given) {  // The least that each gets was more than its part: from the last to end.
        --counts[pick([&](std::size_t a, std::size_t b) {
            return counts[a] > least && (b == speeds.size() || endsAt(a, counts[a]) > endsAt(b, counts[b]));
        })];
    }
    return counts;
}

void ShareMeter::begin(MembershipNumber membership, std::vector<std::uint32_t> shares,
                       std::uint64_t microBatches, TimePoint now) {
    if (shares.size() != m_shares.size()) {
        m_hopedForMs.reset();
    }
    m_membership = membership;
    m_shares = std::move(shares);
    m_microBatches = microBatches;
    m_beganAt = now;
    m_toSkip = kFirstRows;
    m_samples.clear();
}

void ShareMeter::add(const StepRow& row) {
    if (row.key.membership != m_membership || row.members.size() != m_shares.size()) {
        return;
    }
    if (m_toSkip > 0) {
        --m_toSkip;
        return;
    }
    Sample sample;
    sample.computeMs.resize(m_shares.size());
    for (const MemberTiming& member : row.members) {
        if (member.rank >= m_shares.size() || !std::isfinite(member.computeMs)) {
            return;
        }
        sample.computeMs[member.rank] = std::max(member.computeMs, 0.0);
    }
    sample.stepMs = row.durationMs;
    m_samples.push_back(std::move(sample));
    if (m_samples.size() > kRowsMax) {
        m_samples.pop_front();
    }
}

std::optional<ShareMeter::Measured> ShareMeter::measured() const {
    if (m_samples.size() < kRowsMin) {
        return std::nullopt;
    }
    Measured result;
    std::vector<double> values;
    for (std::size_t rank = 0; rank < m_shares.size(); ++rank) {
        values.clear();
        for (const Sample& sample : m_samples) {
            values.push_back(sample.computeMs[rank]);
        }
        result.computeMs.push_back(median(values));
    }
    values.clear();
    for (const Sample& sample : m_samples) {
        values.push_back(sample.stepMs);
    }
    result.stepMs = median(values);
    return result;
}

std::optional<std::vector<std::uint32_t>> ShareMeter::better(TimePoint now) {
    const bool possible = m_shares.size() > 1 && m_microBatches >= m_shares.size() &&
                          m_microBatches <= kMicroBatchesMax;
    if (!possible || now - m_beganAt < m_period) {
        return std::nullopt;
    }
    const std::optional<Measured> measuredNow = measured();
    if (!measuredNow || measuredNow->stepMs <= 0) {
        return std::nullopt;
    }
    judgeLastChange(measuredNow->stepMs);
    if (now - m_beganAt < m_period) {
        return std::nullopt;
    }
    const std::vector<Range> owned = divideMicroBatches(m_microBatches, m_shares);
    std::vector<double> speeds;
    double slowest = 0;
    for (std::size_t rank = 0; rank < owned.size(); ++rank) {
        const double ms = std::max(measuredNow->computeMs[rank], 1e-3);
        // Who owned nothing is as fast as the others until it has shown how fast it is.
        speeds.push_back(owned[rank].empty() ? 0 : static_cast<double>(owned[rank].size()) / ms);
        slowest = std::max(slowest, ms);
    }
    const double fastest = *std::max_element(speeds.begin(), speeds.end());
    std::replace(speeds.begin(), speeds.end(), 0.0, fastest);
    std::vector<std::uint32_t> counts = divideBySpeed(m_microBatches, speeds);
    double after = 0;
    for (std::size_t rank = 0; rank < counts.size(); ++rank) {
        after = std::max(after, counts[rank] / speeds[rank]);
    }
    const double gain = slowest - after;
    if (gain < kGainMin * measuredNow->stepMs) {
        return std::nullopt;
    }
    m_hopedForMs = measuredNow->stepMs - gain / 2;
    return counts;
}

/// Measurements may mislead, for instance where the nodes share one machine: then there is less haste.
void ShareMeter::judgeLastChange(double stepMs) {
    if (!m_hopedForMs) {
        return;
    }
    const bool paid = stepMs <= *m_hopedForMs;
    m_hopedForMs.reset();
    m_period = paid ? Duration(kPeriodMin) : std::min<Duration>(2 * m_period, kPeriodMax);
}

}  // namespace longship
