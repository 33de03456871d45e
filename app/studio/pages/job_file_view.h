#pragma once

#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QWidget>

#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/widgets/labels.h"

namespace longship {

/// The draft as its file. What is typed here stands in the form at once, and the other way round; comments
/// and keys that no job has stay as they are.
class JobFileView : public QWidget {
    Q_OBJECT

public:
    explicit JobFileView(StudioModel& studio, QWidget* parent = nullptr);

    /// Puts the cursor there; lines count from 1.
    void goToLine(int line);

    void openFile();

private:
    void refresh();
    void save(const QString& path);
    void saveAs();
    void markProblems();

    StudioModel& m_studio;
    ElidedLabel* m_path;
    QPushButton* m_save;
    QPlainTextEdit* m_text;
};

}  // namespace longship
