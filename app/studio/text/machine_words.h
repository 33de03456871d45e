#pragma once

#include <QCoreApplication>
#include <QString>

#include "app/studio/text/text_proxy.h"
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
class MachineTableText : public TextProxy {
    Q_OBJECT

public:
    explicit MachineTableText(MachineDraft* draft, QObject* parent = nullptr);

protected:
    QString title(int column) const override;
    QString cellText(const QModelIndex& index) const override;
    QString tip(const QModelIndex& index) const override { return cellText(index); }

private:
    MachineDraft* m_draft;
};

}  // namespace longship
