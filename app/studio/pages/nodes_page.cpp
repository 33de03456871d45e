#include "app/studio/pages/nodes_page.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QVBoxLayout>

#include "app/studio/pages/node_buttons.h"
#include "app/studio/pages/node_card.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"
#include "app/studio/widgets/state_delegate.h"
#include "app/studio/widgets/table.h"

namespace longship {

namespace {

constexpr int kNameMin = 74;
constexpr int kNameMax = 190;

/// The nodes, with what has become old in grey and its age as a tip.
class AgedNodeText : public NodeTableText {
public:
    AgedNodeText(NodeTableModel* nodes, const SampleAges& ages, QObject* parent)
        : NodeTableText(nodes, parent), m_aged(nodes), m_ages(ages) {}

    QVariant data(const QModelIndex& index, int role) const override {
        if (index.isValid() && index.column() == NodeTableModel::Name && role == Qt::ToolTipRole) {
            return data(index, Qt::DisplayRole);  // A long name may be cut.
        }
        const bool measured = index.isValid() && index.column() >= NodeTableModel::OwnCpu &&
                              index.column() < NodeTableModel::Version;
        if (!measured || (role != Qt::ForegroundRole && role != Qt::ToolTipRole)) {
            return NodeTableText::data(index, role);
        }
        const NodeId& node = m_aged->at(index.row()).node;
        if (!m_ages.isStale(node, BootClock::now())) {
            return NodeTableText::data(index, role);
        }
        return role == Qt::ToolTipRole ? QVariant(NodeDetail::ageText(*m_ages.age(node, BootClock::now())))
                                       : QVariant(colorsOf(QGuiApplication::palette()).textMuted);
    }

private:
    NodeTableModel* m_aged;
    const SampleAges& m_ages;
};

}  // namespace

NodesPage::NodesPage(StudioModel& studio, QWidget* parent)
    : QWidget(parent),
      m_studio(studio),
      m_text(new AgedNodeText(&studio.nodes(), m_ages, this)),
      m_summary(makeLabel(TextRole::Muted, {}, this)),
      m_setup(new QPushButton(tr("Check and deploy…"), this)),
      m_stack(new QStackedWidget(this)),
      m_empty(new EmptyState(QStringLiteral("nodes"), this)),
      m_detail(new NodeDetail(studio, this)) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kPage, spacing::kLarge, spacing::kPage, spacing::kLarge);
    layout->setSpacing(spacing::kMedium);
    auto* heading = new QVBoxLayout;
    heading->setSpacing(0);
    heading->addWidget(makeLabel(TextRole::Title, tr("Cluster"), this));
    heading->addWidget(m_summary);
    auto* add = new QPushButton(tr("Add machines…"), this);
    add->setObjectName(QStringLiteral("addMachines"));
    connect(add, &QPushButton::clicked, this, &NodesPage::addMachinesRequested);
    auto* top = new QHBoxLayout;
    top->addLayout(heading, 1);
    m_setup->setObjectName(QStringLiteral("setup"));
    connect(m_setup, &QPushButton::clicked, this, &NodesPage::setupRequested);
    top->addWidget(m_setup, 0, Qt::AlignTop);
    top->addWidget(add, 0, Qt::AlignTop);
    layout->addLayout(top);
    QPushButton* addFirst = m_empty->addButton(tr("Add your machines…"));
    addFirst->setObjectName(QStringLiteral("addFirstMachines"));
    connect(addFirst, &QPushButton::clicked, this, &NodesPage::addMachinesRequested);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeTable());
    layout->addWidget(m_stack, 1);
    connect(m_empty, &EmptyState::actionTriggered, this, &NodesPage::retryRequested);
    connect(&studio, &StudioModel::clusterChanged, this, &NodesPage::refresh);
    m_aging.setInterval(std::chrono::seconds(1));
    connect(&m_aging, &QTimer::timeout, this, &NodesPage::showAges);
    m_aging.start();
    connect(&studio.machines(), &MachineSetup::clustersChanged, this, &NodesPage::refresh);
    refresh();
}

