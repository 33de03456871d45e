#pragma once

namespace longship {

/// What an axis shows, in its own coordinates: on a logarithmic axis log10 of the values.
struct Extent {
    double min = 0;
    double max = 1;

    double span() const { return max - min; }
    bool operator==(const Extent&) const = default;
};

/// The range an axis shows for its data. It widens at once, to round numbers, and narrows only when the data
/// fill less than half of it: an axis that breathes with every point cannot be read.
Extent calmExtent(const Extent& shown, const Extent& data);

}  // namespace longship
