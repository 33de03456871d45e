#include "app/studio/pages/setup_page.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QHeaderView>
#include <QVBoxLayout>

#include "app/studio/pages/deploy_table.h"
#include "app/studio/pages/ssh_dialogs.h"
#include "app/studio/text/finding_words.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"
#include "app/studio/widgets/state_delegate.h"
#include "app/studio/widgets/table.h"

namespace longship {

namespace {

using Phase = ClusterWork::Phase;
using Outcome = ClusterWork::Outcome;

constexpr int kCheckWidth = 66;
constexpr int kNodeWidth = 108;
constexpr int kGridRowHeight = 32;
constexpr int kGridRowsMin = 3;
enum Below { Nothing, Problems, Deployment };

Tone toneOf(CheckState state) {
    switch (state) {
        case CheckState::Good: return Tone::Good;
        case CheckState::Bad: return Tone::Bad;
        case CheckState::Waiting:
        case CheckState::Untried: break;
    }
    return Tone::Neutral;
}

QPushButton* makeButton(const char* name, const QString& text, QWidget* parent) {
    auto* button = new QPushButton(text, parent);
    button->setObjectName(QString::fromLatin1(name));
    return button;
}

}  // namespace

SetupPage::SetupPage(StudioModel& studio, QWidget* parent)
    : QWidget(parent), m_studio(studio), m_work(studio.machines().work()) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kPage, spacing::kLarge, spacing::kPage, spacing::kLarge);
    layout->setSpacing(spacing::kMedium);
    layout->addWidget(makeHeading());
    m_banner = new Banner(this);
    m_banner->setVisible(false);
    layout->addWidget(m_banner);
    layout->addWidget(makeGrid(), 3);
    layout->addWidget(makeBelow(), 2);
    listen();
    refresh();
}

QWidget* SetupPage::makeHeading() {
    auto* area = new QWidget(this);
    auto* layout = new QHBoxLayout(area);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kSmall);
    auto* words = new QVBoxLayout;
    words->setSpacing(0);
    m_title = makeLabel(TextRole::Title, {}, area);
    m_summary = makeLabel(TextRole::Muted, {}, area);
    m_summary->setObjectName(QStringLiteral("setupSummary"));
    words->addWidget(m_title);
    words->addWidget(m_summary);
    layout->addLayout(words, 1);
    m_close = makeButton("closeSetup", tr("Back to the nodes"), area);
    m_undeploy = makeButton("undeploy", tr("Undeploy…"), area);
    m_undeploy->setProperty("danger", true);
    m_check = makeButton("check", tr("Check again"), area);
    m_deploy = makeButton("deploy", {}, area);
    m_deploy->setProperty("primary", true);
    m_cancel = makeButton("cancelWork", tr("Cancel"), area);
    m_more = makeButton("more", tr("More"), area);
    m_moreMenu = new QMenu(m_more);
    m_more->setMenu(m_moreMenu);
    connect(m_moreMenu, &QMenu::aboutToShow, this, &SetupPage::fillMore);
    for (QPushButton* button : {m_close, m_more, m_undeploy, m_check, m_deploy, m_cancel}) {
        layout->addWidget(button, 0, Qt::AlignTop);
    }
    connect(m_close, &QPushButton::clicked, this, &SetupPage::closeRequested);
    connect(m_check, &QPushButton::clicked, this, [this] {
        m_deploying = false;
        m_work.check();
    });
    connect(m_deploy, &QPushButton::clicked, this, [this] {
        m_deploying = true;
        m_work.deploy();
    });
    connect(m_undeploy, &QPushButton::clicked, this, [this] {
        if (askToUndeploy(m_work.cluster(), m_work.checks().rowCount(), this)) {
            m_deploying = true;
            m_work.undeploy();
        }
    });
    connect(m_cancel, &QPushButton::clicked, this, [this] { m_work.cancel(); });
    return area;
}

void SetupPage::fillMore() {
    m_moreMenu->clear();
    for (const NodeId& node : m_work.checks().nodes()) {
        const QString name = QString::fromStdString(node.value);
        m_moreMenu->addAction(tr("Take %1 out…").arg(name), this, [this, node, name] {
            if (askToTakeOut(name, m_work.cluster(), this)) {
                m_deploying = false;
                m_work.takeOut(node);
            }
        });
    }
    m_moreMenu->addSeparator();
    m_moreMenu->addAction(tr("Forget this cluster…"), this, [this] {
        if (askToForget(m_work.cluster(), this)) {
            m_deploying = false;
            m_work.forget();
        }
    });
}

