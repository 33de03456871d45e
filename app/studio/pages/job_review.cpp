#include "app/studio/pages/job_review.h"

#include <set>

#include <QFileInfo>
#include <QVBoxLayout>

#include "app/studio/text/job_key_words.h"
#include "app/studio/text/words.h"
#include "app/studio/theme/theme.h"
#include "app/studio/viewmodels/run_estimate.h"
#include "app/studio/widgets/labels.h"

namespace longship {

namespace {

// More than these say nothing new, and each is read whenever a field changes.
constexpr std::size_t kRunsMax = 20;

}  // namespace

JobReview::JobReview(StudioModel& studio, QWidget* parent)
    : QFrame(parent),
      m_studio(studio),
      m_summary(makeLabel(TextRole::Plain, {}, this)),
      m_estimate(makeLabel(TextRole::Muted, {}, this)) {
    setProperty("card", true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kLarge, spacing::kMedium, spacing::kLarge, spacing::kMedium);
    layout->setSpacing(spacing::kSmall);
    layout->addWidget(makeLabel(TextRole::Heading, tr("Review"), this));
    layout->addWidget(m_summary);
    layout->addWidget(m_estimate);
    m_summary->setWordWrap(true);
    m_estimate->setWordWrap(true);
    m_summary->setObjectName(QStringLiteral("jobSummary"));
    m_estimate->setObjectName(QStringLiteral("jobEstimate"));
    connect(&studio.draft(), &JobDraft::changed, this, &JobReview::refresh);
    connect(&studio, &StudioModel::clusterChanged, this, &JobReview::refresh);
    for (const auto& signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved}) {
        connect(&studio.runs(), signal, this, &JobReview::collectRuns);
    }
    connect(&studio.runs(), &QAbstractItemModel::modelReset, this, &JobReview::collectRuns);
    connect(&studio.runs(), &QAbstractItemModel::dataChanged, this, &JobReview::collectRuns);
    collectRuns();
}

void JobReview::collectRuns() {
    m_runs.clear();
    const Client* client = m_studio.bridge().client();
    if (client != nullptr) {
        for (const RunSummary& run : client->runs()) {
            if (m_runs.size() < kRunsMax && run.state == RunState::Completed &&
                run.cluster == m_studio.cluster().name) {
                if (auto snapshot = client->run(run.run)) {
                    m_runs.push_back(*std::move(snapshot));
                }
            }
        }
    }
    refresh();
}

void JobReview::refresh() {
    m_summary->setText(summary());
    m_estimate->setText(estimate());
}

QString JobReview::summary() const {
    const JobSpec& job = m_studio.draft().job();
    const QString dataset = job.dataset.name.empty()
                                ? QFileInfo(QString::fromStdString(job.dataset.csv)).fileName()
                                : Words::datasetTitle(QString::fromStdString(job.dataset.name));
    const int workers = job.workers == 0 ? m_studio.nodes().readyCount() : static_cast<int>(job.workers);
    const JobDraft& draft = m_studio.draft();
    return tr("%1 on %2 · epochs: %3 · batch: %4 · %5, learning rate %6 · workers: %7")
        .arg(Words::modelTitle(QString::fromStdString(job.model.name)),
             dataset.isEmpty() ? Words::none() : dataset, Words::count(job.epochs),
             Words::count(job.globalBatch),
             JobKeyWords::choice("optimizer.kind", draft.value("optimizer.kind").toStdString()),
             draft.value("optimizer.learning_rate"), QString::number(workers));
}

QString JobReview::estimate() const {
    std::set<NodeId> ready;
    for (const NodeView& node : m_studio.cluster().nodes) {
        if ((node.state == NodeState::Ready || node.state == NodeState::Busy) && !node.drained) {
            ready.insert(node.node);
        }
    }
    const auto known = estimateRun(m_studio.draft().job(), m_studio.cluster().name, ready, m_runs);
    if (!known) {
        return tr(
            "How long it will take is not known yet: no run of this model on this data, with this batch and "
            "as many workers, was completed on this cluster.");
    }
    return (known->sameNodes ? tr("About %1: “%2” did %3 on these nodes.")
                             : tr("About %1: “%2” did %3 on as many other nodes."))
        .arg(Words::duration(known->seconds), QString::fromStdString(known->fromName),
             Words::samplesPerSecond(known->samplesPerSecond));
}

}  // namespace longship
