#pragma once

#include <QCoreApplication>
#include <QIdentityProxyModel>
#include <QString>

#include "app/studio/viewmodels/machine_draft.h"

namespace longship {

/// What is said about machines that are being written down.
class MachineWords {
    Q_DECLARE_TR_FUNCTIONS(MachineWords)

public:
    static QString of(ClusterNameFault fault);
    static QString of(LoginMethod method);
    static QString of(HostKeyFault fault);
    static QString of(const MachineRow& row);  ///< What is wrong with it; empty: nothing.

private:
    static QString ofLine(const NodeListProblem& problem);
};

/// The rows of a draft as people read them.
class MachineTableText : public QIdentityProxyModel {
    Q_OBJECT

public:
    explicit MachineTableText(MachineDraft* draft, QObject* parent = nullptr);

    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    MachineDraft* m_draft;
};

}  // namespace longship
