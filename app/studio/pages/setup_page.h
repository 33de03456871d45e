#pragma once

#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>
#include <QWidget>

#include "app/studio/text/cluster_words.h"
#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/widgets/banner.h"
#include "app/studio/widgets/empty_state.h"

namespace longship {

/// The machines of a cluster over SSH: what keeps them from being a cluster, and Longship on its way to them.
class SetupPage : public QWidget {
    Q_OBJECT

public:
    explicit SetupPage(StudioModel& studio, QWidget* parent = nullptr);

    /// Turns to a cluster and, unless something goes on, checks it.
    void open(const QString& cluster);

Q_SIGNALS:
    void closeRequested();
    void clusterReady(const QString& cluster);  ///< Deployed: it can be opened.
    void clusterForgotten(const QString& cluster);

private:
    QWidget* makeHeading();
    QWidget* makeGrid();
    QWidget* makeBelow();
    void fillMore();
    void addCancelButtons();
    void listen();
    void refresh();
    void refreshSummary();
    void refreshButtons();
    void refreshBanner();
    void finish();

    StudioModel& m_studio;
    ClusterWork& m_work;
    QLabel* m_title = nullptr;
    QLabel* m_summary = nullptr;
    QPushButton* m_check = nullptr;
    QPushButton* m_deploy = nullptr;
    QPushButton* m_undeploy = nullptr;
    QPushButton* m_cancel = nullptr;
    QPushButton* m_close = nullptr;
    QPushButton* m_more = nullptr;
    QMenu* m_moreMenu = nullptr;
    Banner* m_banner = nullptr;
    QTableView* m_grid = nullptr;
    QStackedWidget* m_below = nullptr;
    EmptyState* m_nothing = nullptr;
    QTableView* m_problems = nullptr;
    CheckProblemText* m_problemText = nullptr;
    QTableView* m_nodes = nullptr;
    bool m_deploying = false;  ///< The lower half shows the deployment.
};

}  // namespace longship
