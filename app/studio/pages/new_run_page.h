#pragma once

#include <vector>

#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QStackedWidget>
#include <QWidget>

#include "app/studio/pages/job_file_view.h"
#include "app/studio/pages/job_form.h"
#include "app/studio/pages/job_problems.h"
#include "app/studio/viewmodels/studio_model.h"
#include "core/domain/job_clone.h"

namespace longship {

/// A new run: one page with sections, or its file; filled in with the demo's job at first. Train starts it,
/// so does Enter.
class NewRunPage : public QWidget {
    Q_OBJECT

public:
    explicit NewRunPage(StudioModel& studio, QWidget* parent = nullptr);

    /// Starts over from an earlier run; says what of it could not be kept.
    void cloneRun(const RunId& run);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeActions();
    QWidget* makeSectionBar();
    void trainOrCancel();
    void fillStartMenu();
    void applyPreset(const JobPreset& preset);
    void copyCommand();
    void showFile(bool file);
    void goTo(const ShownProblem& problem);
    void tell(const QString& heading, const QString& text);

    void refresh();
    void refreshProblems();
    void refreshActions();

    StudioModel& m_studio;
    JobForm* m_form = nullptr;
    JobFileView* m_file = nullptr;
    JobProblems* m_problems = nullptr;
    Banner* m_notice = nullptr;
    DraftState m_before;  ///< What Undo of the notice brings back.
    QStackedWidget* m_views = nullptr;
    QWidget* m_sections = nullptr;
    QWidget* m_nodes = nullptr;
    QMenu* m_start = nullptr;
    QPushButton* m_copy = nullptr;
    QPushButton* m_asFile = nullptr;
    QPushButton* m_train = nullptr;
    QLabel* m_readiness = nullptr;
};

}  // namespace longship
