#include "app/studio/viewmodels/run_view.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <QTimer>

#include "core/domain/job_yaml.h"

namespace longship {

namespace {

// Rows taken in one turn of the event loop: a long run opens in slices and never holds the window up.
constexpr std::size_t kRowsPerTurn = 4096;

// The throughput is taken over this much time: long enough to be calm, short enough to show a stall.
constexpr auto kThroughputWindow = std::chrono::seconds(3);

double secondsBetween(UtcTime from, UtcTime to) {
    return static_cast<double>(to.microseconds - from.microseconds) / 1e6;
}

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

template <typename T>
bool beginsWith(const std::vector<T>& whole, const std::vector<T>& begin) {
    return whole.size() >= begin.size() && std::equal(begin.begin(), begin.end(), whole.begin());
}

/// False when a takeover made void what was known before.
bool continues(const RunSnapshot& now, const RunSnapshot& before) {
    return now.sequence >= before.sequence && beginsWith(now.memberships, before.memberships) &&
           beginsWith(now.evaluations, before.evaluations);
}

std::optional<double> lastOf(const Series& series) {
    return series.empty() ? std::nullopt : std::optional(series[series.size() - 1].value);
}

}  // namespace

RunView::RunView(ClientBridge& bridge, QObject* parent)
    : QObject(parent), m_bridge(bridge), m_samplesPerSecond(kThroughputWindow), m_smoother(0) {
    connect(&bridge, &ClientBridge::runChanged, this, [this](const RunId& run) {
        if (run == m_run) {
            refresh();
        }
    });
}

RunView::~RunView() = default;

void RunView::show(const RunId& run) {
    m_run = run;
    m_snapshot.reset();
    m_job = {};
    m_modelCopy = {};
    m_leftBehind = false;
    m_proof.reset();
    m_proofState = ProofState::None;
    forgetRows();
    refreshSnapshot();
    Q_EMIT shownChanged();
    refresh();
}

void RunView::clear() {
    show(RunId());
}

void RunView::refresh() {
    refreshSnapshot();
    refreshRows();
}

void RunView::refreshSnapshot() {
    const Client* client = m_bridge.client();
    auto snapshot = client == nullptr || m_run.empty() ? std::nullopt : client->run(m_run);
    if (!snapshot) {
        return;
    }
    const bool first = !m_snapshot;
    const std::size_t membershipsBefore = first ? 0 : m_snapshot->memberships.size();
    const std::size_t evaluationsBefore = first ? 0 : m_snapshot->evaluations.size();
    const bool leftBehind = client->isLeftBehind(m_run);
    const bool same = !first && m_snapshot->sequence == snapshot->sequence && leftBehind == m_leftBehind;
    const bool anew = !first && !continues(*snapshot, *m_snapshot);
    m_leftBehind = leftBehind;
    m_snapshot = std::move(*snapshot);
    if (first) {
        m_job = parseJob(m_snapshot->jobYaml).value_or(JobSpec());
    }
    if (anew || (membershipsBefore > 0 && m_snapshot->memberships.size() != membershipsBefore)) {
        forgetRows();  // Rows that were shown may be void now.
    }
    if (m_testAccuracy.size() < m_snapshot->evaluations.size()) {
        addEvaluations(client->events(m_run));
    }
    const ModelCopy copy = client->modelCopy(m_run);
    const bool copyChanged = copy != m_modelCopy;
    m_modelCopy = copy;
    if (m_snapshot->finished && m_proofState != ProofState::Exact) {
        requestProof();
    }
    if (!same || copyChanged || m_snapshot->evaluations.size() != evaluationsBefore) {
        Q_EMIT changed();
    }
}

void RunView::addEvaluations(const std::vector<RunEvent>& events) {
    for (std::size_t i = m_testAccuracy.size(); i < m_snapshot->evaluations.size(); ++i) {
        const EvaluationFinished& evaluation = m_snapshot->evaluations[i];
        const auto event = std::find_if(events.begin(), events.end(), [&](const RunEvent& one) {
            const auto* body = std::get_if<EvaluationFinished>(&one.body);
            return body != nullptr && *body == evaluation;
        });
        m_testAccuracy.append({evaluation.step, event == events.end() ? UtcTime() : event->time,
                               share(evaluation.correct, evaluation.samples)});
    }
}

void RunView::refreshRows() {
    const Client* client = m_bridge.client();
    if (client == nullptr || !m_snapshot) {
        return;
    }
    const std::vector<StepRow> rows = client->rows(m_run, m_cursor, kRowsPerTurn);
    for (const StepRow& row : rows) {
        m_cursor = row.key;
        if (!isVoid(row.key)) {
            addRow(row);
        }
    }
    if (rows.size() == kRowsPerTurn) {
        QTimer::singleShot(0, this, [this, run = m_run] {
            if (run == m_run) {
                refreshRows();
            }
        });
    }
    if (!rows.empty()) {
        Q_EMIT rowsChanged();
    }
}

void RunView::addRow(const StepRow& row) {
    const Step done = row.key.step + 1;
    noteChange(row);
    const auto& memberships = m_snapshot->memberships;
    const auto membership = std::find_if(memberships.rbegin(), memberships.rend(),
                                         [&](const auto& one) { return one.number == row.key.membership; });
    if (membership != memberships.rend()) {
        m_times.add(row, *membership);
    }
    m_loss.append({done, row.appliedAt, row.loss});
    m_lossSmoothed.append({done, row.appliedAt, m_smoother.add(row.loss)});
    m_trainingAccuracy.append({done, row.appliedAt, share(row.correct, row.digest.count)});
    m_samples += row.digest.count;
    m_samplesPerSecond.add(row.appliedAt, static_cast<double>(row.digest.count));
    if (const auto rate = m_samplesPerSecond.perSecond(row.appliedAt)) {
        m_throughput.append({done, row.appliedAt, *rate});
    }
    if (!m_eta && m_snapshot->prepared) {
        m_eta.emplace(m_snapshot->prepared->stepsTotal);
    }
    if (m_eta) {
        m_eta->update(done, row.appliedAt);
    }
    m_lastRow = row;
}

void RunView::noteChange(const StepRow& row) {
    if (m_lastRow && row.key.membership > m_lastRow->key.membership) {
        const double between = secondsBetween(m_lastRow->appliedAt, row.appliedAt);
        m_changes.push_back({row.key.membership, row.key.step, std::max(0.0, between - row.durationMs / 1000),
                             row.appliedAt});
    }
}

UtcTime RunView::begin() const {
    return m_snapshot && m_snapshot->trainingAt ? *m_snapshot->trainingAt : UtcTime();
}

std::uint64_t RunView::stepsPerEpoch() const {
    return m_snapshot && m_snapshot->prepared && m_job.epochs > 0
               ? m_snapshot->prepared->stepsTotal / m_job.epochs
               : 0;
}

std::optional<double> RunView::lastPauseSeconds() const {
    const auto forced = [this](const MembershipChange& change) {
        return std::any_of(m_snapshot->incidents.begin(), m_snapshot->incidents.end(),
                           [&](const TimedIncident& incident) {
                               return incident.resolved && incident.resolved->membership == change.number;
                           });
    };
    const auto planned = std::find_if_not(m_changes.rbegin(), m_changes.rend(), forced);
    return planned == m_changes.rend() ? std::nullopt : std::optional(planned->pauseSeconds);
}

/// A later membership that starts at or before this step has done it again.
bool RunView::isVoid(const RowKey& key) const {
    return std::any_of(m_snapshot->memberships.begin(), m_snapshot->memberships.end(),
                       [&](const MembershipCommitted& membership) {
                           return membership.number > key.membership && membership.baseStep <= key.step;
                       });
}

void RunView::forgetRows() {
    m_cursor.reset();
    m_lastRow.reset();
    m_changes.clear();
    m_times = {};
    m_samples = 0;
    m_smoother = Smoother(m_smoothing / 100.0);
    m_samplesPerSecond = RateMeter(kThroughputWindow);
    m_eta.reset();
    for (Series* series : {&m_loss, &m_lossSmoothed, &m_throughput, &m_trainingAccuracy, &m_testAccuracy}) {
        *series = {};
    }
}

void RunView::setSmoothing(int percent) {
    if (percent == m_smoothing) {
        return;
    }
    m_smoothing = percent;
    m_smoother = Smoother(percent / 100.0);
    m_lossSmoothed = {};
    for (const SeriesPoint& point : m_loss.points()) {
        m_lossSmoothed.append({point.step, point.time, m_smoother.add(point.value)});
    }
    Q_EMIT rowsChanged();
}

RunProgress RunView::progress() const {
    RunProgress progress;
    progress.epochs = m_job.epochs;
    progress.samples = m_samples;
    if (!m_snapshot) {
        return progress;
    }
    if (m_snapshot->prepared) {
        progress.stepsTotal = m_snapshot->prepared->stepsTotal;
    }
    if (m_lastRow) {
        progress.stepsDone = m_lastRow->key.step + 1;
        progress.epoch = m_lastRow->epoch + 1;
    }
    if (m_snapshot->trainingAt) {
        const UtcTime last = m_snapshot->finishedAt ? *m_snapshot->finishedAt
                             : m_lastRow            ? m_lastRow->appliedAt
                                                    : *m_snapshot->trainingAt;
        progress.elapsedSeconds = std::max(0.0, secondsBetween(*m_snapshot->trainingAt, last));
    }
    if (m_eta && m_lastRow && isActive() && !rests()) {
        if (const auto remaining = m_eta->remaining(m_lastRow->appliedAt)) {
            progress.remainingSeconds = std::chrono::duration<double>(*remaining).count();
        }
    }
    return progress;
}

std::optional<double> RunView::lossNow() const {
    return lastOf(m_lossSmoothed);
}

std::optional<double> RunView::throughputNow() const {
    return rests() ? std::nullopt : lastOf(m_throughput);
}

bool RunView::rests() const {
    return m_snapshot && (m_snapshot->state == RunState::Paused || m_snapshot->state == RunState::Recovering);
}

std::optional<double> RunView::accuracyNow() const {
    return lastOf(m_testAccuracy);
}

std::vector<RunMark> RunView::marks() const {
    std::vector<RunMark> marks;
    const std::size_t count = m_snapshot ? m_snapshot->incidents.size() : 0;
    for (std::size_t i = 0; i < count; ++i) {
        const TimedIncident& incident = m_snapshot->incidents[i];
        if (const auto step = resumedAt(*m_snapshot, incident)) {
            marks.push_back({*step, i});
            continue;
        }
        const auto& points = m_loss.points();
        const auto after = std::partition_point(points.begin(), points.end(), [&](const SeriesPoint& point) {
            return point.time <= incident.time;
        });
        marks.push_back({after == points.begin() ? 0 : std::prev(after)->step, i});
    }
    return marks;
}

void RunView::requestProof() {
    if (m_proofState == ProofState::Checking) {
        return;
    }
    m_proofState = ProofState::Checking;
    m_bridge.run<RunProof>(
        this, [run = m_run](Client& client) { return client.verify(run); },
        [this, run = m_run](Result<RunProof> proof) {
            if (run != m_run) {
                return;
            }
            m_proof = proof ? std::optional(*proof) : std::nullopt;
            m_proofState = !proof           ? ProofState::Unknown
                           : proof->exact() ? ProofState::Exact
                                            : ProofState::Wrong;
            Q_EMIT changed();
        });
}

}  // namespace longship
