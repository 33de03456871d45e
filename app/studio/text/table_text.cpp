#include "app/studio/text/table_text.h"

#include <algorithm>
#include <optional>

#include <QDateTime>

#include "app/studio/text/phrase_words.h"
#include "app/studio/text/takeover_words.h"
#include "app/studio/text/words.h"

namespace longship {

namespace {

bool isNumberOfRun(int column) {
    return column >= RunTableModel::DurationSeconds;
}

std::optional<double> optionalDouble(const QVariant& value) {
    return value.isValid() ? std::optional(value.toDouble()) : std::nullopt;
}

}  // namespace

RunTableText::RunTableText(RunTableModel* runs, QObject* parent)
    : QSortFilterProxyModel(parent), m_runs(runs) {
    setSourceModel(runs);
    setDynamicSortFilter(true);
}

void RunTableText::setFilter(const QString& words) {
    m_words = words.split(u' ', Qt::SkipEmptyParts);
    invalidateFilter();
}

void RunTableText::setLimit(int rows) {
    m_limit = rows;
    // A row that comes or goes moves others over the limit.
    for (const auto& signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved}) {
        connect(m_runs, signal, this, [this] { invalidateFilter(); });
    }
    invalidateFilter();
}

const RunSummary& RunTableText::at(int row) const {
    return m_runs->at(mapToSource(index(row, 0)).row());
}

QVariant RunTableText::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return alignmentOf(isNumberOfRun(index.column()));
    }
    if (role == Qt::ToolTipRole) {
        const std::string& cause = at(index.row()).cause;
        if (at(index.row()).leftBehind) {
            return TakeoverWords::whyLeftBehind();
        }
        return cause.empty() ? QVariant() : QVariant(PhraseWords::of({}, cause));
    }
    return role == Qt::DisplayRole ? QVariant(cellText(mapToSource(index)))
                                   : QSortFilterProxyModel::data(index, role);
}

QVariant RunTableText::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return alignmentOf(isNumberOfRun(section));
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
        case RunTableModel::State: return tr("State");
        case RunTableModel::Name: return tr("Name");
        case RunTableModel::Model: return tr("Model");
        case RunTableModel::Dataset: return tr("Dataset");
        case RunTableModel::Queued: return tr("Started");
        case RunTableModel::DurationSeconds: return tr("Duration");
        case RunTableModel::Samples: return tr("Samples");
        case RunTableModel::Accuracy: return tr("Accuracy");
        default: return {};
    }
}

bool RunTableText::filterAcceptsRow(int row, const QModelIndex& parent) const {
    if (m_limit > 0 && row >= m_limit) {
        return false;
    }
    QString everything = QString::fromStdString(m_runs->at(row).run.value);
    for (int column = 0; column < RunTableModel::ColumnCount; ++column) {
        everything += u' ' + cellText(m_runs->index(row, column, parent));
    }
    return std::all_of(m_words.begin(), m_words.end(),
                       [&](const QString& word) { return everything.contains(word, Qt::CaseInsensitive); });
}

bool RunTableText::lessThan(const QModelIndex& left, const QModelIndex& right) const {
    return QVariant::compare(left.data(), right.data()) == QPartialOrdering::Less;
}

QString RunTableText::cellText(const QModelIndex& source) const {
    const QVariant value = m_runs->data(source);
    switch (source.column()) {
        case RunTableModel::State: return Words::of(m_runs->at(source.row()));
        case RunTableModel::Queued:
            return value.toDateTime().toLocalTime().toString(QStringLiteral("yyyy-MM-dd HH:mm"));
        case RunTableModel::DurationSeconds: return Words::duration(optionalDouble(value));
        case RunTableModel::Samples: {
            const qulonglong samples = value.toULongLong();
            return samples == 0 ? Words::none() : Words::count(samples);
        }
        case RunTableModel::Accuracy: return Words::percent(optionalDouble(value));
        case RunTableModel::Dataset: return Words::datasetTitle(value.toString());
        default: return value.toString();
    }
}

NodeTableText::NodeTableText(NodeTableModel* nodes, QObject* parent)
    : TextProxy(nodes, parent), m_nodes(nodes) {}

bool NodeTableText::isNumber(int column) const {
    return column >= NodeTableModel::OwnCpu && column != NodeTableModel::Version;
}

QString NodeTableText::title(int column) const {
    switch (column) {
        case NodeTableModel::Name: return tr("Node");
        case NodeTableModel::State: return tr("State");
        case NodeTableModel::Tasks: return tr("Task");
        case NodeTableModel::OwnCpu: return tr("Own CPU");
        case NodeTableModel::OwnMemory: return tr("Own memory");
        case NodeTableModel::OwnNetwork: return tr("Own network");
        case NodeTableModel::MachineCpu: return tr("Machine CPU");
        case NodeTableModel::MachineMemory: return tr("Machine memory");
        case NodeTableModel::Disk: return tr("Disk");
        case NodeTableModel::Gpu: return tr("GPU");
        case NodeTableModel::Temperature: return tr("Temperature");
        case NodeTableModel::Lag: return tr("Agent lag");
        case NodeTableModel::Version: return tr("Version");
        default: return {};
    }
}

QString NodeTableText::cellText(const QModelIndex& index) const {
    const QModelIndex source = mapToSource(index);
    const QVariant value = m_nodes->data(source);
    if (!value.isValid()) {
        return Words::none();
    }
    switch (source.column()) {
        case NodeTableModel::State: return Words::of(m_nodes->at(source.row()));
        case NodeTableModel::Tasks: return value.toString().isEmpty() ? Words::none() : value.toString();
        case NodeTableModel::OwnCpu: return Words::cores(value.toDouble());
        case NodeTableModel::OwnMemory: return Words::bytes(value.toDouble());
        case NodeTableModel::OwnNetwork: return Words::bytesPerSecond(value.toDouble());
        case NodeTableModel::MachineCpu:
        case NodeTableModel::MachineMemory:
        case NodeTableModel::Disk:
        case NodeTableModel::Gpu: return Words::percent(value.toDouble(), 0);
        case NodeTableModel::Temperature: return tr("%1 °C").arg(value.toDouble(), 0, 'f', 0);
        case NodeTableModel::Lag: return tr("%1 ms").arg(value.toDouble(), 0, 'f', 1);
        default: return value.toString();
    }
}

CsvTableText::CsvTableText(CsvPreviewModel* table, QObject* parent)
    : QIdentityProxyModel(parent), m_table(table) {
    setSourceModel(table);
}

QVariant CsvTableText::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Horizontal && role == Qt::TextAlignmentRole && section < m_table->columnCount()) {
        const auto& column = m_table->summary().columns.at(static_cast<std::size_t>(section));
        return alignmentOf(column.type == CsvColumnType::Numeric);
    }
    const QVariant name = QIdentityProxyModel::headerData(section, orientation, role);
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole || !name.isValid()) {
        return name;
    }
    const CsvColumn& column = m_table->summary().columns.at(static_cast<std::size_t>(section));
    if (column.type == CsvColumnType::Numeric) {
        return name.toString() + u'\n' + (column.wholeNumbers ? tr("whole number") : tr("number"));
    }
    return name.toString() + u'\n' + tr("text, %1 different").arg(column.values.size());
}

}  // namespace longship
