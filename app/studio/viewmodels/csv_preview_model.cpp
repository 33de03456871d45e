#include "app/studio/viewmodels/csv_preview_model.h"

#include <memory>
#include <utility>

namespace longship {

CsvPreviewModel::CsvPreviewModel(QObject* parent) : QAbstractTableModel(parent) {
    m_readers.setMaxThreadCount(1);
}

CsvPreviewModel::~CsvPreviewModel() {
    m_readers.waitForDone();
}

void CsvPreviewModel::load(const QString& path) {
    if (path == m_path && m_state != State::Failed) {
        return;
    }
    m_path = path;
    if (path.isEmpty()) {
        clear();
        return;
    }
    const int request = ++m_request;
    replace(State::Loading, {}, std::nullopt);
    m_readers.clear();  // Questions that nobody waits for any more.
    m_readers.start([this, request, file = std::filesystem::path(path.toStdString())] {
        auto result = std::make_shared<Result<CsvSummary>>(summarizeCsvFile(file));
        QMetaObject::invokeMethod(
            this, [this, request, result] { finish(request, std::move(*result)); }, Qt::QueuedConnection);
    });
}

void CsvPreviewModel::clear() {
    ++m_request;
    m_path.clear();
    replace(State::Empty, {}, std::nullopt);
}

void CsvPreviewModel::finish(int request, Result<CsvSummary> result) {
    if (request != m_request) {
        return;
    }
    if (result) {
        replace(State::Loaded, std::move(*result), std::nullopt);
    } else {
        replace(State::Failed, {}, result.error());
    }
}

void CsvPreviewModel::replace(State state, CsvSummary summary, std::optional<Error> error) {
    beginResetModel();
    m_state = state;
    m_summary = std::move(summary);
    m_error = std::move(error);
    endResetModel();
    Q_EMIT stateChanged();
}

int CsvPreviewModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_summary.firstRows.size());
}

int CsvPreviewModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_summary.columns.size());
}

QVariant CsvPreviewModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const auto column = static_cast<std::size_t>(index.column());
    if (role == Qt::TextAlignmentRole) {
        const bool number = m_summary.columns[column].type == CsvColumnType::Numeric;
        return static_cast<int>(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
    }
    const auto& row = m_summary.firstRows[static_cast<std::size_t>(index.row())];
    // A ragged row is shown as it is; the problem list names it.
    return role == Qt::DisplayRole && column < row.size() ? QString::fromStdString(row[column]) : QVariant();
}

QVariant CsvPreviewModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole || section >= columnCount()) {
        return {};
    }
    return QString::fromStdString(m_summary.columns[static_cast<std::size_t>(section)].name);
}

}  // namespace longship
