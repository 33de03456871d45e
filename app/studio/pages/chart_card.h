#pragma once

#include <QFrame>
#include <QHBoxLayout>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>

#include "app/studio/text/curve_table.h"
#include "app/studio/viewmodels/studio_settings.h"
#include "app/studio/widgets/chart_view.h"

namespace longship {

/// A chart with its heading, its table beside it, and what can be done with both: show all, save an image,
/// a logarithmic axis, copy.
class ChartCard : public QFrame {
    Q_OBJECT

public:
    /// `name` is for files and tests: "loss".
    ChartCard(StudioSettings& settings, const QString& heading, const QString& name, ChartView* chart,
              std::vector<CurveTable::Column> columns, QWidget* parent = nullptr);

    ChartView* chart() const { return m_chart; }
    void addTool(QWidget* tool);  ///< Into the line of the heading.
    void refresh();               ///< The series have changed.

private:
    void addMenu(const QString& name);
    void saveImage(const QString& name);

    StudioSettings& m_settings;
    ChartView* m_chart;
    CurveTable* m_points;
    QTableView* m_table;
    QStackedWidget* m_stack;
    QPushButton* m_asTable;
    QHBoxLayout* m_head;
};

}  // namespace longship
