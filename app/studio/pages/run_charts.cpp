#include "app/studio/pages/run_charts.h"

#include <algorithm>

#include <QAccessible>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QMenu>
#include <QVBoxLayout>

#include "app/studio/text/incident_words.h"
#include "app/studio/text/time_words.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"

namespace longship {

namespace {

constexpr int kSmoothingMax = 99;
constexpr std::size_t kEarlierRunsMax = 12;
// The curves of the earlier run are the last ones of their charts.
constexpr std::size_t kLossOverlay = 2;
constexpr std::size_t kAccuracyOverlay = 2;
constexpr std::size_t kThroughputOverlay = 1;

QString number(double value) {
    return Words::number(value);
}
QString rate(double value) {
    return Words::samplesPerSecond(value);
}
QString percent(double value) {
    return Words::percent(value);
}
QString duration(double seconds) {
    return Words::duration(seconds);
}

}  // namespace

RunCharts::RunCharts(StudioModel& studio, QWidget* parent)
    : QWidget(parent), m_studio(studio), m_earlier(studio.bridge()) {
    m_loss = makeLoss();
    m_accuracy = makeAccuracy();
    m_throughput = makeThroughput();
    m_stepTime = makeStepTime();
    m_cards = {m_loss, m_accuracy, m_throughput, m_stepTime};
    m_heat = new HeatCard(studio.run(), *m_loss->chart(), this);
    addLossTools();
    auto* charts = new QGridLayout;
    charts->setSpacing(spacing::kMedium);
    charts->addWidget(m_loss, 0, 0, 2, 1);
    charts->addWidget(m_accuracy, 0, 1);
    charts->addWidget(m_throughput, 1, 1);
    charts->addWidget(m_heat, 2, 0);
    charts->addWidget(m_stepTime, 2, 1);
    charts->setColumnStretch(0, 3);
    charts->setColumnStretch(1, 2);
    for (int row = 0; row < charts->rowCount(); ++row) {
        charts->setRowStretch(row, 1);
    }
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kMedium);
    layout->addWidget(makeTools());
    layout->addLayout(charts, 1);
    linkZooms();
    connect(&studio.run(), &RunView::shownChanged, this, [this] {
        resetZoom();
        m_earlier.clear();
        refresh();
    });
    connect(&studio.run(), &RunView::rowsChanged, this, &RunCharts::refresh);
    connect(&studio.run(), &RunView::changed, this, &RunCharts::refresh);
    for (const auto signal : {&RunView::shownChanged, &RunView::changed, &RunView::rowsChanged}) {
        connect(&m_earlier, signal, this, &RunCharts::refresh);
    }
    nameOverlay();
    refresh();
}

ChartCard* RunCharts::makeLoss() {
    const RunView& run = m_studio.run();
    const auto begin = [&run] { return run.begin(); };
    const auto earlier = [this] { return m_earlier.begin(); };
    auto* chart = new ChartView({.name = tr("Loss"),
                                 .xName = tr("Step"),
                                 .format = number,
                                 .tickFormat = {},
                                 .fromZero = true,
                                 .yRange = {},
                                 .manyMarks = &IncidentWords::many,
                                 .durationFormat = duration},
                                {{tr("Loss of each step"), 0, CurveStyle::Faint, &run.loss(), begin},
                                 {tr("Smoothed"), 0, CurveStyle::Line, &run.lossSmoothed(), begin},
                                 {{}, 1, CurveStyle::Ghost, &m_earlier.lossSmoothed(), earlier}},
                                this);
    chart->setObjectName(QStringLiteral("lossChart"));
    return new ChartCard(m_studio.settings(), tr("Loss"), QStringLiteral("loss"), chart,
                         {{tr("Loss"), &run.loss(), number}, {tr("Smoothed"), &run.lossSmoothed(), number}},
                         this);
}

