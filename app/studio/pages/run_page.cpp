#include "app/studio/pages/run_page.h"

#include <QHBoxLayout>
#include <QScrollArea>
#include <QVBoxLayout>

#include "app/studio/pages/dialogs.h"
#include "app/studio/pages/log_view.h"
#include "app/studio/pages/task_board_view.h"
#include "app/studio/text/takeover_words.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"

namespace longship {

namespace {

constexpr int kProgressParts = 1000;

}  // namespace

Tone toneOf(RunState state) {
    switch (state) {
        case RunState::Queued: return Tone::Neutral;
        case RunState::Preparing:
        case RunState::Training:
        case RunState::Evaluating: return Tone::Accent;
        case RunState::Recovering:
        case RunState::Paused:
        case RunState::Stopping: return Tone::Warning;
        case RunState::Completed: return Tone::Good;
        case RunState::Failed: return Tone::Bad;
        case RunState::Stopped: return Tone::Neutral;
    }
    return Tone::Neutral;
}

PillShape shapeOf(RunState state) {
    return state == RunState::Paused       ? PillShape::Outline
           : state == RunState::Recovering ? PillShape::Dashed
                                           : PillShape::Full;
}

// Nothing wrong and nothing that goes on.
Tone toneOf(const RunSummary& run) {
    return run.leftBehind ? Tone::Neutral : toneOf(run.state);
}

PillShape shapeOf(const RunSummary& run) {
    return run.leftBehind ? PillShape::Dashed : shapeOf(run.state);
}

RunPage::RunPage(StudioModel& studio, RunActions& actions, QWidget* parent)
    : QWidget(parent), m_studio(studio), m_actions(actions) {
    auto* content = new QWidget;
    content->setObjectName(QStringLiteral("scrollContent"));
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(spacing::kPage, spacing::kLarge, spacing::kPage, spacing::kLarge);
    layout->setSpacing(spacing::kMedium);
    layout->addLayout(makeHeader());
    m_incident = new IncidentCard(studio, actions, this);
    layout->addWidget(m_incident);
    layout->addLayout(makeProgress());
    layout->addWidget(makeTabs());
    layout->addWidget(m_stack, 1);
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(content);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(scroll);
    connectButtons();
    connect(&studio.run(), &RunView::shownChanged, this, &RunPage::refresh);
    connect(&studio.run(), &RunView::changed, this, &RunPage::refresh);
    connect(&studio.run(), &RunView::rowsChanged, this, &RunPage::refreshNumbers);
    refresh();
}

QLayout* RunPage::makeHeader() {
    auto* header = new QHBoxLayout;
    header->setSpacing(spacing::kMedium);
    auto* words = new QVBoxLayout;
    words->setSpacing(0);
    auto* first = new QHBoxLayout;
    first->setSpacing(spacing::kMedium);
    m_name = makeLabel(TextRole::Title, {}, this);
    m_name->setObjectName(QStringLiteral("runName"));
    m_state = new Pill(this);
    m_state->setObjectName(QStringLiteral("runState"));
    first->addWidget(m_name);
    first->addWidget(m_state, 0, Qt::AlignVCenter);
    first->addStretch();
    m_detail = new ElidedLabel(TextRole::Muted, this);
    words->addLayout(first);
    words->addWidget(m_detail);
    header->addLayout(words, 1);
    m_badge = new QPushButton(this);
    m_badge->setProperty("badge", true);
    m_badge->setObjectName(QStringLiteral("badge"));
    m_pause = new QPushButton(this);
    m_pause->setObjectName(QStringLiteral("pause"));
    m_stop = new QPushButton(tr("Stop…"), this);
    m_stop->setProperty("danger", true);
    m_stop->setObjectName(QStringLiteral("stop"));
    m_save = new QPushButton(tr("Save model…"), this);
    m_save->setObjectName(QStringLiteral("saveModel"));
    m_export = new QPushButton(tr("Export"), this);
    m_export->setObjectName(QStringLiteral("export"));
    for (QPushButton* button : {m_badge, m_pause, m_stop, m_save, m_export}) {
        header->addWidget(button, 0, Qt::AlignVCenter);
    }
    return header;
}

QLayout* RunPage::makeProgress() {
    auto* layout = new QVBoxLayout;
    layout->setSpacing(spacing::kTight);
    m_progress = new QProgressBar(this);
    m_progress->setRange(0, kProgressParts);
    m_progress->setTextVisible(false);
    m_progress->setAccessibleName(tr("Progress of the run"));
    m_progress->setObjectName(QStringLiteral("progress"));
    m_progressText = makeLabel(TextRole::Small, {}, this);
    m_remaining = makeLabel(TextRole::Small, {}, this);
    auto* texts = new QHBoxLayout;
    texts->addWidget(m_progressText);
    texts->addStretch();
    texts->addWidget(m_remaining);
    layout->addWidget(m_progress);
    layout->addLayout(texts);
    return layout;
}

/// The tabs, and the stack of what they show.
QWidget* RunPage::makeTabs() {
    m_charts = new RunCharts(m_studio, this);
    auto* curves = new QWidget(this);
    auto* layout = new QVBoxLayout(curves);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kMedium);
    layout->addLayout(makeTiles());
    layout->addWidget(m_charts, 1);
    auto* tabs = new PageTabs(this);
    tabs->setObjectName(QStringLiteral("runTabs"));
    tabs->setAccessibleName(tr("Views of the run"));
    tabs->setDrawBase(false);
    tabs->setExpanding(false);
    m_stack = new TabPages(this);
    tabs->addTab(tr("Curves"));
    m_stack->addWidget(curves);
    tabs->addTab(tr("Tasks"));
    m_stack->addWidget(new TaskBoardView(m_studio, this));
    tabs->addTab(tr("Logs"));
    m_stack->addWidget(new LogView(m_studio, this));
    connect(tabs, &QTabBar::currentChanged, m_stack, &QStackedWidget::setCurrentIndex);
    return tabs;
}

