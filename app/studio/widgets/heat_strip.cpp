#include "app/studio/widgets/heat_strip.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include "app/studio/theme/colors.h"
#include "app/studio/theme/theme.h"

namespace longship {

namespace {

constexpr int kRowHeightMax = 20;
constexpr int kRowHeightMin = 4;
constexpr int kHeightMax = 200;
constexpr int kRowHeightOfWords = 12;  // Lower rows are told under the mouse only.

QColor between(const QColor& from, const QColor& to, double share) {
    const auto mix = [share](double a, double b) { return static_cast<float>(a + (b - a) * share); };
    return QColor::fromRgbF(mix(from.redF(), to.redF()), mix(from.greenF(), to.greenF()),
                            mix(from.blueF(), to.blueF()));
}

}  // namespace

HeatStrip::HeatStrip(Tell tell, QWidget* parent) : QWidget(parent), m_tell(std::move(tell)) {
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void HeatStrip::setTable(const HeatTable* table) {
    m_table = table;
    update();
}

void HeatStrip::setRows(const QStringList& names, std::optional<std::size_t> marked) {
    if (names.size() != m_names.size()) {
        updateGeometry();
    }
    m_names = names;
    m_marked = marked;
    update();
}

void HeatStrip::setSteps(StepAt stepAt) {
    m_stepAt = std::move(stepAt);
    update();
}

int HeatStrip::rowHeight() const {
    const int rows = std::max(1, static_cast<int>(m_names.size()));
    return std::clamp(kHeightMax / rows, kRowHeightMin, kRowHeightMax);
}

QSize HeatStrip::sizeHint() const {
    return {200, rowHeight() * std::max(1, static_cast<int>(m_names.size()))};
}

QRect HeatStrip::area() const {
    int names = 0;
    for (const QString& name : m_names) {
        names = std::max(names, fontMetrics().horizontalAdvance(name));
    }
    return rect().adjusted(names + spacing::kMedium, 0, 0, 0);
}

std::optional<double> HeatStrip::valueAt(std::size_t row, int x) const {
    const double width = std::max(1, area().width());
    const Step from = m_stepAt(x / width);
    const Step to = m_stepAt((x + 1) / width);
    return m_table->largest(row, from, std::max(to, from + 1));
}

void HeatStrip::paintEvent(QPaintEvent*) {
    if (m_table == nullptr || !m_stepAt) {
        return;
    }
    const Colors& colors = colorsOf(palette());
    const QRect place = area();
    const auto rows = static_cast<std::size_t>(m_names.size());
    const auto columns = static_cast<std::size_t>(std::max(0, place.width()));
    std::vector<std::optional<double>> values(rows * columns);
    double most = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < columns; ++column) {
            auto& value = values[row * columns + column];
            value = valueAt(row, static_cast<int>(column));
            most = std::max(most, value.value_or(0));
        }
    }
    QPainter painter(this);
    const int height = rowHeight();
    for (std::size_t row = 0; row < rows; ++row) {
        const int top = static_cast<int>(row) * height;
        const int gap = height > kRowHeightMin ? 2 : 0;
        painter.fillRect(QRect(place.left(), top, place.width(), height - gap), colors.hover);
        for (std::size_t column = 0; column < columns; ++column) {
            if (const auto& value = values[row * columns + column]; value && most > 0) {
                painter.fillRect(QRect(place.left() + static_cast<int>(column), top, 1, height - gap),
                                 between(colors.accentSoft, colors.accent, std::max(0.0, *value) / most));
            }
        }
        if (height >= kRowHeightOfWords) {
            painter.setPen(m_marked == row ? colors.warning : colors.textMuted);
            painter.drawText(QRect(0, top, place.left() - spacing::kTight, height - gap),
                             Qt::AlignLeft | Qt::AlignVCenter, m_names[static_cast<qsizetype>(row)]);
        }
    }
}

void HeatStrip::mouseMoveEvent(QMouseEvent* event) {
    const QPoint at = event->position().toPoint();
    const int x = at.x() - area().left();
    const int row = at.y() / rowHeight();
    QString told;
    if (m_table != nullptr && m_stepAt && x >= 0 && row >= 0 && row < m_names.size()) {
        if (const auto value = valueAt(static_cast<std::size_t>(row), x)) {
            told = m_tell(static_cast<std::size_t>(row), m_stepAt(x / static_cast<double>(area().width())),
                          *value);
        }
    }
    if (told.isEmpty()) {
        QToolTip::hideText();
    } else {
        QToolTip::showText(event->globalPosition().toPoint(), told, this);
    }
}

}  // namespace longship