QWidget* SetupPage::makeGrid() {
    m_grid = makeTableView(tr("Checks of the machines"), this);
    m_grid->setObjectName(QStringLiteral("checkGrid"));
    m_grid->setModel(new CheckGridText(&m_work.checks(), m_grid));
    m_grid->setSelectionBehavior(QAbstractItemView::SelectItems);
    m_grid->setSelectionMode(QAbstractItemView::SingleSelection);
    const auto stateAt = [this](const QModelIndex& index) {
        return m_work.checks().cell(index.row(), index.column()).state;
    };
    m_grid->setItemDelegate(new StateDelegate(
        m_grid, [stateAt](const QModelIndex& index) { return toneOf(stateAt(index)); },
        [stateAt](const QModelIndex& index) {
            switch (stateAt(index)) {
                case CheckState::Waiting: return PillShape::Dashed;
                case CheckState::Untried: return PillShape::Outline;
                case CheckState::Good:
                case CheckState::Bad: break;
            }
            return PillShape::Full;
        }));
    m_grid->verticalHeader()->show();
    m_grid->verticalHeader()->setFixedWidth(kNodeWidth);
    m_grid->verticalHeader()->setDefaultSectionSize(kGridRowHeight);
    m_grid->horizontalHeader()->setStretchLastSection(false);
    m_grid->horizontalHeader()->setDefaultSectionSize(kCheckWidth);
    m_grid->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    return m_grid;
}

QWidget* SetupPage::makeBelow() {
    m_below = new QStackedWidget(this);
    m_nothing = new EmptyState(QStringLiteral("check"), m_below);
    m_problems = makeTableView(tr("What is not good"), m_below);
    m_problems->setObjectName(QStringLiteral("problems"));
    m_problemText = new CheckProblemText(m_problems);
    m_problems->setModel(m_problemText);
    m_problems->setWordWrap(true);
    m_problems->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_problems->setColumnWidth(CheckProblemText::Place, 170);
    m_problems->setColumnWidth(CheckProblemText::Found, 420);
    m_nodes = makeDeployTable(m_work.nodes(), tr("Deployment to the machines"), m_below);
    m_nodes->setObjectName(QStringLiteral("deployTable"));
    for (const auto& signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved}) {
        connect(m_nodes->model(), signal, this, &SetupPage::addCancelButtons);
    }
    connect(m_nodes->model(), &QAbstractItemModel::modelReset, this, &SetupPage::addCancelButtons);
    connect(m_nodes->model(), &QAbstractItemModel::dataChanged, this, &SetupPage::addCancelButtons);
    for (QWidget* widget : {static_cast<QWidget*>(m_nothing), static_cast<QWidget*>(m_problems),
                            static_cast<QWidget*>(m_nodes)}) {
        m_below->addWidget(widget);
    }
    return m_below;
}

void SetupPage::addCancelButtons() {
    for (int row = 0; row < m_work.nodes().rowCount(); ++row) {
        const QModelIndex index = m_nodes->model()->index(row, DeployTableModel::Action);
        const DeployRow& node = m_work.nodes().at(row);
        const bool wanted = m_work.phase() == Phase::Deploying &&
                            (node.state == DeployState::Waiting || node.state == DeployState::Working);
        if (!wanted) {
            m_nodes->setIndexWidget(index, nullptr);
        } else if (m_nodes->indexWidget(index) == nullptr) {
            auto* button = makeButton("cancelNode", tr("Cancel"), m_nodes);
            button->setProperty("link", true);
            button->setAccessibleName(tr("Cancel %1").arg(QString::fromStdString(node.node.value)));
            connect(button, &QPushButton::clicked, this, [this, name = node.node] { m_work.cancel(name); });
            m_nodes->setIndexWidget(index, button);
        }
    }
}

void SetupPage::listen() {
    answerQuestions(m_work.questions(), this);
    connect(&m_work, &ClusterWork::changed, this, &SetupPage::refresh);
    connect(&m_work, &ClusterWork::finished, this, &SetupPage::finish);
    connect(&m_work.checks(), &QAbstractItemModel::dataChanged, this, &SetupPage::refreshSummary);
    connect(&m_work.checks(), &QAbstractItemModel::modelReset, this, &SetupPage::refreshSummary);
}

void SetupPage::open(const QString& cluster) {
    if (m_work.phase() != Phase::Idle) {
        return;
    }
    m_deploying = false;
    m_work.show(cluster);
    m_work.check();
}

void SetupPage::finish() {
    m_studio.machines().refresh();
    if (m_work.outcome() == Outcome::Deployed) {
        Q_EMIT clusterReady(m_work.cluster());
    } else if (m_work.outcome() == Outcome::Forgotten) {
        Q_EMIT clusterForgotten(m_work.cluster());
    }
}

