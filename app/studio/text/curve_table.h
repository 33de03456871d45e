#pragma once

#include <functional>
#include <vector>

#include <QAbstractTableModel>
#include <QCoreApplication>
#include <QString>

#include "core/metrics/series.h"

namespace longship {

/// The points of a chart as a table: a row for each step of the first curve, a column for each curve. The
/// series are read whenever a cell is asked for and must outlive it.
class CurveTable : public QAbstractTableModel {
    Q_OBJECT

public:
    struct Column {
        QString name;
        const Series* series = nullptr;
        std::function<QString(double)> format;
    };
    enum FixedColumn { StepColumn, TimeColumn, FixedColumns };

    explicit CurveTable(std::vector<Column> columns, QObject* parent = nullptr);

    /// The series have changed.
    void refresh();

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString cellText(std::size_t row, int column) const;

    std::vector<Column> m_columns;
    int m_rows = 0;
};

}  // namespace longship
