#pragma once

#include <QDialog>
#include <QLabel>
#include <QPushButton>
#include <QTableView>

#include "app/studio/viewmodels/data_work.h"

namespace longship {

/// Shows a job's data on its way to the machines of a cluster over SSH, from the moment it sets out until all
/// have it or a person gives up.
class DataDialog : public QDialog {
    Q_OBJECT

public:
    DataDialog(DataWork& work, QWidget* parent);

    void reject() override;  ///< Also of Escape and of closing the window: gives up.

private:
    QWidget* makeButtons();
    void refresh();

    DataWork& m_work;
    QLabel* m_heading;
    QLabel* m_text;
    QTableView* m_table;
    QPushButton* m_cancel = nullptr;
    QPushButton* m_again = nullptr;
};

}  // namespace longship
