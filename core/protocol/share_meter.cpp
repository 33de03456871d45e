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
    for (; given > total;
         --given) {  // The least that each gets was more than its part: from the last to end.
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

/// Over the samples from one to before another; none when these are too few.
std::optional<ShareMeter::Measured> ShareMeter::measured(std::size_t from, std::size_t to) const {
    if (to - from < kRowsMin / 2) {
        return std::nullopt;
    }
    const auto medianOf = [&](auto value) {
        std::vector<double> values;
        for (std::size_t i = from; i < to; ++i) {
            values.push_back(value(m_samples[i]));
        }
        return median(std::move(values));
    };
    Measured result;
    for (std::size_t rank = 0; rank < m_shares.size(); ++rank) {
        result.computeMs.push_back(medianOf([&](const Sample& sample) { return sample.computeMs[rank]; }));
    }
    result.stepMs = medianOf([](const Sample& sample) { return sample.stepMs; });
    return result;
}

/// By how many milliseconds a step would be shorter with these counts.
double ShareMeter::gainOf(const Measured& now, const std::vector<std::uint32_t>& counts) const {
    const std::vector<Range> owned = divideMicroBatches(m_microBatches, m_shares);
    double before = 0;
    double after = 0;
    for (std::size_t rank = 0; rank < owned.size(); ++rank) {
        before = std::max(before, now.computeMs[rank]);
        if (!owned[rank].empty()) {
            after =
                std::max(after, now.computeMs[rank] * counts[rank] / static_cast<double>(owned[rank].size()));
        }
    }
    return before - after;
}

std::optional<std::vector<std::uint32_t>> ShareMeter::better(TimePoint now) {
    const bool possible = m_shares.size() > 1 && m_microBatches >= m_shares.size() &&
                          m_microBatches <= kMicroBatchesMax && m_samples.size() >= kRowsMin;
    if (!possible || now - m_beganAt < m_period) {
        return std::nullopt;
    }
    const Measured all = *measured(0, m_samples.size());
    judgeLastChange(all.stepMs);
    const double slowest = *std::max_element(all.computeMs.begin(), all.computeMs.end());
    if (now - m_beganAt < m_period || slowest < kComputeMsMin) {
        return std::nullopt;
    }
    const std::vector<Range> owned = divideMicroBatches(m_microBatches, m_shares);
    std::vector<double> speeds;
    for (std::size_t rank = 0; rank < owned.size(); ++rank) {
        const double ms = std::max(all.computeMs[rank], 1e-3);
        speeds.push_back(static_cast<double>(owned[rank].size()) / ms);
    }
    // Who owned nothing is as fast as the fastest until it has shown how fast it is.
    const double fastest = *std::max_element(speeds.begin(), speeds.end());
    std::replace(speeds.begin(), speeds.end(), 0.0, fastest);
    std::vector<std::uint32_t> counts = divideBySpeed(m_microBatches, speeds);
    // Both halves of the time must say so: what comes and goes is no reason.
    const std::size_t middle = m_samples.size() / 2;
    for (const auto& half : {measured(0, middle), measured(middle, m_samples.size())}) {
        if (!half || gainOf(*half, counts) < kGainMin * half->stepMs) {
            return std::nullopt;
        }
    }
    const double gain = gainOf(all, counts);
    if (gain < kGainMin * all.stepMs) {
        return std::nullopt;
    }
    m_hopedForMs = all.stepMs - gain / 2;
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
