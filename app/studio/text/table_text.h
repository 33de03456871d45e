#pragma once

#include <QIdentityProxyModel>
#include <QSortFilterProxyModel>
#include <QString>

#include "app/studio/text/text_proxy.h"
#include "app/studio/viewmodels/csv_preview_model.h"
#include "app/studio/viewmodels/node_table_model.h"
#include "app/studio/viewmodels/run_table_model.h"

namespace longship {

/// The history as a person reads, sorts and searches it. A row is shown when every word of the filter occurs
/// in one of its cells or in its number.
class RunTableText : public QSortFilterProxyModel {
    Q_OBJECT

public:
    explicit RunTableText(RunTableModel* runs, QObject* parent = nullptr);

    void setFilter(const QString& words);
    /// Only the newest; 0: all.
    void setLimit(int rows);
    const RunSummary& at(int row) const;

    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

private:
    QString cellText(const QModelIndex& source) const;

    RunTableModel* m_runs;
    QStringList m_words;
    int m_limit = 0;
};

/// The nodes as a person reads them.
class NodeTableText : public TextProxy {
    Q_OBJECT

public:
    explicit NodeTableText(NodeTableModel* nodes, QObject* parent = nullptr);

protected:
    QString title(int column) const override;
    QString cellText(const QModelIndex& index) const override;
    bool isNumber(int column) const override;

private:
    NodeTableModel* m_nodes;
};

/// The preview of a table: below each column's name stands what it was taken for.
class CsvTableText : public QIdentityProxyModel {
    Q_OBJECT

public:
    explicit CsvTableText(CsvPreviewModel* table, QObject* parent = nullptr);

    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    CsvPreviewModel* m_table;
};

}  // namespace longship
