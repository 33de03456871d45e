#pragma once

#include <QFrame>
#include <QGridLayout>
#include <QLabel>

#include "app/studio/widgets/labels.h"
#include "app/studio/widgets/meter.h"
#include "core/domain/node.h"

namespace longship {

Tone toneOf(const NodeView& node);
PillShape shapeOf(const NodeView& node);

/// A node at a glance: name, state, task, and CPU, memory and network. Where nodes share one machine the
/// numbers are those of Longship's own processes there, and the machine's stand in the line below.
class NodeCard : public QFrame {
    Q_OBJECT

public:
    explicit NodeCard(QWidget* parent = nullptr);
    void show(const NodeView& node);

private:
    struct Reading {
        QLabel* name;
        QLabel* value;
        Meter* meter;
    };

    Reading addReading(QGridLayout* grid, int row, const QString& name);
    void showSample(const NodeSample& sample, bool own);

    QLabel* m_name;
    QLabel* m_leader;
    Pill* m_state;
    ElidedLabel* m_task;
    QLabel* m_scope;
    Reading m_cpu;
    Reading m_memory;
    Reading m_network;
    ElidedLabel* m_machine;
};

}  // namespace longship
