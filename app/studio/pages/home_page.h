#pragma once

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>
#include <QWidget>

#include "app/studio/text/table_text.h"
#include "app/studio/viewmodels/home_view.h"
#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/widgets/banner.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/labels.h"

namespace longship {

/// The first page: what to do next, the two ways to begin, and what was trained last.
class HomePage : public QWidget {
    Q_OBJECT

public:
    explicit HomePage(StudioModel& studio, QWidget* parent = nullptr);

Q_SIGNALS:
    void tryRequested();  ///< The sample job, on the demo cluster.
    void retryRequested();
    void addMachinesRequested();
    void setupRequested(const QString& cluster);
    void clusterRequested(const QString& cluster);
    void openRequested(const longship::RunId& run);
    void historyRequested();

private:
    QWidget* makeNext();
    QWidget* makeTry();
    QWidget* makeMachines();
    QWidget* makeRuns();
    void openChosen();
    void act();
    void refresh();
    void refreshNext();
    void refreshNodes();
    void refreshClusters();

    StudioModel& m_studio;
    NextStep m_step;
    Banner* m_next = nullptr;
    QPushButton* m_act = nullptr;
    QPushButton* m_try = nullptr;
    QHBoxLayout* m_nodes = nullptr;
    std::vector<Pill*> m_pills;
    QLabel* m_elsewhere = nullptr;
    QVBoxLayout* m_clusters = nullptr;
    std::vector<KnownCluster> m_shownClusters;
    RunTableText* m_text = nullptr;
    QTableView* m_runs = nullptr;
    QStackedWidget* m_runsStack = nullptr;
    EmptyState* m_noRuns = nullptr;
};

}  // namespace longship
