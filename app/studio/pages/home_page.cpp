#include "app/studio/pages/home_page.h"

#include <algorithm>

#include <QHeaderView>

#include "app/studio/pages/node_card.h"
#include "app/studio/pages/run_page.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/viewmodels/cluster_opener.h"
#include "app/studio/widgets/state_delegate.h"
#include "app/studio/widgets/table.h"

namespace longship {

namespace {

using Kind = NextStep::Kind;

constexpr int kRunsShown = 6;
constexpr std::size_t kClustersShown = 4;
constexpr int kIconSize = 28;

/// A card with an icon, a heading and a text; what else belongs to it is added to its layout.
std::pair<QFrame*, QVBoxLayout*> makeCard(const QString& icon, const QString& heading, const QString& text,
                                          QWidget* parent) {
    auto* card = new QFrame(parent);
    card->setProperty("card", true);
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(spacing::kLarge, spacing::kLarge, spacing::kLarge, spacing::kLarge);
    layout->setSpacing(spacing::kSmall);
    auto* top = new QHBoxLayout;
    top->setSpacing(spacing::kMedium);
    // A button that is only its icon follows the theme by itself, which the pixmap of a label does not.
    auto* sign = new QPushButton(themedIcon(icon, Ink::Accent), {}, card);
    sign->setProperty("link", true);
    sign->setIconSize({kIconSize, kIconSize});
    sign->setFocusPolicy(Qt::NoFocus);
    sign->setAttribute(Qt::WA_TransparentForMouseEvents);
    sign->setAccessibleName(heading);
    top->addWidget(sign);
    top->addWidget(makeLabel(TextRole::Heading, heading, card), 1);
    layout->addLayout(top);
    auto* words = makeLabel(TextRole::Muted, text, card);
    words->setWordWrap(true);
    layout->addWidget(words);
    return {card, layout};
}

}  // namespace

HomePage::HomePage(StudioModel& studio, QWidget* parent) : QWidget(parent), m_studio(studio) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kPage, spacing::kLarge, spacing::kPage, spacing::kLarge);
    layout->setSpacing(spacing::kMedium);
    auto* heading = new QVBoxLayout;
    heading->setSpacing(0);
    heading->addWidget(makeLabel(TextRole::Title, tr("Home"), this));
    heading->addWidget(
        makeLabel(TextRole::Muted,
                  tr("Train on machines that work together. When one fails, the others go on."), this));
    layout->addLayout(heading);
    layout->addWidget(makeNext());
    auto* ways = new QHBoxLayout;
    ways->setSpacing(spacing::kMedium);
    ways->addWidget(makeTry(), 1);
    ways->addWidget(makeMachines(), 1);
    layout->addLayout(ways);
    layout->addWidget(makeRuns(), 1);
    connect(&studio, &StudioModel::clusterChanged, this, &HomePage::refresh);
    connect(&studio.machines(), &MachineSetup::clustersChanged, this, &HomePage::refresh);
    for (const auto& signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved}) {
        connect(&studio.runs(), signal, this, &HomePage::refresh);
    }
    connect(&studio.runs(), &QAbstractItemModel::dataChanged, this, &HomePage::refresh);
    connect(&studio.runs(), &QAbstractItemModel::modelReset, this, &HomePage::refresh);
    setFocusProxy(m_try);
    refresh();
}

QWidget* HomePage::makeNext() {
    m_next = new Banner(this);
    m_next->setObjectName(QStringLiteral("next"));
    m_act = m_next->addButton({});
    m_act->setObjectName(QStringLiteral("nextAction"));
    connect(m_act, &QPushButton::clicked, this, &HomePage::act);
    return m_next;
}

QWidget* HomePage::makeTry() {
    const auto [card, layout] = makeCard(
        QStringLiteral("demo"), tr("Try it on this computer"),
        tr("Three agents start here and train an image classifier together. Nothing has to be installed "
           "or set up; then kill one of them and watch."),
        this);
    m_nodes = new QHBoxLayout;
    m_nodes->setSpacing(spacing::kSmall);
    m_nodes->addStretch();
    layout->addLayout(m_nodes);
    m_elsewhere = makeLabel(TextRole::Small, {}, card);
    layout->addWidget(m_elsewhere);
    layout->addStretch();
    m_try =
        new QPushButton(themedIcon(QStringLiteral("play"), Ink::OnAccent), tr("Try the sample job"), card);
    m_try->setProperty("primary", true);
    m_try->setAutoDefault(true);  // Enter tries it.
    m_try->setObjectName(QStringLiteral("tryDemo"));
    layout->addWidget(m_try, 0, Qt::AlignLeft);
    connect(m_try, &QPushButton::clicked, this, &HomePage::tryRequested);
    return card;
}

