#pragma once

#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QWidget>

#include "app/studio/pages/incident_card.h"
#include "app/studio/pages/run_actions.h"
#include "app/studio/pages/run_charts.h"
#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/widgets/labels.h"
#include "app/studio/widgets/stat_tile.h"
#include "app/studio/widgets/tab_pages.h"

namespace longship {

Tone toneOf(RunState state);
PillShape shapeOf(RunState state);
Tone toneOf(const RunSummary& run);
PillShape shapeOf(const RunSummary& run);

/// One run: what it does now while it goes on, what it brought when it is over.
class RunPage : public QWidget {
    Q_OBJECT

public:
    RunPage(StudioModel& studio, RunActions& actions, QWidget* parent = nullptr);

    RunCharts* charts() const { return m_charts; }
    QPushButton* exportButton() const { return m_export; }

private:
    QLayout* makeHeader();
    QLayout* makeProgress();
    QWidget* makeTabs();
    QLayout* makeTiles();
    void connectButtons();

    void refresh();
    void showNothingYet();
    void refreshHeader();
    void refreshBadge();
    void refreshNumbers();
    void refreshState();
    QString progressText() const;
    QString checkpointText() const;

    StudioModel& m_studio;
    RunActions& m_actions;
    QLabel* m_name = nullptr;
    Pill* m_state = nullptr;
    ElidedLabel* m_detail = nullptr;
    QPushButton* m_badge = nullptr;
    QPushButton* m_pause = nullptr;
    QPushButton* m_stop = nullptr;
    QPushButton* m_save = nullptr;
    QPushButton* m_export = nullptr;
    IncidentCard* m_incident = nullptr;
    QProgressBar* m_progress = nullptr;
    QLabel* m_progressText = nullptr;
    QLabel* m_remaining = nullptr;
    StatTile* m_loss = nullptr;
    StatTile* m_accuracy = nullptr;
    StatTile* m_throughput = nullptr;
    StatTile* m_samples = nullptr;
    StatTile* m_time = nullptr;
    RunCharts* m_charts = nullptr;
    TabPages* m_stack = nullptr;
};

}  // namespace longship
