#pragma once

#include <array>
#include <deque>

#include <QFrame>
#include <QLabel>

#include "app/studio/pages/node_buttons.h"
#include "app/studio/widgets/labels.h"
#include "app/studio/widgets/sparkline.h"
#include "core/domain/node.h"

namespace longship {

/// One node in detail: who it is, what runs there, and the last three minutes of its health.
class NodeDetail : public QFrame {
    Q_OBJECT

public:
    explicit NodeDetail(StudioModel& studio, QWidget* parent = nullptr);
    void show(const NodeView& node, const std::deque<NodeSample>& recent);

private:
    struct Trace {
        QLabel* value;
        Sparkline* line;
    };
    Trace addTrace(const QString& name);
    void showTraces(const NodeView& node, const std::deque<NodeSample>& recent);

    QLabel* m_name;
    Pill* m_state;
    QLabel* m_facts;
    Trace m_cpu;
    Trace m_memory;
    Trace m_network;
    QLabel* m_machine;
    NodeButtons* m_buttons;
};

}  // namespace longship