ChartCard* RunCharts::makeAccuracy() {
    const RunView& run = m_studio.run();
    const auto begin = [&run] { return run.begin(); };
    const auto earlier = [this] { return m_earlier.begin(); };
    auto* chart =
        new ChartView({.name = tr("Accuracy"),
                       .xName = tr("Step"),
                       .format = percent,
                       .tickFormat = [](double value) { return Words::percent(value, 0); },
                       .fromZero = true,
                       .yRange = Extent{0, 1},
                       .durationFormat = duration},
                      {{tr("Training, each step"), 3, CurveStyle::Faint, &run.trainingAccuracy(), begin},
                       {tr("Test"), 1, CurveStyle::Dots, &run.testAccuracy(), begin},
                       {{}, 0, CurveStyle::Ghost, &m_earlier.testAccuracy(), earlier}},
                      this);
    chart->setObjectName(QStringLiteral("accuracyChart"));
    return new ChartCard(m_studio.settings(), tr("Accuracy"), QStringLiteral("accuracy"), chart,
                         {{tr("Training, each step"), &run.trainingAccuracy(), percent},
                          {tr("Test"), &run.testAccuracy(), percent}},
                         this);
}

ChartCard* RunCharts::makeThroughput() {
    const RunView& run = m_studio.run();
    const auto begin = [&run] { return run.begin(); };
    const auto earlier = [this] { return m_earlier.begin(); };
    auto* chart = new ChartView({.name = tr("Throughput"),
                                 .xName = tr("Step"),
                                 .format = rate,
                                 .tickFormat = rate,
                                 .fromZero = true,
                                 .yRange = {},
                                 .durationFormat = duration},
                                {{tr("Samples per second"), 2, CurveStyle::Line, &run.throughput(), begin},
                                 {{}, 1, CurveStyle::Ghost, &m_earlier.throughput(), earlier}},
                                this);
    chart->setObjectName(QStringLiteral("throughputChart"));
    return new ChartCard(m_studio.settings(), tr("Throughput (samples/s)"), QStringLiteral("throughput"),
                         chart, {{tr("Samples per second"), &run.throughput(), rate}}, this);
}

ChartCard* RunCharts::makeStepTime() {
    const RunView& run = m_studio.run();
    const auto begin = [&run] { return run.begin(); };
    std::vector<Curve> curves;
    std::vector<CurveTable::Column> columns;
    for (const TimePart part : kTimeParts) {
        const Series* series = &run.times().mean(part);
        curves.push_back({TimeWords::of(part), curves.size(), CurveStyle::Line, series, begin});
        columns.push_back({TimeWords::of(part), series, number});
    }
    auto* chart = new ChartView({.name = tr("Time of a step"),
                                 .xName = tr("Step"),
                                 .format = number,
                                 .tickFormat = {},
                                 .fromZero = true,
                                 .yRange = {},
                                 .durationFormat = duration},
                                std::move(curves), this);
    chart->setObjectName(QStringLiteral("stepTimeChart"));
    return new ChartCard(m_studio.settings(), tr("Time of a step (ms, mean of the tasks)"),
                         QStringLiteral("stepTime"), chart, std::move(columns), this);
}

/// What concerns all charts.
QWidget* RunCharts::makeTools() {
    auto* tools = new QWidget(this);
    auto* row = new QHBoxLayout(tools);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(spacing::kSmall);
    m_unit = new QComboBox(tools);
    m_unit->addItems({tr("By step"), tr("By epoch"), tr("By time")});
    m_unit->setObjectName(QStringLiteral("xUnit"));
    m_unit->setAccessibleName(tr("What runs to the right"));
    m_overlay = new QPushButton(tr("Lay an earlier run over it"), tools);
    m_overlay->setObjectName(QStringLiteral("overlay"));
    m_overlay->setCheckable(true);
    m_overlay->setToolTip(tr("The last one before it, of the same model and data where there is one"));
    m_choose = new QPushButton(tr("Which one…"), tools);
    m_choose->setObjectName(QStringLiteral("chooseOverlay"));
    auto* menu = new QMenu(m_choose);
    m_choose->setMenu(menu);
    row->addWidget(m_unit);
    row->addWidget(m_overlay);
    row->addWidget(m_choose);
    row->addStretch();
    connect(m_unit, &QComboBox::currentIndexChanged, this, &RunCharts::refreshScale);
    connect(menu, &QMenu::aboutToShow, this, &RunCharts::fillOverlayMenu);
    connect(m_overlay, &QPushButton::clicked, this, [this](bool on) {
        const auto earlier = earlierRuns();
        overlay(on && !earlier.empty() ? earlier.front().run : RunId());
    });
    return tools;
}

