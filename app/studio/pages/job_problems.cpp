#include "app/studio/pages/job_problems.h"

#include <algorithm>

#include <QPushButton>

namespace longship {

namespace {

constexpr std::size_t kShownMax = 6;
constexpr std::size_t kColumns = 2;

}  // namespace

JobProblems::JobProblems(QWidget* parent)
    : Banner(parent), m_list(new QWidget(this)), m_rows(new QGridLayout(m_list)) {
    setObjectName(QStringLiteral("jobProblems"));
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->setSpacing(0);
    m_rows->setColumnStretch(1, 1);
    addBelow(m_list);
    hide();
}

void JobProblems::setProblems(const std::vector<ShownProblem>& problems) {
    if (problems == m_problems) {
        return;  // Whoever stands on one of them stays there.
    }
    m_problems = problems;
    while (QLayoutItem* item = m_rows->takeAt(0)) {
        // Not at once: it may be the one that was clicked.
        item->widget()->hide();
        item->widget()->deleteLater();
        delete item;
    }
    setVisible(!problems.empty());
    if (problems.empty()) {
        return;
    }
    for (std::size_t i = 0; i < std::min(problems.size(), kShownMax); ++i) {
        auto* row = new QPushButton(problems[i].text, m_list);
        row->setProperty("link", true);
        row->setObjectName(QStringLiteral("problem%1").arg(i));
        row->setToolTip(problems[i].text);
        connect(row, &QPushButton::clicked, this, [this, problem = problems[i]] { Q_EMIT chosen(problem); });
        m_rows->addWidget(row, static_cast<int>(i / kColumns), static_cast<int>(i % kColumns), Qt::AlignLeft);
    }
    const auto count = static_cast<int>(problems.size());
    const int more = count - static_cast<int>(kShownMax);
    show(Tone::Bad, tr("To correct: %1").arg(count),
         more > 0 ? tr("The first %1 are shown; the file shows all.").arg(kShownMax) : QString());
}

}  // namespace longship
