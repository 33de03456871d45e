#include "core/optimizer/fixed_point.h"

#include <cmath>

namespace longship {

double fixedPointLimit(std::uint64_t terms) {
    return 0x1p62 / static_cast<double>(terms == 0 ? 1 : terms);
}

template <typename Real>
bool addFixedPoint(std::span<const Real> values, std::span<std::int64_t> sums, int bits, double limit,
                   bool assign) {
    const double scale = std::ldexp(1.0, bits);
    std::size_t good = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double scaled = static_cast<double>(values[i]) * scale;
        const bool fits = std::abs(scaled) <= limit;  // False for NaN too.
        good += fits ? 1 : 0;
        const std::int64_t rounded = std::llrint(fits ? scaled : 0.0);
        sums[i] = assign ? rounded : sums[i] + rounded;
    }
    return good == values.size();
}

template <typename Real>
void fromFixedPoint(std::span<const std::int64_t> sums, std::span<Real> values, int bits) {
    const double scale = std::ldexp(1.0, -bits);
    for (std::size_t i = 0; i < sums.size(); ++i) {
        values[i] = static_cast<Real>(static_cast<double>(sums[i]) * scale);
    }
}

template bool addFixedPoint(std::span<const float>, std::span<std::int64_t>, int, double, bool);
template bool addFixedPoint(std::span<const double>, std::span<std::int64_t>, int, double, bool);
template void fromFixedPoint(std::span<const std::int64_t>, std::span<float>, int);
template void fromFixedPoint(std::span<const std::int64_t>, std::span<double>, int);

}  // namespace longship