void SetupPage::refresh() {
    m_title->setText(tr("Machines of “%1”").arg(m_work.cluster()));
    refreshSummary();
    refreshButtons();
    refreshBanner();
    addCancelButtons();
}

void SetupPage::refreshSummary() {
    const CheckGridModel& checks = m_work.checks();
    const auto problems = checks.problems();
    const int all = checks.rowCount() * checks.columnCount();
    switch (m_work.phase()) {
        case Phase::Checking: m_summary->setText(tr("Checking: %1 of %2").arg(checks.done()).arg(all)); break;
        case Phase::Deploying: m_summary->setText(tr("Longship is brought to the machines")); break;
        case Phase::Joining: m_summary->setText(tr("The agents are brought together")); break;
        case Phase::Removing: m_summary->setText(tr("Longship is taken off the machines")); break;
        case Phase::Idle:
            m_summary->setText(all == 0             ? QString()
                               : checks.done() == 0 ? tr("Machines: %1. Not checked").arg(checks.rowCount())
                               : problems.empty()
                                   ? tr("Machines: %1. All checks are good").arg(checks.rowCount())
                                   : tr("Machines: %1. Checks that are not good: %2")
                                         .arg(checks.rowCount())
                                         .arg(problems.size()));
            break;
    }
    // As high as its rows: what is below matters more than empty room.
    m_grid->setMaximumHeight(m_grid->horizontalHeader()->sizeHint().height() +
                             std::max(kGridRowsMin, checks.rowCount()) * kGridRowHeight + spacing::kMedium);
    m_problemText->set(problems);
    fitRows(m_problems);
    if (problems.empty() && m_work.phase() == Phase::Checking) {
        m_nothing->show(tr("The machines are being checked"),
                        tr("What is not good stands here, with what to do."), QString());
    } else if (checks.done() == 0) {
        m_nothing->show(tr("The machines have not been checked"),
                        tr("A check says what is in the way, and what to do."), QString());
    } else if (problems.empty()) {
        m_nothing->show(tr("Nothing is in the way"), tr("Deploy brings Longship to these machines."),
                        QString());
    }
    m_below->setCurrentIndex(m_deploying ? Deployment : problems.empty() ? Nothing : Problems);
}

void SetupPage::refreshButtons() {
    const bool idle = m_work.phase() == Phase::Idle;
    const auto again = m_work.nodes().nodesIn(DeployState::Failed).size() +
                       m_work.nodes().nodesIn(DeployState::Cancelled).size();
    const bool retries = m_deploying && m_work.outcome() == Outcome::Incomplete && again > 0;
    m_deploy->setText(retries ? tr("Retry %1 that failed").arg(again) : tr("Deploy"));
    for (QPushButton* button : {m_check, m_deploy, m_undeploy, m_more}) {
        button->setVisible(idle);
    }
    m_cancel->setVisible(!idle && m_work.phase() != Phase::Joining);
}

void SetupPage::refreshBanner() {
    const auto& error = m_work.error();
    const auto failed = m_work.nodes().nodesIn(DeployState::Failed).size();
    m_banner->setVisible(true);
    if (error) {
        m_banner->show(Tone::Bad, tr("It was not done"), FindingWords::of(error->text));
    } else if (m_deploying && m_work.outcome() == Outcome::Incomplete && m_work.phase() == Phase::Idle &&
               failed > 0) {
        m_banner->show(Tone::Warning,
                       tr("%1 of %2 machines are not done").arg(failed).arg(m_work.nodes().rowCount()),
                       tr("The others are. Their rows say why."));
    } else if (m_work.outcome() == Outcome::Removed) {
        m_banner->show(Tone::Good, tr("Longship is gone from these machines"), QString());
    } else if (m_work.outcome() == Outcome::Deployed) {
        m_banner->show(Tone::Good, tr("The cluster is ready"), QString());
    } else if (m_work.outcome() == Outcome::NodeLeft) {
        const std::string& leftOver = m_work.leftOver();
        m_banner->show(
            leftOver.empty() ? Tone::Good : Tone::Warning,
            tr("%1 is no node of this cluster any more").arg(QString::fromStdString(m_work.nodeLeft().value)),
            leftOver.empty() ? QString()
                             : tr("What Longship has put there, in ~/.local/share/longship, could not "
                                  "be removed: %1")
                                   .arg(FindingWords::of(leftOver)));
    } else {
        m_banner->setVisible(false);
    }
}

}  // namespace longship
