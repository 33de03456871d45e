#pragma once

#include <vector>

#include <QHBoxLayout>
#include <QWidget>

#include "app/studio/pages/node_card.h"
#include "app/studio/viewmodels/studio_model.h"

namespace longship {

/// The nodes of the cluster side by side. While a cluster starts there is a card for each node it will have.
class NodeStrip : public QWidget {
    Q_OBJECT

public:
    explicit NodeStrip(StudioModel& studio, QWidget* parent = nullptr);

private:
    void refresh();
    NodeCard* card(std::size_t index);

    StudioModel& m_studio;
    QHBoxLayout* m_layout;
    std::vector<NodeCard*> m_cards;
};

}  // namespace longship
