#pragma once

#include <functional>
#include <optional>

#include <QStringList>
#include <QWidget>

#include "core/metrics/heat_table.h"

namespace longship {

/// Rows of a HeatTable over steps, each step as a stroke that is the stronger the larger its value is. A
/// column of pixels shows the largest value in it.
class HeatStrip : public QWidget {
    Q_OBJECT

public:
    using Tell = std::function<QString(std::size_t row, Step step, double value)>;
    /// The step at this share (0…1) of the strip.
    using StepAt = std::function<Step(double share)>;

    HeatStrip(Tell tell, QWidget* parent = nullptr);

    /// The table is read whenever the strip is painted and must outlive it.
    void setTable(const HeatTable* table);
    void setRows(const QStringList& names, std::optional<std::size_t> marked);
    void setSteps(StepAt stepAt);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;

private:
    QRect area() const;
    int rowHeight() const;
    std::optional<double> valueAt(std::size_t row, int x) const;

    Tell m_tell;
    const HeatTable* m_table = nullptr;
    QStringList m_names;
    std::optional<std::size_t> m_marked;
    StepAt m_stepAt;
};

}  // namespace longship