QWidget* HomePage::makeMachines() {
    const auto [card, layout] = makeCard(
        QStringLiteral("nodes"), tr("Add your machines"),
        tr("Name machines that you reach over SSH. Longship checks them, says what is in the way, and "
           "brings itself there: without root, and without internet on them."),
        this);
    m_clusters = new QVBoxLayout;
    m_clusters->setSpacing(spacing::kTight);
    layout->addLayout(m_clusters);
    layout->addStretch();
    auto* add = new QPushButton(themedIcon(QStringLiteral("plus")), tr("Add machines…"), card);
    add->setObjectName(QStringLiteral("homeAddMachines"));
    layout->addWidget(add, 0, Qt::AlignLeft);
    connect(add, &QPushButton::clicked, this, &HomePage::addMachinesRequested);
    return card;
}

QWidget* HomePage::makeRuns() {
    auto* area = new QWidget(this);
    auto* layout = new QVBoxLayout(area);
    layout->setContentsMargins(0, spacing::kTight, 0, 0);
    layout->setSpacing(spacing::kSmall);
    auto* top = new QHBoxLayout;
    top->addWidget(makeLabel(TextRole::Heading, tr("Recent runs"), area), 1);
    auto* all = new QPushButton(tr("All runs"), area);
    all->setProperty("link", true);
    all->setObjectName(QStringLiteral("allRuns"));
    top->addWidget(all);
    layout->addLayout(top);
    connect(all, &QPushButton::clicked, this, &HomePage::historyRequested);
    m_runs = makeTableView(tr("Recent runs"), area);
    m_runs->setObjectName(QStringLiteral("recentRuns"));
    m_text = new RunTableText(&m_studio.runs(), m_runs);
    m_text->setLimit(kRunsShown);
    m_runs->setModel(m_text);
    m_runs->setSelectionMode(QAbstractItemView::SingleSelection);
    m_runs->setItemDelegateForColumn(
        RunTableModel::State,
        new StateDelegate(
            m_runs, [this](const QModelIndex& index) { return toneOf(m_text->at(index.row())); },
            [this](const QModelIndex& index) { return shapeOf(m_text->at(index.row())); }));
    const std::pair<int, int> widths[] = {{RunTableModel::State, 130},  {RunTableModel::Name, 190},
                                          {RunTableModel::Model, 80},   {RunTableModel::Dataset, 130},
                                          {RunTableModel::Queued, 150}, {RunTableModel::DurationSeconds, 90}};
    for (const auto& [column, width] : widths) {
        m_runs->setColumnWidth(column, width);
    }
    connect(m_runs, &QTableView::activated, this, &HomePage::openChosen);  // Enter or a double click.
    m_noRuns = new EmptyState(QStringLiteral("run"), area);
    m_runsStack = new QStackedWidget(area);
    m_runsStack->addWidget(m_noRuns);
    m_runsStack->addWidget(m_runs);
    layout->addWidget(m_runsStack, 1);
    return area;
}

void HomePage::openChosen() {
    if (const QModelIndex index = m_runs->currentIndex(); index.isValid()) {
        Q_EMIT openRequested(m_text->at(index.row()).run);
    }
}

void HomePage::act() {
    switch (m_step.kind) {
        case Kind::StartAgain: Q_EMIT retryRequested(); break;
        case Kind::SetUp: Q_EMIT setupRequested(QString::fromStdString(m_studio.cluster().name)); break;
        case Kind::Watch:
        case Kind::Look: Q_EMIT openRequested(m_step.run->run); break;
        case Kind::Wait:
        case Kind::Try: Q_EMIT tryRequested(); break;
    }
}

void HomePage::refresh() {
    m_step = nextStep(m_studio.bridge().state(), m_studio.cluster(),
                      m_studio.machines().overSsh(QString::fromStdString(m_studio.cluster().name)),
                      m_studio.runs());
    refreshNext();
    refreshNodes();
    refreshClusters();
    const bool none = m_text->rowCount() == 0;
    m_runsStack->setCurrentIndex(none ? 0 : 1);
    if (none) {
        m_noRuns->show(tr("No runs yet"),
                       tr("What is trained stands here, with its curves, model and proof."), QString());
    }
}

