#include "core/training/evaluation.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "core/optimizer/fixed_point.h"
#include "core/training/byte_stream.h"

namespace longship {
namespace {

// Small enough to bound memory and to spread over the members, large enough to compute well.
constexpr std::uint64_t kRangeSamples = 250;

}  // namespace

Evaluation::Evaluation(std::uint64_t samples, std::span<const std::uint32_t> shares, Rank rank,
                       Step stepsApplied, std::uint64_t epoch)
    : m_samples(samples),
      m_ranges((samples + kRangeSamples - 1) / kRangeSamples),
      m_mine(divideMicroBatches(m_ranges, shares)[rank]),
      m_stepsApplied(stepsApplied),
      m_epoch(epoch) {}

Range Evaluation::samplesOf(std::uint64_t range) const {
    return {range * kRangeSamples, std::min((range + 1) * kRangeSamples, m_samples)};
}

std::vector<std::uint64_t> Evaluation::nextSamples() const {
    const std::uint64_t next = m_mine.begin + m_done.size();
    if (next >= m_mine.end) {
        return {};
    }
    const Range range = samplesOf(next);
    std::vector<std::uint64_t> samples(range.size());
    std::iota(samples.begin(), samples.end(), range.begin);
    return samples;
}

void Evaluation::add(RangeResult result) {
    result.range = m_mine.begin + m_done.size();
    m_done.push_back(result);
}

std::vector<std::byte> Evaluation::encode(bool stop) const {
    ByteWriter writer;
    writer.write(m_stepsApplied).write(std::uint8_t{stop}).write(std::uint64_t{m_done.size()});
    for (const RangeResult& result : m_done) {
        writer.write(result.range).write(result.loss).write(result.correct).write(result.samples);
        writer.write(std::uint8_t{result.lossGood});
    }
    return writer.take();
}

Result<Evaluation::Outcome> Evaluation::combine(const std::vector<std::vector<std::byte>>& gathered) const {
    Outcome outcome;
    outcome.finished.step = m_stepsApplied;
    outcome.finished.epoch = m_epoch;
    std::int64_t loss = 0;
    bool lossGood = true;
    std::uint64_t next = 0;
    for (std::size_t rank = 0; rank < gathered.size(); ++rank) {
        ByteReader reader(gathered[rank]);
        Step step = 0;
        std::uint8_t stop = 0;
        std::uint64_t count = 0;
        bool good = reader.read(step) && reader.read(stop) && reader.read(count) && step == m_stepsApplied;
        for (std::uint64_t i = 0; good && i < count; ++i, ++next) {
            RangeResult result;
            std::uint8_t resultGood = 0;
            good = reader.read(result.range) && reader.read(result.loss) && reader.read(result.correct) &&
                   reader.read(result.samples) && reader.read(resultGood) && result.range == next;
            loss += result.loss;
            lossGood = lossGood && resultGood == 1;
            outcome.finished.correct += result.correct;
            outcome.finished.samples += result.samples;
        }
        if (!good || !reader.complete()) {
            return failure(
                ErrorKind::Corrupt,
                fmt::format("Rank {} reported an evaluation that does not fit: expected range {} of {} "
                            "after step {}.",
                            rank, next, m_ranges, m_stepsApplied));
        }
        outcome.stop = outcome.stop || stop == 1;
    }
    if (next != m_ranges || outcome.finished.samples != m_samples) {
        return failure(ErrorKind::Corrupt,
                       fmt::format("The evaluation covers {} of {} ranges and {} of {} samples.", next,
                                   m_ranges, outcome.finished.samples, m_samples));
    }
    if (!lossGood) {
        return failure(ErrorKind::BadInput,
                       "The loss on the test samples is not finite: training diverged. Lower "
                       "the learning rate.");
    }
    outcome.finished.loss =
        std::ldexp(static_cast<double>(loss), -kLossBits) / static_cast<double>(m_samples);
    return outcome;
}

}  // namespace longship
