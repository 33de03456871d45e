#pragma once

#include "core/metrics/series.h"

namespace longship {

/// Exponential moving average with bias correction (Kingma and Ba, Adam, 2015, section 3): the first values
/// count as what they are, not as a pull towards zero. Fed with every value, never with drawn pixels.
class Smoother {
public:
    /// How much of the old average stays, 0 (none: values as they are) … below 1.
    explicit Smoother(double weight);

    /// The average including this value. What is no finite number is a gap: returned as NaN and not averaged.
    double add(double value);

    double weight() const { return m_weight; }

private:
    double m_weight;
    double m_sum = 0;
    double m_bias = 1;  ///< weight^n.
};

/// The whole series smoothed anew: when the weight was changed.
Series smoothed(const Series& series, double weight);

}  // namespace longship
