#pragma once

#include <QSortFilterProxyModel>
#include <QString>
#include <QStringList>

#include "app/studio/viewmodels/run_logs.h"

namespace longship {

/// The lines of the logs that a person wants to see: of a node, of a task, with all of some words in them.
class LogText : public QSortFilterProxyModel {
    Q_OBJECT

public:
    explicit LogText(RunLogs* logs, QObject* parent = nullptr);

    void setNode(const QString& node);  ///< Empty: of all.
    void setTask(const QString& task);  ///< Empty: of all.
    void setWords(const QString& words);

    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    RunLogs* m_logs;
    QString m_node;
    QString m_task;
    QStringList m_words;
};

}  // namespace longship