QLayout* RunPage::makeTiles() {
    auto* layout = new QHBoxLayout;
    layout->setSpacing(spacing::kMedium);
    m_loss = new StatTile(tr("Loss"), this);
    m_accuracy = new StatTile(tr("Test accuracy"), this);
    m_throughput = new StatTile(tr("Throughput"), this);
    m_samples = new StatTile(tr("Samples"), this);
    m_time = new StatTile(tr("Time"), this);
    m_accuracy->setObjectName(QStringLiteral("accuracyTile"));
    for (StatTile* tile : {m_loss, m_accuracy, m_throughput, m_samples, m_time}) {
        layout->addWidget(tile, 1);
    }
    return layout;
}

void RunPage::connectButtons() {
    const auto name = [this] { return QString::fromStdString(m_studio.run().job().name); };
    const auto run = [this] { return m_studio.run().snapshot().run; };
    connect(m_badge, &QPushButton::clicked, this, [this] { showProof(m_studio, this); });
    connect(m_pause, &QPushButton::clicked, this, [this, run] {
        if (m_studio.run().snapshot().state == RunState::Paused) {
            m_studio.resume(run());
        } else {
            m_studio.pause(run());
        }
    });
    connect(m_stop, &QPushButton::clicked, this, [this, run, name] { m_actions.stop(run(), name()); });
    m_export->setMenu(m_actions.makeExportMenu(
        m_export, [run, name] { return std::pair(std::vector<RunId>{run()}, name()); }));
    connect(m_save, &QPushButton::clicked, this, [this, run, name] { m_actions.saveModel(run(), name()); });
}

void RunPage::refresh() {
    const bool shown = m_studio.run().isShown();
    m_state->setVisible(shown);
    if (!shown) {
        showNothingYet();
        return;
    }
    refreshHeader();
    refreshBadge();
    m_incident->refresh();
    refreshNumbers();
}

/// It was sent, and the cluster has not told of it yet.
void RunPage::showNothingYet() {
    m_name->setText(tr("The run starts…"));
    m_detail->setFullText({});
    for (QPushButton* button : {m_badge, m_pause, m_stop, m_save, m_export}) {
        button->setVisible(false);
    }
    m_progress->setValue(0);
    m_progressText->clear();
    m_remaining->clear();
    for (StatTile* tile : {m_loss, m_accuracy, m_throughput, m_samples, m_time}) {
        tile->show(Words::none(), QString());
    }
}

void RunPage::refreshHeader() {
    const RunView& run = m_studio.run();
    const RunSnapshot& snapshot = run.snapshot();
    const JobSpec& job = run.job();
    m_name->setText(QString::fromStdString(job.name));
    refreshState();
    const QString trainedOn =
        job.dataset.csv.empty()
            ? Words::datasetTitle(QString::fromStdString(job.dataset.name))
            : QString::fromStdString(std::filesystem::path(job.dataset.csv).filename().string());
    m_detail->setFullText(tr("%1 on %2 · %3 · started %4")
                              .arg(QString::fromStdString(job.model.name), trainedOn,
                                   QString::fromStdString(snapshot.run.value),
                                   Words::time(snapshot.queuedAt)) +
                          tr(" · learning rate %1").arg(QString::number(job.optimizer.learningRate)));
    const bool paused = snapshot.state == RunState::Paused;
    m_pause->setVisible(run.isActive());
    m_pause->setText(paused ? tr("Go on") : tr("Pause"));
    m_pause->setToolTip(paused ? tr("Train on with the workers that are there")
                               : tr("Let the workers rest after the current step"));
    m_pause->setEnabled(paused || snapshot.state == RunState::Training ||
                        snapshot.state == RunState::Evaluating);
    m_stop->setVisible(run.isActive());
    m_stop->setEnabled(snapshot.state != RunState::Stopping);
    m_save->setVisible(snapshot.model.has_value());
    m_save->setToolTip(QString::fromStdString(run.modelCopy().problem));
    m_export->setVisible(!run.isActive());
}

