#include "app/studio/text/log_text.h"

#include <algorithm>

#include "app/studio/text/text_proxy.h"

namespace longship {

LogText::LogText(RunLogs* logs, QObject* parent) : QSortFilterProxyModel(parent), m_logs(logs) {
    setSourceModel(logs);
}

void LogText::setNode(const QString& node) {
    m_node = node;
    invalidateFilter();
}

void LogText::setTask(const QString& task) {
    m_task = task;
    invalidateFilter();
}

void LogText::setWords(const QString& words) {
    m_words = words.split(u' ', Qt::SkipEmptyParts);
    invalidateFilter();
}

bool LogText::filterAcceptsRow(int row, const QModelIndex&) const {
    const LogLine& line = m_logs->at(row);
    if (!m_node.isEmpty() && m_node.toStdString() != line.place.node.value) {
        return false;
    }
    if (!m_task.isEmpty() && m_task.toStdString() != line.place.task.value) {
        return false;
    }
    const QString text = QString::fromStdString(line.text);
    return std::all_of(m_words.begin(), m_words.end(),
                       [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
}

/// A long line is told whole; whatever it holds is shown as it is written.
QVariant LogText::data(const QModelIndex& index, int role) const {
    if (role == Qt::ToolTipRole && index.isValid() && index.column() == RunLogs::Text) {
        return QStringLiteral("<p>%1</p>").arg(index.data().toString().toHtmlEscaped());
    }
    return QSortFilterProxyModel::data(index, role);
}

QVariant LogText::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return alignmentOf(false);
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    return section == RunLogs::Node ? tr("Node") : section == RunLogs::Task ? tr("Task") : tr("Line");
}

}  // namespace longship
