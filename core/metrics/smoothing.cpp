#include "core/metrics/smoothing.h"

#include <algorithm>
#include <cmath>

namespace longship {

// Above this the correction divides two tiny numbers; no curve needs it.
constexpr double kWeightMax = 0.999'999;

Smoother::Smoother(double weight) : m_weight(weight > 0 ? std::min(weight, kWeightMax) : 0) {}

double Smoother::add(double value) {
    if (!std::isfinite(value)) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    m_sum = m_weight * m_sum + (1 - m_weight) * value;
    m_bias *= m_weight;
    return m_sum / (1 - m_bias);
}

Series smoothed(const Series& series, double weight) {
    Smoother smoother(weight);
    Series result;
    for (const SeriesPoint& point : series.points()) {
        result.append({point.step, point.time, smoother.add(point.value)});
    }
    return result;
}

}  // namespace longship
