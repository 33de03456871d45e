#pragma once

#include <vector>

#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>

#include "app/studio/viewmodels/studio_model.h"

namespace longship {

/// The logs that the tasks of a run wrote, one at a time: from the node where it ran, or from another node's
/// copy when that node is gone.
class LogDialog : public QDialog {
    Q_OBJECT

public:
    LogDialog(StudioModel& studio, const RunId& run, QWidget* parent);

private:
    void readAgain();
    void show(const TaskPlace& place, const Result<TaskLog>& log);

    StudioModel& m_studio;
    const RunId m_run;
    std::vector<TaskPlace> m_places;
    QComboBox* m_choice;
    QLabel* m_source;
    QPlainTextEdit* m_text;
    QPushButton* m_again;
};

}  // namespace longship