void RunCharts::addLossTools() {
    auto* tools = new QWidget(m_loss);
    tools->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Preferred);
    auto* row = new QHBoxLayout(tools);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(spacing::kSmall);
    m_smoothing = new QSlider(Qt::Horizontal, tools);
    m_smoothing->setRange(0, kSmoothingMax);
    m_smoothing->setValue(m_studio.settings().smoothing());
    m_smoothing->setFixedWidth(110);
    m_smoothing->setAccessibleName(tr("Smoothing"));
    m_smoothing->setToolTip(tr("How much of the past each smoothed point keeps"));
    m_smoothing->setObjectName(QStringLiteral("smoothing"));
    m_logarithmic = new QCheckBox(tr("Log scale"), tools);
    m_logarithmic->setObjectName(QStringLiteral("logScale"));
    m_logarithmic->setChecked(m_studio.settings().logarithmicLoss());
    auto* name = makeLabel(TextRole::Small, tr("Smoothing"), tools);
    name->setBuddy(m_smoothing);
    row->addWidget(name);
    row->addWidget(m_smoothing);
    row->addSpacing(spacing::kSmall);
    row->addWidget(m_logarithmic);
    m_loss->addTool(tools);
    m_loss->chart()->setLogarithmic(m_logarithmic->isChecked());
    m_earlier.setSmoothing(m_studio.settings().smoothing());
    connect(m_smoothing, &QSlider::valueChanged, this, [this](int percent) {
        m_studio.settings().setSmoothing(percent);
        m_studio.run().setSmoothing(percent);
        m_earlier.setSmoothing(percent);
    });
    connect(m_logarithmic, &QCheckBox::toggled, this, [this](bool on) {
        m_studio.settings().setLogarithmicLoss(on);
        m_loss->chart()->setLogarithmic(on);
    });
}

/// What one chart shows the others show, too.
void RunCharts::linkZooms() {
    for (ChartCard* card : m_cards) {
        connect(card->chart(), &ChartView::zoomChanged, this, [this, card] {
            if (m_linking) {
                return;
            }
            m_linking = true;
            const Extent shown = card->chart()->xRange();
            for (ChartCard* other : m_cards) {
                if (other == card) {
                    continue;
                }
                if (card->chart()->isZoomed()) {
                    other->chart()->zoomTo(shown.min, shown.max);
                } else {
                    other->chart()->resetZoom();
                }
            }
            m_linking = false;
        });
    }
}

void RunCharts::refreshScale() {
    const auto unit = static_cast<XUnit>(std::max(0, m_unit->currentIndex()));
    const double perEpoch = static_cast<double>(std::max<std::uint64_t>(1, m_studio.run().stepsPerEpoch()));
    const XScale scale{unit, unit == XUnit::Epochs ? perEpoch : 1};
    const QString name = unit == XUnit::Steps ? tr("Step") : unit == XUnit::Epochs ? tr("Epoch") : tr("Time");
    for (ChartCard* card : m_cards) {
        card->chart()->setXScale(scale, name);
    }
    m_heat->setScale(scale);
    m_heat->refresh();
}

void RunCharts::overlay(const RunId& run) {
    m_earlier.show(run);
    nameOverlay();
}

void RunCharts::nameOverlay() {
    const bool shown = m_earlier.isShown();
    const QString name = shown ? tr("Earlier: %1 (%2)")
                                     .arg(QString::fromStdString(m_earlier.job().name),
                                          Words::time(m_earlier.snapshot().queuedAt))
                               : QString();
    m_loss->chart()->setCurveName(kLossOverlay, name);
    m_accuracy->chart()->setCurveName(kAccuracyOverlay, shown ? tr("Earlier") : QString());
    m_throughput->chart()->setCurveName(kThroughputOverlay, shown ? tr("Earlier") : QString());
    m_overlay->setChecked(shown);
}

