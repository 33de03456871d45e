#include "app/studio/pages/new_run_page.h"

#include <utility>

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QResizeEvent>
#include <QTimer>
#include <QVBoxLayout>

#include "app/studio/pages/node_strip.h"
#include "app/studio/text/job_key_words.h"
#include "app/studio/text/problem_words.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"

namespace longship {

namespace {

constexpr std::size_t kRunsOffered = 12;
constexpr int kCopiedShownMs = 2000;
constexpr int kHeightForNodes = 760;

}  // namespace

NewRunPage::NewRunPage(StudioModel& studio, QWidget* parent)
    : QWidget(parent),
      m_studio(studio),
      m_form(new JobForm(studio, this)),
      m_file(new JobFileView(studio, this)),
      m_problems(new JobProblems(this)),
      m_notice(new Banner(this)),
      m_views(new QStackedWidget(this)) {
    m_notice->setObjectName(QStringLiteral("draftNotice"));
    auto* undo = m_notice->addButton(tr("Undo"));
    undo->setObjectName(QStringLiteral("undoDraft"));
    auto* fine = m_notice->addButton(tr("Close"));
    fine->setObjectName(QStringLiteral("closeNotice"));
    m_notice->hide();
    m_views->addWidget(m_form);
    m_views->addWidget(m_file);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kPage, spacing::kLarge, spacing::kPage, spacing::kLarge);
    layout->setSpacing(spacing::kMedium);
    layout->addWidget(makeActions());
    layout->addWidget(m_notice);
    layout->addWidget(m_problems);
    m_sections = makeSectionBar();
    layout->addWidget(m_sections);
    layout->addWidget(m_views, 1);
    m_nodes = new NodeStrip(studio, this);
    layout->addWidget(m_nodes);

    setFocusProxy(m_train);
    connect(undo, &QPushButton::clicked, this, [this] {
        m_notice->hide();
        m_studio.draft().restore(m_before);
    });
    connect(fine, &QPushButton::clicked, m_notice, &QWidget::hide);
    connect(m_problems, &JobProblems::chosen, this, &NewRunPage::goTo);
    connect(&studio.draft(), &JobDraft::changed, this, &NewRunPage::refresh);
    connect(&studio.csv(), &CsvPreviewModel::stateChanged, this, &NewRunPage::refresh);
    connect(&studio, &StudioModel::clusterChanged, this, &NewRunPage::refreshActions);
    connect(&studio, &StudioModel::trainStateChanged, this, &NewRunPage::refreshActions);
    refresh();
}

QWidget* NewRunPage::makeActions() {
    auto* bar = new QWidget(this);
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kSmall);
    auto* words = new QVBoxLayout;
    words->setSpacing(0);
    words->addWidget(makeLabel(TextRole::Title, tr("New run"), bar));
    m_readiness = makeLabel(TextRole::Muted, {}, bar);
    words->addWidget(m_readiness);
    layout->addLayout(words);
    layout->addStretch();
    auto* start = new QPushButton(tr("Start from"), bar);
    start->setObjectName(QStringLiteral("startFrom"));
    m_start = new QMenu(start);
    start->setMenu(m_start);
    connect(m_start, &QMenu::aboutToShow, this, &NewRunPage::fillStartMenu);
    m_copy = new QPushButton(tr("Copy as command"), bar);
    m_copy->setObjectName(QStringLiteral("copyCommand"));
    m_asFile = new QPushButton(tr("Show as file"), bar);
    m_asFile->setObjectName(QStringLiteral("showAsFile"));
    m_asFile->setCheckable(true);
    m_train = new QPushButton(bar);
    m_train->setObjectName(QStringLiteral("train"));
    m_train->setProperty("primary", true);
    m_train->setProperty("large", true);
    for (QPushButton* button : {start, m_copy, m_asFile, m_train}) {
        layout->addWidget(button);
    }
    connect(m_copy, &QPushButton::clicked, this, &NewRunPage::copyCommand);
    connect(m_asFile, &QPushButton::toggled, this, &NewRunPage::showFile);
    connect(m_train, &QPushButton::clicked, this, &NewRunPage::trainOrCancel);
    return bar;
}

QWidget* NewRunPage::makeSectionBar() {
    auto* bar = new QWidget(this);
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    int number = 1;
    const auto add = [&](const QString& name, auto go) {
        auto* button = new QPushButton(name, bar);
        button->setProperty("link", true);
        button->setObjectName(QStringLiteral("section%1").arg(number));
        button->setShortcut(QKeySequence(Qt::ALT | static_cast<Qt::Key>(Qt::Key_0 + number++)));
        button->setToolTip(button->shortcut().toString(QKeySequence::NativeText));
        connect(button, &QPushButton::clicked, m_form, go);
        layout->addWidget(button);
    };
    for (const JobPart part :
         {JobPart::Data, JobPart::Model, JobPart::Training, JobPart::Strategy, JobPart::Placement}) {
        add(JobKeyWords::of(part), [this, part] { m_form->goToPart(part); });
    }
    add(tr("Review"), [this] { m_form->goToReview(); });
    layout->addStretch();
    return bar;
}

void NewRunPage::trainOrCancel() {
    if (m_studio.trainState() == StudioModel::TrainState::WaitingForNodes) {
        m_studio.cancelTrain();
    } else if (m_train->isEnabled()) {
        m_studio.train();
    }
}

/// A field has no use for it. (No shortcut: that would ask the window system whether this window is active,
/// which it may not know yet.)
void NewRunPage::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        trainOrCancel();
        return;
    }
    QWidget::keyPressEvent(event);
}

/// In a low window the form needs the room more; how many nodes are ready stands above it.
void NewRunPage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_nodes->setVisible(event->size().height() >= kHeightForNodes);
}