void HomePage::refreshNext() {
    const QString run = m_step.run ? QString::fromStdString(m_step.run->name) : QString();
    const int ready = m_studio.nodes().readyCount();
    const int nodes = std::max(m_studio.nodes().rowCount(), static_cast<int>(m_studio.expectedNodes()));
    QString action;
    switch (m_step.kind) {
        case Kind::StartAgain: {
            const auto& error = m_studio.bridge().openError();
            m_next->show(Tone::Bad, tr("The cluster could not be started"),
                         error ? QString::fromStdString(error->text) : QString());
            action = tr("Try again");
            break;
        }
        case Kind::SetUp:
            m_next->show(Tone::Accent, tr("Next: bring Longship to your machines"),
                         tr("They were added and have not got it yet."));
            action = tr("Check and deploy…");
            break;
        case Kind::Watch:
            m_next->show(Tone::Accent, tr("“%1” goes on", "a run").arg(run), Words::of(*m_step.run));
            action = tr("Watch it");
            break;
        case Kind::Wait:
            m_next->show(Tone::Neutral,
                         nodes > 0 ? tr("The nodes turn ready: %1 of %2").arg(ready).arg(nodes)
                                   : tr("Looking for the nodes"),
                         tr("A run that is started now begins by itself when they are."));
            break;
        case Kind::Try:
            m_next->show(Tone::Good, tr("Ready: %1 nodes wait for work").arg(ready),
                         tr("The sample job is filled in. Enter opens it, Enter again trains."));
            break;
        case Kind::Look:
            m_next->show(Tone::Neutral, tr("The last run: “%1”").arg(run),
                         m_step.run->accuracy
                             ? tr("%1, test accuracy %2")
                                   .arg(Words::of(*m_step.run), Words::percent(m_step.run->accuracy))
                             : Words::of(*m_step.run));
            action = tr("Look at it");
            break;
    }
    m_act->setText(action);
    m_act->setVisible(!action.isEmpty());
}

void HomePage::refreshNodes() {
    const ClusterView& cluster = m_studio.cluster();
    const bool demo = cluster.name.empty() || cluster.name == kDemoCluster;
    const std::size_t count = demo ? cluster.nodes.size() : 0;
    while (m_pills.size() < count) {
        m_pills.push_back(new Pill(this));
        m_nodes->insertWidget(static_cast<int>(m_pills.size()) - 1, m_pills.back());
    }
    for (std::size_t i = 0; i < m_pills.size(); ++i) {
        m_pills[i]->setVisible(i < count);
        if (i < count) {
            const NodeView& node = cluster.nodes[i];
            m_pills[i]->show(tr("%1: %2", "a node and its state")
                                 .arg(QString::fromStdString(node.node.value), Words::of(node)),
                             toneOf(node), shapeOf(node));
        }
    }
    m_elsewhere->setVisible(!demo);
    m_elsewhere->setText(tr("The cluster “%1” stays as it is and can be opened again.")
                             .arg(QString::fromStdString(cluster.name)));
}

void HomePage::refreshClusters() {
    std::vector<KnownCluster> clusters;
    const auto& all = m_studio.machines().clusters();
    std::copy_if(all.begin(), all.end(), std::back_inserter(clusters),
                 [](const KnownCluster& cluster) { return cluster.overSsh; });
    clusters.resize(std::min(clusters.size(), kClustersShown));
    if (clusters == m_shownClusters) {
        return;
    }
    m_shownClusters = clusters;
    while (QLayoutItem* item = m_clusters->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (const KnownCluster& cluster : clusters) {
        auto* open = new QPushButton(
            themedIcon(QStringLiteral("chevron-right"), Ink::Accent),
            cluster.deployed
                ? tr("%1: %2 machines").arg(cluster.name).arg(cluster.nodes.size())
                : tr("%1: %2 machines, not deployed yet").arg(cluster.name).arg(cluster.nodes.size()),
            this);
        open->setProperty("link", true);
        connect(open, &QPushButton::clicked, this, [this, name = cluster.name, deployed = cluster.deployed] {
            if (deployed) {
                Q_EMIT clusterRequested(name);
            } else {
                Q_EMIT setupRequested(name);
            }
        });
        m_clusters->addWidget(open, 0, Qt::AlignLeft);
    }
}

}  // namespace longship
