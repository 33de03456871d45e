#include "app/studio/text/machine_words.h"

#include "app/studio/text/words.h"

namespace longship {

QString MachineWords::of(ClusterNameFault fault) {
    switch (fault) {
        case ClusterNameFault::Missing: return tr("Give the cluster a name.");
        case ClusterNameFault::NoName: return tr("Letters, digits, “-”, “_” and “.” can stand in a name.");
        case ClusterNameFault::NotOverSsh:
            return tr("This is a cluster of this computer alone. Choose another name.");
    }
    return {};
}

QString MachineWords::of(LoginMethod method) {
    switch (method) {
        case LoginMethod::Usual: return tr("My SSH agent and my usual keys");
        case LoginMethod::KeyFile: return tr("A key file");
        case LoginMethod::Password: return tr("A password");
    }
    return {};
}

QString MachineWords::of(HostKeyFault fault) {
    switch (fault) {
        case HostKeyFault::NoFingerprint: return tr("Write SHA256:… as “ssh-keygen -l” prints it.");
        case HostKeyFault::NotOneMachine:
            return tr("A host key is that of one machine, and these are several.");
    }
    return {};
}

QString MachineWords::of(const MachineRow& row) {
    if (!row.fault) {
        return {};
    }
    switch (*row.fault) {
        case MachineFault::List: return ofLine(row.list);
        case MachineFault::NameTaken: return tr("The cluster has a node of this name already.");
        case MachineFault::NoWay: return row.text;
    }
    return {};
}

QString MachineWords::ofLine(const NodeListProblem& problem) {
    const QString found = QString::fromStdString(problem.found);
    switch (problem.fault) {
        case NodeListFault::Shape: return tr("Write an address, or a name and an address.");
        case NodeListFault::Cells: return tr("This row has more cells than the table has columns.");
        case NodeListFault::Range:
            return tr("This is no range. Write for example node[01-16] or node[1,3-5].");
        case NodeListFault::Count: return tr("There must be as many names as addresses.");
        case NodeListFault::Address:
            return tr("“%1” is no address. Write USER@HOST, USER@HOST:PORT or HOST.").arg(found);
        case NodeListFault::User: return tr("“%1” cannot be a user.").arg(found);
        case NodeListFault::Port: return tr("“%1” is no port: 1 to 65535.").arg(found);
        case NodeListFault::Name:
            return tr("“%1” cannot be a name: letters, digits, “-”, “_” and “.” can stand in one.")
                .arg(found);
        case NodeListFault::Twice: return tr("The name %1 stands in an earlier line, too.").arg(found);
        case NodeListFault::TooMany: return tr("%1 machines are more than a cluster may have.").arg(found);
    }
    return {};
}

MachineTableText::MachineTableText(MachineDraft* draft, QObject* parent)
    : TextProxy(draft, parent), m_draft(draft) {}

QString MachineTableText::cellText(const QModelIndex& index) const {
    const MachineRow& row = m_draft->rows()[static_cast<std::size_t>(index.row())];
    switch (index.column()) {
        case MachineDraft::Name: return row.name.isEmpty() ? Words::none() : row.name;
        case MachineDraft::Address: return row.address;
        default: {
            const QString problem = MachineWords::of(row);
            return problem.isEmpty() || row.line == 0 ? problem
                                                      : tr("Line %1: %2").arg(row.line).arg(problem);
        }
    }
}

QString MachineTableText::title(int column) const {
    switch (column) {
        case MachineDraft::Name: return tr("Name");
        case MachineDraft::Address: return tr("Address");
        default: return tr("What is wrong");
    }
}

}  // namespace longship
