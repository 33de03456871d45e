#include "core/metrics/ticks.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace longship {
namespace {

/// A number mantissa · 10^exponent that is exact as long as it can be: 3 · 10^-1 is 0.3, not
/// 0.30000000000000004.
double decimal(double mantissa, int exponent) {
    return exponent >= 0 ? mantissa * std::pow(10.0, exponent) : mantissa / std::pow(10.0, -exponent);
}

/// A distance of ticks: 1, 2 or 5 times a power of ten.
struct NiceStep {
    int mantissa = 1;
    int exponent = 0;

    double value() const { return decimal(mantissa, exponent); }
    double multiple(double count) const { return decimal(count * mantissa, exponent) + 0.0; }  // Never -0.
};

/// The smallest nice step that is not below `rough`.
NiceStep niceStep(double rough) {
    const int exponent = static_cast<int>(std::floor(std::log10(rough)));
    for (const int mantissa : {1, 2, 5}) {
        const NiceStep step{mantissa, exponent};
        if (step.value() >= rough * (1 - 1e-12)) {
            return step;
        }
    }
    return {1, exponent + 1};
}

// Denormal steps and ranges beyond double lose their meaning.
constexpr double kMagnitudeMin = 1e-290;
constexpr double kMagnitudeMax = 1e290;

bool isDrawable(double min, double max) {
    return min <= max && std::abs(min) <= kMagnitudeMax && std::abs(max) <= kMagnitudeMax;
}

/// A range so narrow that neighbouring doubles are coarser than its ticks counts as a point.
bool isPoint(double min, double max) {
    const double magnitude = std::max({std::abs(min), std::abs(max), kMagnitudeMin});
    return max - min <= magnitude * 1e-13;
}

int decimalsOf(double value) {
    int decimals = 0;
    while (decimals < 17 && std::abs(value - std::round(value)) > std::abs(value) * 1e-9) {
        value *= 10;
        ++decimals;
    }
    return decimals;
}

}  // namespace

Ticks linearTicks(double min, double max, std::size_t wanted) {
    Ticks ticks;
    if (!isDrawable(min, max)) {
        return ticks;
    }
    if (isPoint(min, max)) {
        ticks.values = {min};
        ticks.decimals = std::min(6, decimalsOf(min));
        return ticks;
    }
    const double parts = static_cast<double>(std::max<std::size_t>(wanted, 2) - 1);
    NiceStep step = niceStep((max - min) / parts);
    const auto fill = [&] {
        const double first = std::ceil(min / step.value() - 1e-9);
        const double last = std::floor(max / step.value() + 1e-9);
        ticks.values.clear();
        for (double count = first; count <= last; ++count) {
            ticks.values.push_back(step.multiple(count));
        }
    };
    fill();
    if (ticks.values.empty()) {
        // A range may lie between two multiples of its own length; with the next smaller one that cannot be.
        step = niceStep(step.value() * 0.4);
        fill();
    }
    ticks.step = step.value();
    ticks.decimals = std::max(0, -step.exponent);
    return ticks;
}

Ticks logarithmicTicks(double min, double max, std::size_t wanted) {
    if (!(min > 0) || !isDrawable(min, max)) {
        return {};
    }
    const int lowest = static_cast<int>(std::floor(std::log10(min)));
    const int highest = static_cast<int>(std::ceil(std::log10(max)));
    const auto decades = static_cast<std::size_t>(highest - lowest + 1);
    const bool between = decades * 3 <= 2 * std::max<std::size_t>(wanted, 2);
    const std::size_t fit = std::max<std::size_t>(wanted, 1);
    const int every = static_cast<int>((decades + fit - 1) / fit);

    Ticks ticks;
    int smallest = highest;
    for (int exponent = lowest; exponent <= highest; ++exponent) {
        for (const int mantissa : {1, 2, 5}) {
            const double value = decimal(mantissa, exponent);
            const bool shown = mantissa == 1 ? between || exponent % every == 0 : between;
            if (shown && value >= min * (1 - 1e-12) && value <= max * (1 + 1e-12)) {
                ticks.values.push_back(value);
                smallest = std::min(smallest, exponent);
            }
        }
    }
    if (ticks.values.size() < 2) {
        return linearTicks(min, max, wanted);
    }
    ticks.decimals = std::max(0, -smallest);
    return ticks;
}

Ticks durationTicks(double min, double max, std::size_t wanted) {
    constexpr std::array<double, 19> kSteps = {1,   2,    5,    10,   15,    30,    60,    120,   300,   600,
                                               900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800};
    const double rough = (max - min) / static_cast<double>(std::max<std::size_t>(wanted, 1));
    if (!isDrawable(min, max) || rough < kSteps.front() || rough > kSteps.back()) {
        return linearTicks(min, max, wanted);
    }
    Ticks ticks;
    ticks.step = *std::find_if(kSteps.begin(), kSteps.end(), [&](double step) { return step >= rough; });
    for (double count = std::ceil(min / ticks.step); count * ticks.step <= max; ++count) {
        ticks.values.push_back(count * ticks.step);
    }
    return ticks;
}

AxisRange niceRange(double min, double max, std::size_t wanted) {
    if (!isDrawable(min, max)) {
        return {};
    }
    if (isPoint(min, max)) {
        const double room = min == 0 ? 1 : std::abs(min) * 0.1;
        return niceRange(min - room, max + room, wanted);
    }
    const double parts = static_cast<double>(std::max<std::size_t>(wanted, 2) - 1);
    const NiceStep step = niceStep((max - min) / parts);
    return {step.multiple(std::floor(min / step.value() + 1e-9)),
            step.multiple(std::ceil(max / step.value() - 1e-9))};
}

}  // namespace longship
