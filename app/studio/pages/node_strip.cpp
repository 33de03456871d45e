#include "app/studio/pages/node_strip.h"

#include <QScrollArea>

#include "app/studio/theme/theme.h"

namespace longship {

namespace {

constexpr int kCardWidthMin = 230;

}  // namespace

NodeStrip::NodeStrip(StudioModel& studio, QWidget* parent) : QWidget(parent), m_studio(studio) {
    auto* content = new QWidget;
    content->setObjectName(QStringLiteral("scrollContent"));
    m_layout = new QHBoxLayout(content);
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setSpacing(spacing::kMedium);
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(content);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Nodes of the cluster"));
    connect(&studio, &StudioModel::clusterChanged, this, &NodeStrip::refresh);
    refresh();
    setFixedHeight(card(0)->sizeHint().height() + spacing::kSmall);
}

void NodeStrip::refresh() {
    std::vector<NodeView> nodes = m_studio.cluster().nodes;
    const auto bridge = m_studio.bridge().state();
    const bool starting = bridge != ClientBridge::State::Closed && bridge != ClientBridge::State::Failed;
    if (nodes.empty() && starting) {
        for (unsigned i = 0; i < m_studio.expectedNodes(); ++i) {
            NodeView expected;
            expected.node = NodeId(tr("Node %1").arg(i + 1).toStdString());
            nodes.push_back(std::move(expected));
        }
    }
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        card(i)->show(nodes[i]);
        card(i)->setVisible(true);
    }
    for (std::size_t i = nodes.size(); i < m_cards.size(); ++i) {
        m_cards[i]->setVisible(false);
    }
}

NodeCard* NodeStrip::card(std::size_t index) {
    while (m_cards.size() <= index) {
        auto* card = new NodeCard(this);
        card->setMinimumWidth(kCardWidthMin);
        m_cards.push_back(card);
        m_layout->addWidget(card, 1);
    }
    return m_cards[index];
}

}  // namespace longship
