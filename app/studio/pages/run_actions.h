#pragma once

#include <functional>
#include <utility>
#include <vector>

#include <QMenu>
#include <QObject>
#include <QWidget>

#include "app/studio/viewmodels/studio_model.h"

namespace longship {

/// What can be done with a run from several pages: the dialogs around the studio's commands.
class RunActions : public QObject {
    Q_OBJECT

public:
    RunActions(StudioModel& studio, QWidget* window);

    void stop(const RunId& run, const QString& name);
    void saveModel(const RunId& run, const QString& name);

    /// Asks for a file and writes the runs to it.
    void exportRuns(const std::vector<RunId>& runs, const QString& name, ExportFormat format);

    using Chosen = std::function<std::pair<std::vector<RunId>, QString>()>;

    /// A menu with the formats; `chosen` gives the runs and a name for the file.
    QMenu* makeExportMenu(QWidget* parent, Chosen chosen);

private:
    QString askForFile(const QString& title, const QString& fileName, const QString& filter);

    StudioModel& m_studio;
    QWidget* m_window;
};

}  // namespace longship