QWidget* NodesPage::makeTable() {
    auto* area = new QWidget(this);
    m_table = makeTableView(tr("Nodes of the cluster"), area);
    m_table->setModel(m_text);
    m_table->setObjectName(QStringLiteral("nodesTable"));
    m_table->setItemDelegateForColumn(
        NodeTableModel::State,
        new StateDelegate(
            m_table, [this](const QModelIndex& index) { return toneOf(m_studio.nodes().at(index.row())); },
            [this](const QModelIndex& index) { return shapeOf(m_studio.nodes().at(index.row())); }));
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_table, &QTableView::customContextMenuRequested, this, [this](const QPoint& at) {
        const QModelIndex index = m_table->indexAt(at);
        if (index.isValid()) {
            m_table->selectRow(index.row());
            QMenu* menu = makeNodeMenu(m_studio, m_studio.nodes().at(index.row()), m_table);
            menu->setAttribute(Qt::WA_DeleteOnClose);
            menu->popup(m_table->viewport()->mapToGlobal(at));
        }
    });
    const std::pair<int, int> widths[] = {
        {NodeTableModel::Name, 74},        {NodeTableModel::State, 106},
        {NodeTableModel::Tasks, 82},       {NodeTableModel::OwnCpu, 84},
        {NodeTableModel::OwnMemory, 104},  {NodeTableModel::OwnNetwork, 104},
        {NodeTableModel::MachineCpu, 98},  {NodeTableModel::MachineMemory, 122},
        {NodeTableModel::Disk, 64},        {NodeTableModel::Gpu, 60},
        {NodeTableModel::Temperature, 96}, {NodeTableModel::Lag, 84},
        {NodeTableModel::Version, 80}};
    for (const auto& [column, width] : widths) {
        m_table->setColumnWidth(column, width);
    }
    auto* layout = new QHBoxLayout(area);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kMedium);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_detail);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &NodesPage::showChosen);
    return area;
}

void NodesPage::refresh() {
    const ClusterView& cluster = m_studio.cluster();
    for (const NodeView& node : cluster.nodes) {
        m_ages.see(node, BootClock::now());
    }
    const auto bridge = m_studio.bridge().state();
    const int nodes = m_studio.nodes().rowCount();
    m_setup->setVisible(m_studio.machines().overSsh(QString::fromStdString(cluster.name)) != nullptr);
    m_stack->setCurrentIndex(nodes > 0 ? 1 : 0);
    if (nodes == 0) {
        m_summary->clear();
        if (bridge == ClientBridge::State::Failed) {
            const auto& error = m_studio.bridge().openError();
            m_empty->show(tr("The cluster could not be started"),
                          error ? QString::fromStdString(error->text) : QString(), tr("Try again"));
        } else {
            m_empty->show(tr("The nodes are starting"), tr("Each one appears here as soon as it answers."),
                          QString());
        }
        return;
    }
    const KnownCluster* known = m_studio.machines().overSsh(QString::fromStdString(cluster.name));
    m_summary->setText(!cluster.connected && known != nullptr && !known->deployed
                           ? tr("Cluster “%1”: %2 machines, not deployed yet").arg(known->name).arg(nodes)
                       : cluster.connected ? tr("Cluster “%1”: %2 of %3 ready")
                                                 .arg(QString::fromStdString(cluster.name))
                                                 .arg(m_studio.nodes().readyCount())
                                                 .arg(nodes)
                                           : tr("Cluster “%1” does not answer: %2")
                                                 .arg(QString::fromStdString(cluster.name),
                                                      QString::fromStdString(cluster.detail)));
    if (std::exchange(m_namesFitted, nodes) != nodes) {
        m_table->resizeColumnToContents(NodeTableModel::Name);
        m_table->setColumnWidth(NodeTableModel::Name,
                                std::clamp(m_table->columnWidth(NodeTableModel::Name), kNameMin, kNameMax));
    }
    // Also when the one that was chosen has left.
    if (!m_table->selectionModel()->hasSelection()) {
        m_table->selectRow(std::clamp(m_table->currentIndex().row(), 0, nodes - 1));
    }
    showChosen();
}

void NodesPage::showChosen() {
    const int row = std::max(0, m_table->currentIndex().row());
    if (row < m_studio.nodes().rowCount()) {
        const NodeView& node = m_studio.nodes().at(row);
        m_detail->show(node, m_studio.nodes().recent(node.node));
        showAges();
    }
}

void NodesPage::showAges() {
    const int row = std::max(0, m_table->currentIndex().row());
    if (!isVisible() || row >= m_studio.nodes().rowCount()) {
        return;
    }
    const NodeId& node = m_studio.nodes().at(row).node;
    const TimePoint now = BootClock::now();
    m_detail->setAge(m_ages.isStale(node, now) ? m_ages.age(node, now) : std::nullopt);
    m_table->viewport()->update();
}

}  // namespace longship
