#include "app/studio/widgets/mark_labels.h"

#include <algorithm>
#include <array>
#include <optional>

namespace longship {
namespace {

constexpr double kGap = 9;         // Between a mark and its words, and between words.
constexpr double kSamePlace = 10;  // Marks this near cannot be told apart.
constexpr std::size_t kLines = 3;

using Lines = std::array<double, kLines>;  ///< Where each line of words is free from.

std::vector<MarkLabel> grouped(const std::vector<PlacedMark>& marks) {
    std::vector<MarkLabel> labels;
    for (std::size_t i = 0; i < marks.size(); ++i) {
        if (i > 0 && marks[i].x - marks[labels.back().first].x < kSamePlace) {
            ++labels.back().count;
        } else {
            labels.push_back({i, 1, {}, {}});
        }
    }
    return labels;
}

/// None where all lines are taken.
std::optional<QRectF> roomFor(double x, double width, const QRectF& area, double height, Lines& freeFrom) {
    const bool right = x + kGap + width <= area.right();
    const double left = std::max(right ? x + kGap : x - kGap - width, area.left());
    for (std::size_t line = 0; line < kLines; ++line) {
        if (left >= freeFrom[line]) {
            freeFrom[line] = left + width + kGap;
            return QRectF(left, area.top() + 1 + static_cast<double>(line) * height, width, height);
        }
    }
    return std::nullopt;
}

/// The first label that found no room; none when all did.
std::optional<std::size_t> place(std::vector<MarkLabel>& labels, const std::vector<PlacedMark>& marks,
                                 const QRectF& area, const MarkLabelStyle& style) {
    Lines freeFrom;
    freeFrom.fill(area.left());
    for (std::size_t i = 0; i < labels.size(); ++i) {
        MarkLabel& label = labels[i];
        label.text = label.count == 1 ? marks[label.first].text : style.many(label.count);
        const auto room =
            roomFor(marks[label.first].x, style.widthOf(label.text), area, style.lineHeight, freeFrom);
        if (!room) {
            return i;
        }
        label.room = *room;
    }
    return std::nullopt;
}

}  // namespace

std::vector<MarkLabel> placeLabels(const std::vector<PlacedMark>& marks, const QRectF& area,
                                   const MarkLabelStyle& style) {
    std::vector<MarkLabel> labels = grouped(marks);
    // Each round there is one label less.
    while (const auto crowded = place(labels, marks, area, style)) {
        if (*crowded == 0) {
            break;
        }
        labels[*crowded - 1].count += labels[*crowded].count;
        labels.erase(labels.begin() + static_cast<std::ptrdiff_t>(*crowded));
    }
    return labels;
}

}  // namespace longship
