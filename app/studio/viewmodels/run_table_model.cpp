#include "app/studio/viewmodels/run_table_model.h"

#include <algorithm>
#include <iterator>

#include <QDateTime>

namespace longship {

namespace {

QVariant optionalValue(const std::optional<double>& value) {
    return value ? QVariant(*value) : QVariant();
}

QVariant durationSeconds(const RunSummary& run) {
    if (!run.finishedAt) {
        return {};
    }
    return static_cast<double>(run.finishedAt->microseconds - run.queuedAt.microseconds) / 1e6;
}

QVariant cell(const RunSummary& run, int column) {
    switch (column) {
        case RunTableModel::State: return static_cast<int>(run.state);
        case RunTableModel::Name: return QString::fromStdString(run.name);
        case RunTableModel::Model: return QString::fromStdString(run.model);
        case RunTableModel::Dataset: return QString::fromStdString(run.dataset);
        case RunTableModel::Queued:
            return QDateTime::fromMSecsSinceEpoch(run.queuedAt.microseconds / 1000, Qt::UTC);
        case RunTableModel::DurationSeconds: return durationSeconds(run);
        case RunTableModel::Samples: return QVariant::fromValue<qulonglong>(run.samples);
        case RunTableModel::Accuracy: return optionalValue(run.accuracy);
        default: return {};
    }
}

}  // namespace

RunTableModel::RunTableModel(QObject* parent) : RowTableModel(parent) {}

void RunTableModel::setRuns(std::vector<RunSummary> runs) {
    m_all = std::move(runs);
    update();
}

void RunTableModel::setHidden(const RunId& run, bool hidden) {
    if (hidden) {
        m_hidden.insert(run);
    } else {
        m_hidden.erase(run);
    }
    update();
}

void RunTableModel::update() {
    std::vector<RunSummary> wanted;
    std::copy_if(m_all.begin(), m_all.end(), std::back_inserter(wanted),
                 [&](const RunSummary& run) { return !m_hidden.contains(run.run); });
    updateRows(std::move(wanted));
}

int RunTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant RunTableModel::data(const QModelIndex& index, int role) const {
    if (role != Qt::DisplayRole || !checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    return cell(at(index.row()), index.column());
}

}  // namespace longship
