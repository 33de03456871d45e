#include "app/studio/pages/chart_card.h"

#include <utility>

#include <QAction>
#include <QFileDialog>
#include <QFileInfo>
#include <QVBoxLayout>

#include "app/studio/pages/dialogs.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"
#include "app/studio/widgets/table.h"

namespace longship {

namespace {

constexpr int kTimeWidth = 160;

}  // namespace

ChartCard::ChartCard(StudioSettings& settings, const QString& heading, const QString& name, ChartView* chart,
                     std::vector<CurveTable::Column> columns, QWidget* parent)
    : QFrame(parent),
      m_settings(settings),
      m_chart(chart),
      m_points(new CurveTable(std::move(columns), this)),
      m_table(makeTableView(heading, this)),
      m_stack(new QStackedWidget(this)),
      m_asTable(new QPushButton(tr("Table"), this)),
      m_head(new QHBoxLayout) {
    setProperty("card", true);
    auto* reset = new QPushButton(tr("Show all"), this);
    reset->setProperty("link", true);
    reset->setVisible(false);
    m_asTable->setProperty("link", true);
    m_asTable->setCheckable(true);
    m_asTable->setObjectName(name + QStringLiteral("AsTable"));
    m_asTable->setToolTip(tr("The numbers of this chart; Ctrl+C copies what is selected"));
    m_table->setObjectName(name + QStringLiteral("Table"));
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setModel(m_points);
    m_table->setColumnWidth(CurveTable::TimeColumn, kTimeWidth);
    m_stack->addWidget(m_chart);
    m_stack->addWidget(m_table);
    m_head->addWidget(makeLabel(TextRole::Heading, heading, this));
    m_head->addStretch();
    m_head->addWidget(reset);
    m_head->addWidget(m_asTable);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kMedium, spacing::kSmall, spacing::kMedium, spacing::kSmall);
    layout->setSpacing(spacing::kTight);
    layout->addLayout(m_head);
    layout->addWidget(m_stack, 1);
    addMenu(name);
    connect(reset, &QPushButton::clicked, m_chart, &ChartView::resetZoom);
    connect(m_chart, &ChartView::zoomChanged, reset,
            [this, reset] { reset->setVisible(m_chart->isZoomed()); });
    connect(m_asTable, &QPushButton::toggled, this, [this](bool on) {
        m_stack->setCurrentIndex(on ? 1 : 0);
        m_asTable->setText(on ? tr("Chart") : tr("Table"));
        refresh();
        m_table->scrollToBottom();
    });
}

void ChartCard::addTool(QWidget* tool) {
    m_head->insertWidget(m_head->count() - 1, tool);
}

void ChartCard::refresh() {
    m_chart->refresh();
    if (m_asTable->isChecked()) {
        m_points->refresh();
    }
}

void ChartCard::addMenu(const QString& name) {
    auto* save = new QAction(tr("Save image…"), m_chart);
    auto* all = new QAction(tr("Show all"), m_chart);
    auto* logarithmic = new QAction(tr("Log scale"), m_chart);
    logarithmic->setCheckable(true);
    m_chart->addActions({save, all, logarithmic});
    m_chart->setContextMenuPolicy(Qt::ActionsContextMenu);
    connect(all, &QAction::triggered, m_chart, &ChartView::resetZoom);
    connect(logarithmic, &QAction::toggled, m_chart, &ChartView::setLogarithmic);
    connect(save, &QAction::triggered, this, [this, name] { saveImage(name); });
}

void ChartCard::saveImage(const QString& name) {
    const QString path = QFileDialog::getSaveFileName(
        this, tr("Save the chart"), m_settings.lastFolder() + u'/' + name + QStringLiteral(".svg"),
        tr("Images (*.svg *.pdf *.png)"));
    if (path.isEmpty()) {
        return;
    }
    m_settings.setLastFolder(QFileInfo(path).absolutePath());
    if (!m_chart->saveImage(path)) {
        showError({ErrorKind::Io, tr("%1 could not be written.").arg(path).toStdString()}, this);
    }
}

}  // namespace longship
