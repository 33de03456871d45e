#pragma once

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QTableView>
#include <QWidget>

#include "app/studio/text/log_text.h"
#include "app/studio/viewmodels/run_logs.h"
#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/widgets/banner.h"

namespace longship {

/// What the tasks of the shown run wrote, all together: searched by words, by node and by task, with the
/// first error pinned above. It grows while it is seen.
class LogView : public QWidget {
    Q_OBJECT

public:
    explicit LogView(StudioModel& studio, QWidget* parent = nullptr);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    QLayout* makeFilters();
    void refresh();
    void refreshChoices();
    void showFirstError();
    QString remark() const;

    StudioModel& m_studio;
    RunLogs m_logs;
    LogText m_text;
    QLineEdit* m_words;
    QComboBox* m_node;
    QComboBox* m_task;
    QLabel* m_count;
    Banner* m_error;
    QLabel* m_remark;
    QTableView* m_table;
};

}  // namespace longship
