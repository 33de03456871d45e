#pragma once

#include <QComboBox>
#include <QFrame>
#include <QLabel>

#include "app/studio/viewmodels/run_view.h"
#include "app/studio/widgets/chart_view.h"
#include "app/studio/widgets/heat_strip.h"

namespace longship {

/// Where the time of the steps goes, task by task: who is slow stands out, and is named.
class HeatCard : public QFrame {
    Q_OBJECT

public:
    /// Shows the steps that `chart` shows.
    HeatCard(const RunView& run, const ChartView& chart, QWidget* parent = nullptr);

    void setScale(const XScale& scale) { m_scale = scale; }
    void refresh();

private:
    TimePart part() const;
    Step stepAt(double share) const;
    QString tell(std::size_t row, Step step, double value) const;

    const RunView& m_run;
    const ChartView& m_chart;
    XScale m_scale;
    QComboBox* m_part;
    QLabel* m_remark;
    HeatStrip* m_strip;
};

}  // namespace longship
