#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <QRectF>
#include <QString>

namespace longship {

/// A mark on a chart, where it is in pixels.
struct PlacedMark {
    double x = 0;
    QString text;
};

/// What is written beside one mark, or beside several that stand too close for words of their own.
struct MarkLabel {
    std::size_t first = 0;  ///< Of the marks.
    std::size_t count = 1;
    QString text;
    QRectF room;
};

struct MarkLabelStyle {
    std::function<double(const QString&)> widthOf;
    double lineHeight = 0;
    std::function<QString(std::size_t)> many;  ///< "2 incidents".
};

/// Every mark has a label: beside it, on a line of its own where the one above is taken, or together with its
/// neighbours. `marks` in the order of their x, all inside the area.
std::vector<MarkLabel> placeLabels(const std::vector<PlacedMark>& marks, const QRectF& area,
                                   const MarkLabelStyle& style);

}  // namespace longship
