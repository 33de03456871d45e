#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <optional>

#include <QFrame>
#include <QLabel>

#include "app/studio/pages/node_buttons.h"
#include "app/studio/widgets/labels.h"
#include "app/studio/widgets/sparkline.h"
#include "core/domain/node.h"

namespace longship {

/// One node in detail: who it is, what runs there, and the last hour of its health, as far as the studio was
/// open.
class NodeDetail : public QFrame {
    Q_OBJECT

public:
    explicit NodeDetail(StudioModel& studio, QWidget* parent = nullptr);
    void show(const NodeView& node, const std::deque<NodeSample>& recent);

    /// Says how old the numbers are, and shows them so; none: they are of now.
    void setAge(std::optional<std::chrono::nanoseconds> age);
    static QString ageText(std::chrono::nanoseconds age);  ///< "as of 5 s ago"

private:
    struct Trace {
        QLabel* value;
        Sparkline* line;
    };
    Trace addTrace(const QString& name);
    void showTraces(const NodeView& node, const std::deque<NodeSample>& recent);

    ElidedLabel* m_name;
    Pill* m_state;
    QLabel* m_facts;
    QLabel* m_age;
    Trace m_cpu;
    Trace m_memory;
    Trace m_network;
    QLabel* m_machine;
    NodeButtons* m_buttons;
};

}  // namespace longship