void NewRunPage::fillStartMenu() {
    m_start->clear();
    for (const JobPreset& preset : jobPresets()) {
        m_start->addAction(JobKeyWords::preset(preset.name), this, [this, &preset] { applyPreset(preset); });
    }
    m_start->addSeparator();
    m_start->addAction(tr("A job file…"), this, [this] {
        m_before = m_studio.draft().state();
        m_file->openFile();
    });
    const Client* client = m_studio.bridge().client();
    const std::vector<RunSummary> runs = client == nullptr ? std::vector<RunSummary>() : client->runs();
    if (runs.empty()) {
        return;
    }
    m_start->addSeparator();
    for (std::size_t i = 0; i < std::min(runs.size(), kRunsOffered); ++i) {
        // An ampersand in a name is no shortcut.
        const QString name = QString::fromStdString(runs[i].name).replace(u'&', QStringLiteral("&&"));
        m_start->addAction(tr("Run “%1” of %2").arg(name, Words::time(runs[i].queuedAt)), this,
                           [this, run = runs[i].run] { cloneRun(run); });
    }
}

void NewRunPage::applyPreset(const JobPreset& preset) {
    m_before = m_studio.draft().state();
    m_studio.draft().apply(preset.changes);
    QStringList lines;
    for (const auto& [key, value] : preset.changes) {
        if (value) {
            lines << JobKeyWords::title(key) + QStringLiteral(": ") + JobKeyWords::choice(key, *value);
        }
    }
    tell(JobKeyWords::preset(preset.name), lines.join(QStringLiteral(" · ")));
}

void NewRunPage::cloneRun(const RunId& run) {
    const Client* client = m_studio.bridge().client();
    const auto snapshot = client == nullptr ? std::nullopt : client->run(run);
    if (!snapshot) {
        return;
    }
    m_before = m_studio.draft().state();
    const JobClone clone = cloneJob(snapshot->jobYaml);
    m_studio.draft().setFile(clone.yaml);
    const QString name = QString::fromStdString(m_studio.draft().job().name);
    QStringList lines;
    for (const DroppedValue& dropped : clone.dropped) {
        lines
            << tr("%1 (was %2)").arg(JobKeyWords::title(dropped.key), QString::fromStdString(dropped.value));
    }
    tell(tr("Copied from “%1”").arg(name),
         lines.isEmpty()
             ? tr("Every value could be kept.")
             : tr("Left out, since they mean nothing any more: %1.").arg(lines.join(QStringLiteral(", "))));
}

void NewRunPage::tell(const QString& heading, const QString& text) {
    m_notice->show(Tone::Accent, heading, text);
}

void NewRunPage::copyCommand() {
    QApplication::clipboard()->setText(m_studio.draft().command(m_studio.cluster().name));
    m_copy->setText(tr("Copied"));
    QTimer::singleShot(kCopiedShownMs, m_copy, [this] { m_copy->setText(tr("Copy as command")); });
}

void NewRunPage::showFile(bool file) {
    m_asFile->setText(file ? tr("Show as form") : tr("Show as file"));
    m_sections->setVisible(!file);
    m_views->setCurrentWidget(file ? static_cast<QWidget*>(m_file) : m_form);
}

/// To its field; to its line where the form has no field for it.
void NewRunPage::goTo(const ShownProblem& problem) {
    const bool inForm = !m_asFile->isChecked();
    if (inForm && m_form->goTo(problem.key)) {
        return;
    }
    m_asFile->setChecked(true);
    m_file->goToLine(problem.line);
}

void NewRunPage::refresh() {
    refreshProblems();
    refreshActions();
}

void NewRunPage::refreshProblems() {
    std::vector<ShownProblem> shown;
    for (const JobProblem& problem : m_studio.draft().problems()) {
        const QString title =
            problem.key.empty() ? QString() : JobKeyWords::title(problem.key) + QStringLiteral(": ");
        shown.push_back({title + ProblemWords::of(problem), problem.key, problem.line});
    }
    const bool ownTable = m_studio.draft().job().dataset.name.empty();
    if (shown.empty() && ownTable && m_studio.csv().state() != CsvPreviewModel::State::Loading &&
        !m_form->csv()->isUsable()) {
        shown.push_back({tr("Your table cannot be trained on as it is."), "dataset.csv", 0});
    }
    m_problems->setProblems(shown);
}

void NewRunPage::refreshActions() {
    using TrainState = StudioModel::TrainState;
    const TrainState state = m_studio.trainState();
    const bool usable = m_studio.draft().isValid() &&
                        (!m_studio.draft().job().dataset.name.empty() || m_form->csv()->isUsable());
    const auto bridge = m_studio.bridge().state();
    m_train->setText(state == TrainState::WaitingForNodes ? tr("Waiting for nodes – cancel")
                     : state == TrainState::BringingData  ? tr("Bringing the data…")
                     : state == TrainState::Submitting    ? tr("Starting…")
                                                          : tr("Train"));
    m_train->setEnabled(state == TrainState::WaitingForNodes ||
                        (state == TrainState::Idle && usable && bridge != ClientBridge::State::Failed));
    m_copy->setEnabled(m_studio.draft().isValid());
    const int ready = m_studio.nodes().readyCount();
    const int nodes = m_studio.nodes().rowCount();
    if (nodes > 0) {
        m_readiness->setText(tr("%1 of %2 nodes ready on cluster “%3”")
                                 .arg(ready)
                                 .arg(nodes)
                                 .arg(QString::fromStdString(m_studio.cluster().name)));
    } else {
        m_readiness->setText(bridge == ClientBridge::State::Failed ? tr("The cluster could not be started.")
                                                                   : tr("The nodes are starting…"));
    }
}

}  // namespace longship
