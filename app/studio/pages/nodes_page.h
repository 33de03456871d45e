#pragma once

#include <QLabel>
#include <QStackedWidget>
#include <QTableView>
#include <QTimer>
#include <QWidget>

#include "app/studio/pages/node_detail.h"
#include "app/studio/text/table_text.h"
#include "app/studio/viewmodels/sample_ages.h"
#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/widgets/empty_state.h"

namespace longship {

/// All nodes in a table, and the chosen one in detail.
class NodesPage : public QWidget {
    Q_OBJECT

public:
    explicit NodesPage(StudioModel& studio, QWidget* parent = nullptr);

Q_SIGNALS:
    void retryRequested();  ///< Start the cluster once more.
    void addMachinesRequested();
    void setupRequested();  ///< Check, deploy, undeploy: for clusters over SSH.

private:
    QWidget* makeTable();
    void refresh();
    void showChosen();
    void showAges();

    StudioModel& m_studio;
    SampleAges m_ages;
    QTimer m_aging;  ///< Values grow old while nothing comes.
    NodeTableText* m_text;
    QLabel* m_summary;
    QPushButton* m_setup;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    QTableView* m_table = nullptr;
    int m_namesFitted = 0;  ///< How many nodes there were when the column took its width.
    NodeDetail* m_detail;
};

}  // namespace longship
