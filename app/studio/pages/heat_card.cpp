#include "app/studio/pages/heat_card.h"

#include <algorithm>
#include <cmath>

#include <QHBoxLayout>
#include <QVBoxLayout>

#include "app/studio/text/time_words.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"

namespace longship {

HeatCard::HeatCard(const RunView& run, const ChartView& chart, QWidget* parent)
    : QFrame(parent),
      m_run(run),
      m_chart(chart),
      m_part(new QComboBox(this)),
      m_remark(makeLabel(TextRole::Small, {}, this)),
      m_strip(new HeatStrip(
          [this](std::size_t row, Step step, double value) { return tell(row, step, value); }, this)) {
    setProperty("card", true);
    for (const TimePart one : kTimeParts) {
        m_part->addItem(TimeWords::of(one));
        m_part->setItemData(m_part->count() - 1, TimeWords::meaning(one), Qt::ToolTipRole);
    }
    m_part->setObjectName(QStringLiteral("heatPart"));
    m_part->setAccessibleName(tr("Part of the step"));
    m_remark->setWordWrap(true);
    m_remark->setObjectName(QStringLiteral("straggler"));
    m_strip->setObjectName(QStringLiteral("heatStrip"));
    m_strip->setAccessibleName(tr("Time of each step, by task"));
    m_strip->setSteps([this](double share) { return stepAt(share); });
    auto* head = new QHBoxLayout;
    head->setSpacing(spacing::kMedium);
    head->addWidget(makeLabel(TextRole::Heading, tr("Time of each step, by task"), this));
    head->addStretch();
    head->addWidget(m_part);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kMedium, spacing::kSmall, spacing::kMedium, spacing::kMedium);
    layout->setSpacing(spacing::kSmall);
    layout->addLayout(head);
    layout->addWidget(m_remark);
    layout->addWidget(m_strip);
    layout->addStretch(1);
    connect(m_part, &QComboBox::currentIndexChanged, this, &HeatCard::refresh);
    connect(&chart, &ChartView::rangeChanged, m_strip, qOverload<>(&QWidget::update));
}

TimePart HeatCard::part() const {
    return kTimeParts[static_cast<std::size_t>(std::max(0, m_part->currentIndex()))];
}

/// Rows count the steps before them: the first step, after which 1 is done, is step 0.
Step HeatCard::stepAt(double share) const {
    const Extent shown = m_chart.xRange();
    const double x = shown.min + share * shown.span();
    double done = m_scale.toSeries(x, m_run.begin());
    if (m_scale.unit == XUnit::Time) {
        const auto nearest = m_run.loss().nearest(SeriesAxis::ByTime, done);
        done = nearest ? static_cast<double>(m_run.loss()[*nearest].step) : 0;
    }
    return static_cast<Step>(std::max(0.0, std::floor(done)));
}

QString HeatCard::tell(std::size_t row, Step step, double value) const {
    return tr("%1, step %2: %3 ms")
        .arg(QString::fromStdString(m_run.times().tasks().at(row).value), Words::count(step),
             Words::number(value));
}

void HeatCard::refresh() {
    const StepTimes& times = m_run.times();
    const auto straggler = m_run.isActive() ? times.straggler() : std::nullopt;
    QStringList names;
    std::optional<std::size_t> marked;
    for (const TaskId& task : times.tasks()) {
        if (straggler && straggler->task == task) {
            marked = static_cast<std::size_t>(names.size());
        }
        names << QString::fromStdString(task.value);
    }
    m_strip->setTable(&times.table(part()));
    m_strip->setRows(names, marked);
    const QString remark = TimeWords::straggler(straggler, times.recent());
    m_remark->setText(remark);
    m_strip->setAccessibleDescription(TimeWords::table(times.recent()) + u' ' + remark);
    setVisible(!names.isEmpty());
}

}  // namespace longship
