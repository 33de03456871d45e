#include "app/studio/pages/log_dialog.h"

#include <algorithm>

#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QScrollBar>
#include <QVBoxLayout>

#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"

namespace longship {

namespace {

constexpr QSize kSmallest(760, 480);

}  // namespace

LogDialog::LogDialog(StudioModel& studio, const RunId& run, QWidget* parent)
    : QDialog(parent),
      m_studio(studio),
      m_run(run),
      m_choice(new QComboBox(this)),
      m_source(makeLabel(TextRole::Small, {}, this)),
      m_text(new QPlainTextEdit(this)),
      m_again(new QPushButton(tr("Read again"), this)) {
    setObjectName(QStringLiteral("logs"));
    setWindowTitle(tr("Logs of the tasks"));
    setMinimumSize(kSmallest);
    if (const Client* client = studio.bridge().client()) {
        m_places = placesOf(client->events(run));
    }
    for (const TaskPlace& place : m_places) {
        m_choice->addItem(
            tr("%1 on %2")
                .arg(QString::fromStdString(place.task.value), QString::fromStdString(place.node.value)));
    }
    m_choice->setObjectName(QStringLiteral("logOf"));
    m_choice->setAccessibleName(tr("Task"));
    m_choice->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_source->setObjectName(QStringLiteral("logSource"));
    m_text->setObjectName(QStringLiteral("logText"));
    m_text->setReadOnly(true);
    m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_text->setAccessibleName(tr("Log"));
    m_again->setObjectName(QStringLiteral("logAgain"));
    auto* top = new QHBoxLayout;
    top->setSpacing(spacing::kMedium);
    top->addWidget(m_choice);
    top->addWidget(m_source, 1);
    top->addWidget(m_again);
    auto* buttons = new QDialogButtonBox(this);
    auto* close = buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kPage, spacing::kLarge, spacing::kPage, spacing::kLarge);
    layout->setSpacing(spacing::kMedium);
    layout->addWidget(makeLabel(TextRole::Heading, tr("Logs of the tasks"), this));
    layout->addLayout(top);
    layout->addWidget(m_text, 1);
    layout->addWidget(buttons);
    connect(close, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_again, &QPushButton::clicked, this, &LogDialog::readAgain);
    connect(m_choice, &QComboBox::currentIndexChanged, this, &LogDialog::readAgain);
    readAgain();
}

void LogDialog::readAgain() {
    const int index = m_choice->currentIndex();
    if (index < 0) {
        m_source->setText(tr("No task has started yet."));
        m_again->setEnabled(false);
        return;
    }
    const TaskPlace place = m_places[static_cast<std::size_t>(index)];
    m_source->setText(tr("Reading…"));
    m_again->setEnabled(false);
    m_studio.bridge().run<TaskLog>(
        this, [run = m_run, place](Client& client) { return client.taskLog(run, place); },
        [this, place](Result<TaskLog> log) { show(place, log); });
}

void LogDialog::show(const TaskPlace& place, const Result<TaskLog>& log) {
    const int index = m_choice->currentIndex();
    if (index < 0 || m_places[static_cast<std::size_t>(index)] != place) {
        return;  // Another one was chosen meanwhile.
    }
    m_again->setEnabled(true);
    if (!log) {
        m_source->setText(QString());
        m_text->setPlainText(Words::error(log.error()));
        return;
    }
    m_source->setText(log->isCopy ? tr("%1 does not answer: the end of the log, as kept by %2")
                                        .arg(QString::fromStdString(place.node.value),
                                             QString::fromStdString(log->from.value))
                                  : QString());
    m_text->setPlainText(QString::fromStdString(log->text));
    m_text->verticalScrollBar()->setValue(m_text->verticalScrollBar()->maximum());
}

}  // namespace longship
