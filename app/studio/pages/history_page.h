#pragma once

#include <vector>

#include <QLineEdit>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>
#include <QWidget>

#include "app/studio/pages/run_actions.h"
#include "app/studio/text/table_text.h"
#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/toast.h"

namespace longship {

/// All runs that this machine knows: find one, open it, export, save its model, delete it (and take it back).
class HistoryPage : public QWidget {
    Q_OBJECT

public:
    HistoryPage(StudioModel& studio, RunActions& actions, QWidget* parent = nullptr);

    void focusFilter();
    QPushButton* exportButton() const { return m_export; }

Q_SIGNALS:
    void openRequested(const longship::RunId& run);
    void newRunRequested();

private:
    QLayout* makeHeader();
    QWidget* makeTable();
    void connectButtons();
    std::vector<RunSummary> chosen() const;
    void deleteChosen();
    void openChosen();
    void refresh();

    StudioModel& m_studio;
    RunActions& m_actions;
    RunTableText* m_text;
    QLineEdit* m_filter = nullptr;
    QPushButton* m_open = nullptr;
    QPushButton* m_save = nullptr;
    QPushButton* m_export = nullptr;
    QPushButton* m_delete = nullptr;
    QTableView* m_table = nullptr;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    Toast* m_toast;
};

}  // namespace longship
