#include "app/studio/pages/node_card.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QVBoxLayout>

#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"

namespace longship {

namespace {

// Full scale of the network meter: what a gigabit card can carry.
constexpr double kGigabitBytesPerSecond = 125e6;

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

QString joinedTasks(const NodeView& node) {
    QStringList tasks;
    for (const std::string& task : node.tasks) {
        tasks << QString::fromStdString(task);
    }
    return tasks.join(QStringLiteral(", "));
}

}  // namespace

Tone toneOf(const NodeView& node) {
    switch (node.state) {
        case NodeState::Unknown:
        case NodeState::Connecting: return Tone::Neutral;
        case NodeState::Ready: return node.drained ? Tone::Neutral : Tone::Good;
        case NodeState::Busy: return Tone::Accent;
        case NodeState::Silent: return Tone::Warning;
        case NodeState::Lost: return Tone::Bad;
    }
    return Tone::Neutral;
}

PillShape shapeOf(const NodeView& node) {
    const bool answers = node.state != NodeState::Lost && node.state != NodeState::Silent;
    return !node.drained || !answers ? PillShape::Full
           : node.tasks.empty()      ? PillShape::Outline
                                     : PillShape::Dashed;
}

NodeCard::NodeCard(QWidget* parent)
    : QFrame(parent),
      m_name(makeLabel(TextRole::Heading, {}, this)),
      m_leader(makeLabel(TextRole::Small, tr("leader"), this)),
      m_state(new Pill(this)),
      m_task(new ElidedLabel(TextRole::Small, this)),
      m_scope(makeLabel(TextRole::Small, {}, this)),
      m_machine(new ElidedLabel(TextRole::Small, this)) {
    setProperty("card", true);
    m_leader->setToolTip(tr("This node coordinates the cluster now."));
    auto* top = new QHBoxLayout;
    top->setSpacing(spacing::kSmall);
    top->addWidget(m_name);
    top->addWidget(m_leader);
    top->addStretch();
    top->addWidget(m_state);
    auto* second = new QHBoxLayout;
    second->addWidget(m_task, 1);
    second->addWidget(m_scope);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(spacing::kMedium);
    grid->setVerticalSpacing(spacing::kTight);
    grid->setColumnStretch(1, 1);
    m_cpu = addReading(grid, 0, tr("CPU"));
    m_memory = addReading(grid, 1, tr("Memory"));
    m_network = addReading(grid, 2, tr("Network"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kLarge, spacing::kMedium, spacing::kLarge, spacing::kMedium);
    layout->setSpacing(spacing::kTight);
    layout->addLayout(top);
    layout->addLayout(second);
    layout->addSpacing(2);
    layout->addLayout(grid);
    layout->addSpacing(2);
    layout->addWidget(m_machine);
}

NodeCard::Reading NodeCard::addReading(QGridLayout* grid, int row, const QString& name) {
    Reading reading{makeLabel(TextRole::Small, name, this), makeLabel(TextRole::Plain, {}, this),
                    new Meter(this)};
    reading.value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    reading.value->setMinimumWidth(
        reading.value->fontMetrics().horizontalAdvance(QStringLiteral("0.00 cores.")));
    reading.meter->setAccessibleName(name);
    grid->addWidget(reading.name, row, 0);
    grid->addWidget(reading.meter, row, 1);
    grid->addWidget(reading.value, row, 2);
    return reading;
}

void NodeCard::show(const NodeView& node) {
    const QString name = QString::fromStdString(node.node.value);
    m_name->setText(name);
    m_leader->setVisible(node.leader && !node.version.empty());
    m_state->show(Words::of(node), toneOf(node), shapeOf(node));
    const QString tasks = joinedTasks(node);
    m_task->setFullText(!node.detail.empty() ? QString::fromStdString(node.detail)
                        : !node.sample       ? QString()
                        : tasks.isEmpty()    ? tr("no task")
                                             : tasks);
    m_scope->setVisible(node.sample.has_value());
    m_scope->setText(node.sharesMachine ? tr("own processes") : tr("whole machine"));
    m_scope->setToolTip(node.sharesMachine
                            ? tr("The nodes of this cluster share one machine, so each shows what "
                                 "its own agent and workers use.")
                            : QString());
    setAccessibleName(tr("Node %1, %2").arg(name, Words::of(node)));
    if (node.sample) {
        showSample(*node.sample, node.sharesMachine);
    } else {
        for (const Reading& reading : {m_cpu, m_memory, m_network}) {
            reading.value->setText(Words::none());
            reading.meter->setShare(0);
        }
        m_machine->setFullText(QString());
    }
}

void NodeCard::showSample(const NodeSample& sample, bool own) {
    const double received = own ? sample.ownReceived : sample.networkReceived;
    const double sent = own ? sample.ownSent : sample.networkSent;
    m_network.value->setText(Words::bytesPerSecond(received + sent));
    m_network.meter->setShare((received + sent) / kGigabitBytesPerSecond);
    if (own) {
        m_cpu.value->setText(Words::cores(sample.ownCpu));
        m_cpu.meter->setShare(sample.ownCpu / std::max(1U, sample.cores));
        m_memory.value->setText(Words::bytes(static_cast<double>(sample.ownMemory)));
        m_memory.meter->setShare(share(sample.ownMemory, sample.memoryTotal));
        m_machine->setFullText(tr("Machine: CPU %1, memory %2")
                                   .arg(Words::percent(sample.cpu, 0),
                                        Words::percent(share(sample.memoryUsed, sample.memoryTotal), 0)));
    } else {
        m_cpu.value->setText(Words::percent(sample.cpu, 0));
        m_cpu.meter->setShare(sample.cpu);
        m_memory.value->setText(Words::bytes(static_cast<double>(sample.memoryUsed)));
        m_memory.meter->setShare(share(sample.memoryUsed, sample.memoryTotal));
        m_machine->setFullText(
            tr("Longship uses %1 and %2")
                .arg(Words::cores(sample.ownCpu), Words::bytes(static_cast<double>(sample.ownMemory))));
    }
}

}  // namespace longship
