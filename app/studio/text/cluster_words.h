#pragma once

#include <QAbstractTableModel>
#include <QCoreApplication>
#include <QIdentityProxyModel>
#include <QString>

#include "app/studio/text/text_proxy.h"
#include "app/studio/viewmodels/cluster_work.h"

namespace longship {

/// What is said about checks, deployments and what a person is asked on the way.
class ClusterWords {
    Q_DECLARE_TR_FUNCTIONS(ClusterWords)

public:
    static QString check(std::string_view name);
    static QString of(CheckState state);
    static QString remedy(const CheckResult& result);
    /// "node-a: Disk" or "node-a → node-b: Reach".
    static QString place(const CheckResult& result);
    static QString of(DeployState state);
    static QString step(const std::string& name);
    static QString remark(const DeployRow& row);
    /// How a person who is at that machine sees its key.
    static QString fingerprintCommand(const QString& type);
    static QString ask(const SecretQuestion& question);
};

/// The grid of checks as people read it: a column's title, and in each cell the state as a word.
class CheckGridText : public QIdentityProxyModel {
    Q_OBJECT

public:
    explicit CheckGridText(CheckGridModel* checks, QObject* parent = nullptr);

    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString tip(const CheckCell& cell) const;

    CheckGridModel* m_checks;
};

/// A deployment as people read it.
class DeployTableText : public TextProxy {
    Q_OBJECT

public:
    explicit DeployTableText(DeployTableModel* nodes, QObject* parent = nullptr);

protected:
    QString title(int column) const override;
    QString cellText(const QModelIndex& index) const override;
    QString tip(const QModelIndex& index) const override;

private:
    DeployTableModel* m_nodes;
};

/// All that is not good: where, what was found, what to do.
class CheckProblemText : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Place, Found, Remedy, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void set(const std::vector<CheckResult>& problems);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<CheckResult> m_problems;
};

}  // namespace longship
