#pragma once

#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QWidget>

#include "app/studio/viewmodels/studio_model.h"

namespace longship {

/// The nodes that could take the work, each of which takes it when chosen. Filled whenever it opens.
QMenu* makeMoveMenu(StudioModel& studio, const std::function<std::vector<PlacedTask>()>& work,
                    const std::function<NodeId()>& from, QWidget* parent);

/// All that can be done with a node; what cannot is there, greyed, and its tool tip says why.
QMenu* makeNodeMenu(StudioModel& studio, const NodeView& node, QWidget* parent);

/// The same as buttons, with the reason why work cannot be moved in words.
class NodeButtons : public QWidget {
    Q_OBJECT

public:
    explicit NodeButtons(StudioModel& studio, QWidget* parent = nullptr);
    void show(const NodeView& node);

private:
    StudioModel& m_studio;
    NodeView m_node;
    QPushButton* m_move;
    QPushButton* m_drain;
    QLabel* m_reason;
};

}  // namespace longship
