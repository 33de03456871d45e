#pragma once

#include <vector>

#include <QCheckBox>
#include <QComboBox>
#include <QPushButton>
#include <QSlider>
#include <QWidget>

#include "app/studio/pages/chart_card.h"
#include "app/studio/pages/heat_card.h"
#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/widgets/chart_view.h"

namespace longship {

/// The curves of the shown run: loss with its smoothing, accuracy, throughput, the parts of a step, and who
/// is slow. All charts show the same part of the run. One earlier run can be laid over it.
class RunCharts : public QWidget {
    Q_OBJECT

public:
    explicit RunCharts(StudioModel& studio, QWidget* parent = nullptr);

    void resetZoom();

private:
    ChartCard* makeLoss();
    ChartCard* makeAccuracy();
    ChartCard* makeThroughput();
    ChartCard* makeStepTime();
    QWidget* makeTools();
    void addLossTools();
    void linkZooms();

    void refresh();
    void refreshMarks();
    void refreshScale();
    void overlay(const RunId& run);
    void fillOverlayMenu();
    std::vector<RunSummary> earlierRuns() const;
    void nameOverlay();

    StudioModel& m_studio;
    RunView m_earlier;  ///< The run that is laid over the shown one; shows none while there is none.
    ChartCard* m_loss;
    ChartCard* m_accuracy;
    ChartCard* m_throughput;
    ChartCard* m_stepTime;
    std::vector<ChartCard*> m_cards;
    HeatCard* m_heat;
    QSlider* m_smoothing = nullptr;
    QCheckBox* m_logarithmic = nullptr;
    QComboBox* m_unit = nullptr;
    QPushButton* m_overlay = nullptr;
    QPushButton* m_choose = nullptr;
    bool m_linking = false;
};

}  // namespace longship
