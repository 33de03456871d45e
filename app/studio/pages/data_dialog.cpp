#include "app/studio/pages/data_dialog.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QVBoxLayout>

#include "app/studio/pages/deploy_table.h"
#include "app/studio/pages/ssh_dialogs.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"
#include "app/studio/widgets/table.h"

namespace longship {

namespace {

constexpr QSize kSize(760, 360);
constexpr int kProgressWidth = 140;
constexpr int kStateWidth = 100;
constexpr int kTimeWidth = 80;

}  // namespace

DataDialog::DataDialog(DataWork& work, QWidget* parent)
    : QDialog(parent),
      m_work(work),
      m_heading(makeLabel(TextRole::Heading, {}, this)),
      m_text(makeLabel(TextRole::Muted, {}, this)),
      m_table(makeDeployTable(work.nodes(), tr("Machines that the data is brought to"), this)) {
    setObjectName(QStringLiteral("dataDialog"));
    setWindowTitle(tr("The data of the run"));
    resize(kSize);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kPage, spacing::kLarge, spacing::kPage, spacing::kLarge);
    layout->setSpacing(spacing::kMedium);
    m_heading->setWordWrap(true);
    m_text->setWordWrap(true);
    m_text->setObjectName(QStringLiteral("dataText"));
    layout->addWidget(m_heading);
    layout->addWidget(m_text);
    m_table->setObjectName(QStringLiteral("dataTable"));
    m_table->setColumnHidden(DeployTableModel::Action, true);
    m_table->setColumnWidth(DeployTableModel::Progress, kProgressWidth);
    m_table->setColumnWidth(DeployTableModel::State, kStateWidth);
    m_table->setColumnWidth(DeployTableModel::SecondsLeft, kTimeWidth);
    layout->addWidget(m_table, 1);
    layout->addWidget(makeButtons());
    answerQuestions(work.questions(), this);
    connect(&work, &DataWork::changed, this, &DataDialog::refresh);
    refresh();
}

QWidget* DataDialog::makeButtons() {
    auto* area = new QWidget(this);
    auto* layout = new QHBoxLayout(area);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kSmall);
    layout->addStretch();
    m_cancel = new QPushButton(area);
    m_cancel->setObjectName(QStringLiteral("cancelData"));
    m_cancel->setAutoDefault(false);
    m_again = new QPushButton(tr("Try again"), area);
    m_again->setObjectName(QStringLiteral("dataAgain"));
    m_again->setProperty("primary", true);
    m_again->setDefault(true);
    layout->addWidget(m_cancel);
    layout->addWidget(m_again);
    connect(m_cancel, &QPushButton::clicked, this, &DataDialog::reject);
    connect(m_again, &QPushButton::clicked, &m_work, &DataWork::again);
    return area;
}

void DataDialog::reject() {
    m_work.giveUp();
}

void DataDialog::refresh() {
    const bool failed = m_work.phase() == DataWork::Phase::Failed;
    if (m_work.phase() == DataWork::Phase::Idle) {
        hide();
        return;
    }
    m_heading->setText(failed ? tr("The run was not started: not all machines have its data")
                              : tr("The data is brought to the machines of “%1”").arg(m_work.cluster()));
    m_text->setText(m_work.error() ? Words::error(*m_work.error())
                    : failed       ? tr("The rows say why. What a machine has already is not sent again.")
                                   : tr("Training starts as soon as all of them have it."));
    for (const int column : {DeployTableModel::Progress, DeployTableModel::SecondsLeft}) {
        m_table->setColumnHidden(column, failed);
    }
    m_again->setVisible(failed);
    m_cancel->setText(failed ? tr("Close") : tr("Cancel"));
    if (failed) {
        fitRows(m_table);
    }
    if (!isVisible()) {
        open();
    }
}

}  // namespace longship
