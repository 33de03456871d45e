#include "app/studio/pages/node_detail.h"

#include <algorithm>
#include <functional>

#include <QHBoxLayout>
#include <QVBoxLayout>

#include "app/studio/pages/node_card.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"

namespace longship {

namespace {

constexpr std::size_t kTraceSamples = 180;
constexpr int kTraceHeight = 32;

std::vector<double> valuesOf(const std::deque<NodeSample>& samples,
                             const std::function<double(const NodeSample&)>& value) {
    std::vector<double> values;
    std::transform(samples.begin(), samples.end(), std::back_inserter(values), value);
    return values;
}

/// A scale that fits the values and stays while they move a little.
double scaleFor(const std::vector<double>& values, double min) {
    const double most = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
    double top = min;
    while (top < most) {
        top *= 2;
    }
    return top;
}

}  // namespace

NodeDetail::NodeDetail(StudioModel& studio, QWidget* parent)
    : QFrame(parent),
      m_name(new ElidedLabel(TextRole::Heading, this)),
      m_state(new Pill(this)),
      m_facts(makeLabel(TextRole::Muted, {}, this)),
      m_age(makeLabel(TextRole::Problem, {}, this)),
      m_machine(makeLabel(TextRole::Small, {}, this)),
      m_buttons(new NodeButtons(studio, this)) {
    setProperty("card", true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kLarge, spacing::kLarge, spacing::kLarge, spacing::kLarge);
    layout->setSpacing(spacing::kSmall);
    auto* top = new QHBoxLayout;
    top->addWidget(m_name, 1);
    top->addWidget(m_state);
    layout->addLayout(top);
    layout->addWidget(m_facts);
    layout->addWidget(m_age);
    m_age->setObjectName(QStringLiteral("valuesAge"));
    m_age->hide();
    m_facts->setWordWrap(true);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_cpu = addTrace(tr("CPU"));
    m_memory = addTrace(tr("Memory"));
    m_network = addTrace(tr("Network"));
    layout->addSpacing(spacing::kSmall);
    layout->addWidget(m_machine);
    m_machine->setWordWrap(true);
    layout->addStretch();
    layout->addWidget(m_buttons);
    setFixedWidth(240);
}

NodeDetail::Trace NodeDetail::addTrace(const QString& name) {
    Trace trace{makeLabel(TextRole::Plain, {}, this), new Sparkline(kTraceSamples, this)};
    trace.line->setFixedHeight(kTraceHeight);
    trace.line->setAccessibleName(tr("%1 over the last hour, as far as the studio was open").arg(name));
    trace.line->setToolTip(trace.line->accessibleName());
    auto* row = new QHBoxLayout;
    row->addWidget(makeLabel(TextRole::Small, name, this));
    row->addStretch();
    row->addWidget(trace.value);
    auto* column = qobject_cast<QVBoxLayout*>(layout());
    column->addSpacing(spacing::kTight);
    column->addLayout(row);
    column->addWidget(trace.line);
    return trace;
}

void NodeDetail::show(const NodeView& node, const std::deque<NodeSample>& recent) {
    m_name->setFullText(QString::fromStdString(node.node.value));
    m_state->show(Words::of(node), toneOf(node), shapeOf(node));
    QStringList facts;
    if (!node.detail.empty()) {
        facts << QString::fromStdString(node.detail);
    }
    if (!node.address.empty()) {
        facts << tr("Address %1").arg(QString::fromStdString(node.address));
    }
    facts << (node.version.empty() ? tr("Version not known yet")
                                   : tr("Longship %1").arg(QString::fromStdString(node.version)));
    if (node.leader && !node.version.empty()) {
        facts << tr("Leader: coordinates the cluster");
    }
    m_facts->setText(facts.join(u'\n'));
    showTraces(node, recent);
    m_buttons->show(node);
}

QString NodeDetail::ageText(std::chrono::nanoseconds age) {
    return tr("Numbers as of %1 ago", "a time like 0:05")
        .arg(Words::duration(std::chrono::duration<double>(age).count()));
}

void NodeDetail::setAge(std::optional<std::chrono::nanoseconds> age) {
    m_age->setVisible(age.has_value());
    if (age) {
        m_age->setText(ageText(*age));
    }
    for (const Trace& trace : {m_cpu, m_memory, m_network}) {
        trace.value->setEnabled(!age);
    }
    m_machine->setEnabled(!age);
}

void NodeDetail::showTraces(const NodeView& node, const std::deque<NodeSample>& recent) {
    const bool own = node.sharesMachine;
    const auto cpu = valuesOf(recent, [own](const NodeSample& s) { return own ? s.ownCpu : s.cpu; });
    const auto memory = valuesOf(
        recent, [own](const NodeSample& s) { return static_cast<double>(own ? s.ownMemory : s.memoryUsed); });
    const auto network = valuesOf(recent, [own](const NodeSample& s) {
        return own ? s.ownReceived + s.ownSent : s.networkReceived + s.networkSent;
    });
    m_cpu.line->setValues(cpu, 1.0 * (own ? scaleFor(cpu, 1) : 1));
    m_memory.line->setValues(memory, scaleFor(memory, 64e6));
    m_network.line->setValues(network, scaleFor(network, 1e6));
    if (!node.sample) {
        for (QLabel* label : {m_cpu.value, m_memory.value, m_network.value}) {
            label->setText(Words::none());
        }
        m_machine->clear();
        return;
    }
    const NodeSample& now = *node.sample;
    m_cpu.value->setText(own ? Words::cores(now.ownCpu) : Words::percent(now.cpu, 0));
    m_memory.value->setText(Words::bytes(static_cast<double>(own ? now.ownMemory : now.memoryUsed)));
    m_network.value->setText(
        Words::bytesPerSecond(own ? now.ownReceived + now.ownSent : now.networkReceived + now.networkSent));
    QStringList machine;
    machine << tr("Machine: %1 cores, CPU %2").arg(now.cores).arg(Words::percent(now.cpu, 0));
    machine << tr("Memory %1 of %2")
                   .arg(Words::bytes(static_cast<double>(now.memoryUsed)),
                        Words::bytes(static_cast<double>(now.memoryTotal)));
    machine << tr("Disk %1 of %2")
                   .arg(Words::bytes(static_cast<double>(now.diskUsed)),
                        Words::bytes(static_cast<double>(now.diskTotal)));
    machine << (now.temperatureCelsius ? tr("Temperature %1 °C").arg(*now.temperatureCelsius, 0, 'f', 0)
                                       : tr("Temperature: not measured here"));
    machine << tr("Agent late by %1 ms").arg(now.timerLagMs, 0, 'f', 1);
    if (now.gpus.empty()) {
        machine << tr("No GPU is known here");
    }
    for (const GpuSample& gpu : now.gpus) {
        machine << tr("%1: %2, memory %3 of %4")
                       .arg(QString::fromStdString(gpu.name), Words::percent(gpu.utilization, 0),
                            Words::bytes(static_cast<double>(gpu.memoryUsed)),
                            Words::bytes(static_cast<double>(gpu.memoryTotal)));
    }
    if (own) {
        machine.prepend(
            tr("The curves above are of the node's own agent and workers: the nodes of this cluster "
               "share one machine."));
    }
    m_machine->setText(machine.join(u'\n'));
}

}  // namespace longship
