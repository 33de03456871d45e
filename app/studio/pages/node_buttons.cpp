#include "app/studio/pages/node_buttons.h"

#include <QVBoxLayout>

#include "app/studio/text/incident_words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"

namespace longship {

namespace {

std::optional<Obstacle> obstacle(const StudioModel& studio, NodeAction action, const NodeView& node) {
    return obstacleTo(action, node, studio.cluster(), studio.workOn(node.node));
}

void toggleDrain(StudioModel& studio, const NodeView& node) {
    if (node.drained) {
        studio.undrain(node.node);
    } else {
        studio.drain(node.node);
    }
}

NodeAction drainActionOf(const NodeView& node) {
    return node.drained ? NodeAction::Undrain : NodeAction::Drain;
}

QString drainTip(const NodeView& node) {
    return node.drained ? NodeButtons::tr("Let this node take work again")
                        : NodeButtons::tr("Take its work off this node and give it no new one");
}

}  // namespace

QMenu* makeMoveMenu(StudioModel& studio, const std::function<std::vector<PlacedTask>()>& work,
                    const std::function<NodeId()>& from, QWidget* parent) {
    auto* menu = new QMenu(parent);
    const auto fill = [&studio, menu, work, from] {
        menu->clear();
        for (const NodeId& target : moveTargets(studio.cluster(), from())) {
            menu->addAction(QString::fromStdString(target.value), menu,
                            [&studio, work, target] { studio.moveWork(work(), target); });
        }
    };
    fill();
    QObject::connect(menu, &QMenu::aboutToShow, menu, fill);
    return menu;
}

QMenu* makeNodeMenu(StudioModel& studio, const NodeView& node, QWidget* parent) {
    auto* menu = new QMenu(parent);
    menu->setToolTipsVisible(true);
    const auto setObstacle = [](QAction* action, const std::optional<Obstacle>& why) {
        action->setEnabled(!why);
        action->setToolTip(why ? IncidentWords::of(*why) : QString());
    };
    auto* targets = makeMoveMenu(
        studio, [&studio, node] { return studio.workOn(node.node); }, [node] { return node.node; }, menu);
    targets->setTitle(IncidentWords::of(NodeAction::Move));
    setObstacle(menu->addMenu(targets), obstacle(studio, NodeAction::Move, node));
    const NodeAction action = drainActionOf(node);
    QAction* drain =
        menu->addAction(IncidentWords::of(action), menu, [&studio, node] { toggleDrain(studio, node); });
    setObstacle(drain, obstacle(studio, action, node));
    return menu;
}

NodeButtons::NodeButtons(StudioModel& studio, QWidget* parent)
    : QWidget(parent),
      m_studio(studio),
      m_move(new QPushButton(this)),
      m_drain(new QPushButton(this)),
      m_reason(makeLabel(TextRole::Small, {}, this)) {
    m_move->setObjectName(QStringLiteral("moveWork"));
    m_drain->setObjectName(QStringLiteral("drain"));
    m_move->setText(IncidentWords::of(NodeAction::Move));
    m_move->setMenu(makeMoveMenu(
        studio, [this] { return m_studio.workOn(m_node.node); }, [this] { return m_node.node; }, m_move));
    m_reason->setObjectName(QStringLiteral("moveReason"));
    m_reason->setWordWrap(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kSmall);
    for (QWidget* widget :
         {static_cast<QWidget*>(m_move), static_cast<QWidget*>(m_reason), static_cast<QWidget*>(m_drain)}) {
        layout->addWidget(widget);
    }
    connect(m_drain, &QPushButton::clicked, this, [this] { toggleDrain(m_studio, m_node); });
}

void NodeButtons::show(const NodeView& node) {
    m_node = node;
    const auto move = obstacle(m_studio, NodeAction::Move, node);
    m_move->setEnabled(!move);
    m_move->setToolTip(move ? IncidentWords::of(*move)
                            : tr("Let another node go on with it, losing nothing"));
    m_reason->setText(move ? IncidentWords::of(*move) : QString());
    m_reason->setVisible(move.has_value());
    const NodeAction action = drainActionOf(node);
    const auto drain = obstacle(m_studio, action, node);
    m_drain->setText(IncidentWords::of(action));
    m_drain->setEnabled(!drain);
    m_drain->setToolTip(drain ? IncidentWords::of(*drain) : drainTip(node));
}

}  // namespace longship