void RunPage::refreshState() {
    const RunView& run = m_studio.run();
    RunSummary summary;
    summary.state = run.snapshot().state;
    summary.leftBehind = run.isLeftBehind();
    m_state->show(Words::of(summary), toneOf(summary), shapeOf(summary));
    setTone(m_progress, toneOf(summary));
}

void RunPage::refreshBadge() {
    const RunView& run = m_studio.run();
    m_badge->setVisible(run.proofState() == ProofState::Exact || run.proofState() == ProofState::Wrong);
    if (!run.proof() || run.proof()->epochs.empty()) {
        m_badge->setVisible(false);
        return;
    }
    const RunProof& proof = *run.proof();
    const bool exact = proof.exact();
    const QString counts =
        tr("%1 of %2 samples").arg(Words::count(proof.samplesRead), Words::count(proof.samplesExpected));
    m_badge->setText(exact ? tr("%1, each once").arg(counts) : tr("%1, not each once").arg(counts));
    m_badge->setIcon(themedIcon(exact ? QStringLiteral("check") : QStringLiteral("warning"),
                                exact ? colorsOf(palette()).good : colorsOf(palette()).bad));
    m_badge->setToolTip(tr("Show the proof"));
    setTone(m_badge, exact ? Tone::Good : Tone::Bad);
}

QString RunPage::progressText() const {
    const RunView& run = m_studio.run();
    const RunProgress progress = run.progress();
    if (run.isLeftBehind()) {
        return TakeoverWords::whyLeftBehind();
    }
    switch (run.snapshot().state) {
        case RunState::Queued: return tr("Waiting for free nodes");
        case RunState::Preparing: return tr("The workers start and load the data");
        case RunState::Paused:
            if (progress.stepsTotal > 0) {
                return tr("Paused after step %1 of %2")
                    .arg(Words::count(progress.stepsDone), Words::count(progress.stepsTotal));
            }
            break;
        case RunState::Recovering:
            if (progress.stepsTotal > 0) {
                return tr("The workers regroup after step %1 of %2")
                    .arg(Words::count(progress.stepsDone), Words::count(progress.stepsTotal));
            }
            break;
        default: break;
    }
    if (progress.stepsTotal == 0) {
        return Words::of(run.snapshot().state);
    }
    return tr("Epoch %1 of %2 · step %3 of %4")
        .arg(progress.epoch)
        .arg(progress.epochs)
        .arg(Words::count(progress.stepsDone), Words::count(progress.stepsTotal));
}

/// Nothing while the run has none.
QString RunPage::checkpointText() const {
    const auto& checkpoints = m_studio.run().snapshot().checkpoints;
    if (checkpoints.empty()) {
        return {};
    }
    QStringList nodes;
    for (const NodeId& node : checkpoints.back().nodes) {
        nodes.append(QString::fromStdString(node.value));
    }
    return tr(" · checkpoint of step %1 on %2")
        .arg(Words::count(checkpoints.back().step), nodes.join(tr(", ")));
}

void RunPage::refreshNumbers() {
    const RunView& run = m_studio.run();
    if (!run.isShown()) {
        return;
    }
    const RunProgress progress = run.progress();
    m_progress->setValue(static_cast<int>(progress.share() * kProgressParts));
    m_progressText->setText(progressText() + checkpointText());
    m_remaining->setText(run.isActive() && progress.remainingSeconds
                             ? tr("%1 left").arg(Words::duration(progress.remainingSeconds))
                             : QString());
    m_loss->show(Words::number(run.lossNow()), tr("smoothed"));
    const auto& evaluations = run.snapshot().evaluations;
    m_accuracy->show(Words::percent(run.accuracyNow()),
                     evaluations.empty() ? tr("after the first epoch")
                                         : tr("%1 of %2 right")
                                               .arg(Words::count(evaluations.back().correct),
                                                    Words::count(evaluations.back().samples)));
    const bool over = !run.isActive() && progress.elapsedSeconds.value_or(0) > 0;
    const auto mean = static_cast<double>(progress.samples) / progress.elapsedSeconds.value_or(1);
    m_throughput->show(Words::samplesPerSecond(over ? std::optional(mean) : run.throughputNow()),
                       over ? tr("samples/s on average") : tr("samples per second"));
    const std::uint64_t all =
        run.snapshot().prepared ? run.snapshot().prepared->trainingSamples * progress.epochs : 0;
    m_samples->show(Words::count(progress.samples),
                    all == 0 ? QString() : tr("of %1").arg(Words::count(all)));
    m_time->show(Words::duration(progress.elapsedSeconds), tr("of training"));
}

}  // namespace longship