/// Those of the same model and data first, in each group the newest first.
std::vector<RunSummary> RunCharts::earlierRuns() const {
    std::vector<RunSummary> runs;
    const RunView& shown = m_studio.run();
    if (!shown.isShown()) {
        return runs;
    }
    for (int row = 0; row < m_studio.runs().rowCount(); ++row) {
        const RunSummary& run = m_studio.runs().at(row);
        if (run.run != shown.snapshot().run) {
            runs.push_back(run);
        }
    }
    std::stable_partition(runs.begin(), runs.end(), [&](const RunSummary& run) {
        return run.model == shown.job().model.name && run.dataset == shown.job().dataset.name;
    });
    if (runs.size() > kEarlierRunsMax) {
        runs.resize(kEarlierRunsMax);
    }
    return runs;
}

void RunCharts::fillOverlayMenu() {
    QMenu* menu = m_choose->menu();
    menu->clear();
    for (const RunSummary& run : earlierRuns()) {
        QAction* action =
            menu->addAction(tr("%1, %2").arg(QString::fromStdString(run.name), Words::time(run.queuedAt)),
                            this, [this, id = run.run] { overlay(id); });
        action->setCheckable(true);
        action->setChecked(m_earlier.isShown() && m_earlier.snapshot().run == run.run);
    }
    if (m_earlier.isShown()) {
        menu->addSeparator();
        menu->addAction(tr("None"), this, [this] { overlay(RunId()); });
    }
}

void RunCharts::resetZoom() {
    for (ChartCard* card : m_cards) {
        card->chart()->resetZoom();
    }
}

void RunCharts::refreshMarks() {
    const RunView& run = m_studio.run();
    std::vector<ChartMark> marks;
    std::vector<ChartMark> quiet;
    for (const RunMark& mark : run.marks()) {
        const TimedIncident& incident = run.snapshot().incidents[mark.incident];
        marks.push_back({static_cast<double>(mark.step), IncidentWords::mark(incident),
                         incident.resolved ? incident.resolvedAt : incident.time});
        quiet.push_back({marks.back().x, marks.back().text, marks.back().time, true});
    }
    for (const MembershipChange& change : run.changes()) {
        const auto& all = run.snapshot().memberships;
        const auto now = std::find_if(all.begin(), all.end(),
                                      [&](const auto& one) { return one.number == change.number; });
        const auto& incidents = run.snapshot().incidents;
        const bool told = std::any_of(incidents.begin(), incidents.end(), [&](const TimedIncident& incident) {
            return incident.resolved && incident.resolved->membership == change.number;
        });
        if (!told && now != all.begin() && now != all.end()) {
            marks.push_back({static_cast<double>(change.step), TimeWords::change(*std::prev(now), *now),
                             change.time, true});
            quiet.push_back(marks.back());
        }
    }
    const auto byPlace = [](const ChartMark& a, const ChartMark& b) { return a.x < b.x; };
    std::stable_sort(marks.begin(), marks.end(), byPlace);
    std::stable_sort(quiet.begin(), quiet.end(), byPlace);
    m_loss->chart()->setMarks(std::move(marks));
    // Words stand on the largest chart only.
    for (ChartCard* card : {m_accuracy, m_throughput, m_stepTime}) {
        card->chart()->setMarks(quiet);
    }
}

void RunCharts::refresh() {
    const RunView& run = m_studio.run();
    if (QAccessible::isActive()) {
        m_loss->chart()->setAccessibleDescription(Words::number(run.lossNow()));
        m_throughput->chart()->setAccessibleDescription(Words::samplesPerSecond(run.throughputNow()));
        m_accuracy->chart()->setAccessibleDescription(Words::percent(run.accuracyNow()));
    }
    refreshMarks();
    refreshScale();
    nameOverlay();
    const bool some = !earlierRuns().empty();
    m_overlay->setEnabled(some);
    m_choose->setEnabled(some);
    const auto steps = static_cast<double>(run.progress().stepsTotal);
    for (ChartCard* card : m_cards) {
        card->chart()->setLimit(steps);
        card->refresh();
    }
    m_heat->refresh();
}

}  // namespace longship
