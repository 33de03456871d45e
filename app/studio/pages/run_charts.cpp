#include "app/studio/pages/run_charts.h"

#include <QAccessible>
#include <QAction>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QVBoxLayout>

#include "app/studio/pages/dialogs.h"
#include "app/studio/text/incident_words.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"

namespace longship {

namespace {

constexpr int kSmoothingMax = 99;

}  // namespace

RunCharts::RunCharts(StudioModel& studio, QWidget* parent) : QWidget(parent), m_studio(studio) {
    const RunView& run = studio.run();
    m_loss = new ChartView({.name = tr("Loss"),
                            .xName = tr("Step"),
                            .format = [](double value) { return Words::number(value); },
                            .tickFormat = {},
                            .fromZero = true,
                            .yRange = {},
                            .manyMarks = &IncidentWords::many},
                           {{tr("Loss of each step"), 0, CurveStyle::Faint, &run.loss()},
                            {tr("Smoothed"), 0, CurveStyle::Line, &run.lossSmoothed()}},
                           this);
    m_throughput = new ChartView({.name = tr("Throughput"),
                                  .xName = tr("Step"),
                                  .format = [](double value) { return Words::samplesPerSecond(value); },
                                  .tickFormat = [](double value) { return Words::samplesPerSecond(value); },
                                  .fromZero = true,
                                  .yRange = {}},
                                 {{tr("Samples per second"), 2, CurveStyle::Line, &run.throughput()}}, this);
    m_accuracy = new ChartView({.name = tr("Accuracy"),
                                .xName = tr("Step"),
                                .format = [](double value) { return Words::percent(value); },
                                .tickFormat = [](double value) { return Words::percent(value, 0); },
                                .fromZero = true,
                                .yRange = Extent{0, 1}},
                               {{tr("Training, each step"), 3, CurveStyle::Faint, &run.trainingAccuracy()},
                                {tr("Test"), 1, CurveStyle::Dots, &run.testAccuracy()}},
                               this);
    m_loss->setObjectName(QStringLiteral("lossChart"));
    m_throughput->setObjectName(QStringLiteral("throughputChart"));
    m_accuracy->setObjectName(QStringLiteral("accuracyChart"));
    auto* right = new QVBoxLayout;
    right->setSpacing(spacing::kMedium);
    right->addWidget(makeCard(tr("Throughput (samples/s)"), m_throughput, nullptr), 1);
    right->addWidget(makeCard(tr("Accuracy"), m_accuracy, nullptr), 1);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kMedium);
    layout->addWidget(makeLossCard(), 3);
    layout->addLayout(right, 2);
    addImageMenu(m_loss, QStringLiteral("loss"));
    addImageMenu(m_throughput, QStringLiteral("throughput"));
    addImageMenu(m_accuracy, QStringLiteral("accuracy"));
    connect(&studio.run(), &RunView::shownChanged, this, [this] {
        resetZoom();
        refresh();
    });
    connect(&studio.run(), &RunView::rowsChanged, this, &RunCharts::refresh);
    connect(&studio.run(), &RunView::changed, this, &RunCharts::refresh);
    refresh();
}

QWidget* RunCharts::makeLossCard() {
    auto* tools = new QWidget(this);
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
    m_loss->setLogarithmic(m_logarithmic->isChecked());
    connect(m_smoothing, &QSlider::valueChanged, this, [this](int percent) {
        m_studio.settings().setSmoothing(percent);
        m_studio.run().setSmoothing(percent);
    });
    connect(m_logarithmic, &QCheckBox::toggled, this, [this](bool on) {
        m_studio.settings().setLogarithmicLoss(on);
        m_loss->setLogarithmic(on);
    });
    return makeCard(tr("Loss"), m_loss, tools);
}

QWidget* RunCharts::makeCard(const QString& heading, ChartView* chart, QWidget* tools) {
    auto* card = new QFrame(this);
    card->setProperty("card", true);
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(spacing::kMedium, spacing::kSmall, spacing::kMedium, spacing::kSmall);
    layout->setSpacing(spacing::kTight);
    auto* top = new QHBoxLayout;
    auto* reset = new QPushButton(tr("Show all"), card);
    reset->setProperty("link", true);
    reset->setVisible(false);
    top->addWidget(makeLabel(TextRole::Heading, heading, card));
    top->addStretch();
    top->addWidget(reset);
    if (tools != nullptr) {
        top->addWidget(tools);
    }
    layout->addLayout(top);
    layout->addWidget(chart, 1);
    connect(reset, &QPushButton::clicked, chart, &ChartView::resetZoom);
    connect(chart, &ChartView::zoomChanged, reset, [chart, reset] { reset->setVisible(chart->isZoomed()); });
    chart->setToolTip(QString());
    return card;
}

void RunCharts::addImageMenu(ChartView* chart, const QString& name) {
    auto* save = new QAction(tr("Save image…"), chart);
    auto* reset = new QAction(tr("Show all"), chart);
    chart->addActions({save, reset});
    chart->setContextMenuPolicy(Qt::ActionsContextMenu);
    connect(reset, &QAction::triggered, chart, &ChartView::resetZoom);
    connect(save, &QAction::triggered, this, [this, chart, name] {
        const QString path = QFileDialog::getSaveFileName(
            this, tr("Save the chart"),
            m_studio.settings().lastFolder() + u'/' + name + QStringLiteral(".svg"),
            tr("Images (*.svg *.pdf *.png)"));
        if (path.isEmpty()) {
            return;
        }
        m_studio.settings().setLastFolder(QFileInfo(path).absolutePath());
        if (!chart->saveImage(path)) {
            showError({ErrorKind::Io, tr("%1 could not be written.").arg(path).toStdString()}, this);
        }
    });
}

void RunCharts::resetZoom() {
    for (ChartView* chart : {m_loss, m_throughput, m_accuracy}) {
        chart->resetZoom();
    }
}

void RunCharts::refresh() {
    if (QAccessible::isActive()) {
        m_loss->setAccessibleDescription(Words::number(m_studio.run().lossNow()));
        m_throughput->setAccessibleDescription(Words::samplesPerSecond(m_studio.run().throughputNow()));
        m_accuracy->setAccessibleDescription(Words::percent(m_studio.run().accuracyNow()));
    }
    std::vector<ChartMark> marks;
    for (const RunMark& mark : m_studio.run().marks()) {
        const TimedIncident& incident = m_studio.run().snapshot().incidents[mark.incident];
        marks.push_back({static_cast<double>(mark.step), IncidentWords::mark(incident)});
    }
    m_loss->setMarks(std::move(marks));
    const auto steps = static_cast<double>(m_studio.run().progress().stepsTotal);
    for (ChartView* chart : {m_loss, m_throughput, m_accuracy}) {
        chart->setLimit(steps);
        chart->refresh();
    }
}

}  // namespace longship
