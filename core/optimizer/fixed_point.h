#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace longship {

// `numerics: reproducible` adds gradients, losses and statistics as integers: integer addition does not care
// about order or grouping, so any division of the micro-batches over any members gives the same bits.
//
// A value v becomes round(v·2^k). The scales are fixed, because a scale that depended on the data would need
// an agreement before every sum.

/// Gradients of the batch's mean loss: resolution 3.6e-15; a micro-batch's own gradient may reach 2^14 =
/// 16384 (see fixedPointLimit), far above what a run that still learns shows.
inline constexpr int kGradientBits = 48;
/// Mean and mean square of batch normalisation, weighted by samples: resolution 1.5e-11, up to 6.7e7.
inline constexpr int kStatisticBits = 36;
/// Sums of losses over samples: resolution 6.0e-8; with 256 terms each may reach 2^30.
inline constexpr int kLossBits = 24;

/// Values may not exceed this after scaling, so that `terms` of them cannot overflow the sum. It depends on
/// the number of micro-batches of the step alone, never on who owns them: all members judge alike.
double fixedPointLimit(std::uint64_t terms);

/// Adds round(values[i]·2^bits) to sums[i], or assigns it when `assign`. False when a value is not finite or
/// its scaled size is above `limit`; the sums are then worthless.
template <typename Real>
bool addFixedPoint(std::span<const Real> values, std::span<std::int64_t> sums, int bits, double limit,
                   bool assign);

/// values[i] = sums[i]·2^-bits.
template <typename Real>
void fromFixedPoint(std::span<const std::int64_t> sums, std::span<Real> values, int bits);

}  // namespace longship
