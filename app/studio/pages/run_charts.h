#pragma once

#include <QCheckBox>
#include <QPushButton>
#include <QSlider>
#include <QWidget>

#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/widgets/chart_view.h"

namespace longship {

/// The curves of the shown run: loss with its smoothing, throughput, accuracy.
class RunCharts : public QWidget {
    Q_OBJECT

public:
    explicit RunCharts(StudioModel& studio, QWidget* parent = nullptr);

    void resetZoom();

private:
    QWidget* makeLossCard();
    QWidget* makeCard(const QString& heading, ChartView* chart, QWidget* tools);
    void addImageMenu(ChartView* chart, const QString& name);
    void refresh();

    StudioModel& m_studio;
    ChartView* m_loss;
    ChartView* m_throughput;
    ChartView* m_accuracy;
    QSlider* m_smoothing = nullptr;
    QCheckBox* m_logarithmic = nullptr;
};

}  // namespace longship
