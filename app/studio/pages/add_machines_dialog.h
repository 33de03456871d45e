#pragma once

#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTableView>

#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/widgets/banner.h"
#include "app/studio/widgets/form_field.h"

namespace longship {

/// Machines are written down, pasted or picked from ~/.ssh/config, and become nodes of a cluster. What is
/// wrong stands beside it while one types. Accepted once the machines have been added.
class AddMachinesDialog : public QDialog {
    Q_OBJECT

public:
    /// `cluster`: the name proposed; empty: none.
    AddMachinesDialog(StudioModel& studio, const QString& cluster, QWidget* parent = nullptr);

protected:
    void changeEvent(QEvent* event) override;

private:
    QWidget* makeTop();
    QWidget* makeList();
    QWidget* makeHosts();
    QWidget* makeLogin();
    QWidget* makeMachines();
    QWidget* makeButtons();
    void chooseKeyFile();
    void fillHosts();
    void markHosts();
    void refresh();
    void markLines();

    StudioModel& m_studio;
    MachineDraft& m_draft;
    QComboBox* m_cluster = nullptr;
    FormField* m_clusterField = nullptr;
    QPlainTextEdit* m_list = nullptr;
    QLineEdit* m_hostFilter = nullptr;
    QListWidget* m_hosts = nullptr;
    QLabel* m_hostsNote = nullptr;
    QComboBox* m_login = nullptr;
    FormField* m_loginField = nullptr;
    QLineEdit* m_keyFile = nullptr;
    FormField* m_keyField = nullptr;
    QLineEdit* m_hostKey = nullptr;
    FormField* m_hostKeyField = nullptr;
    QTableView* m_machines = nullptr;
    QLabel* m_summary = nullptr;
    Banner* m_failure = nullptr;
    QPushButton* m_add = nullptr;
};

}  // namespace longship
