#include "app/studio/pages/run_actions.h"

#include <QFileDialog>
#include <QFileInfo>

#include "app/studio/pages/dialogs.h"

namespace longship {

RunActions::RunActions(StudioModel& studio, QWidget* window)
    : QObject(window), m_studio(studio), m_window(window) {
    connect(&studio, &StudioModel::modelSaved, this,
            [this](const RunId&, const QString& path) { showModelSaved(path, m_window); });
    connect(&studio, &StudioModel::commandFailed, this,
            [this](const Error& error) { showError(error, m_window); });
}

void RunActions::stop(const RunId& run, const QString& name) {
    if (askToStop(name, m_window)) {
        m_studio.stop(run);
    }
}

void RunActions::saveModel(const RunId& run, const QString& name) {
    const QString path =
        askForFile(tr("Save the model"), name + QStringLiteral(".safetensors"), tr("Models (*.safetensors)"));
    if (!path.isEmpty()) {
        m_studio.saveModel(run, path);
    }
}

void RunActions::exportRuns(const std::vector<RunId>& runs, const QString& name, ExportFormat format) {
    const auto [ending, filter] =
        format == ExportFormat::Csv    ? std::pair(QStringLiteral(".csv"), tr("CSV tables (*.csv)"))
        : format == ExportFormat::Json ? std::pair(QStringLiteral(".json"), tr("JSON (*.json)"))
                                       : std::pair(QStringLiteral(".html"), tr("HTML reports (*.html)"));
    const QString path = askForFile(tr("Export"), name + ending, filter);
    if (!path.isEmpty()) {
        m_studio.exportTo(runs, format, path);
    }
}

QMenu* RunActions::makeExportMenu(QWidget* parent, Chosen chosen) {
    auto* menu = new QMenu(parent);
    const std::pair<QString, ExportFormat> formats[] = {{tr("CSV table…"), ExportFormat::Csv},
                                                        {tr("JSON…"), ExportFormat::Json},
                                                        {tr("HTML report…"), ExportFormat::Html}};
    for (const auto& [text, format] : formats) {
        menu->addAction(text, this, [this, chosen, format = format] {
            const auto [runs, name] = chosen();
            exportRuns(runs, name, format);
        });
    }
    return menu;
}

QString RunActions::askForFile(const QString& title, const QString& fileName, const QString& filter) {
    const QString path = QFileDialog::getSaveFileName(
        m_window, title, m_studio.settings().lastFolder() + u'/' + fileName, filter);
    if (!path.isEmpty()) {
        m_studio.settings().setLastFolder(QFileInfo(path).absolutePath());
    }
    return path;
}

}  // namespace longship
