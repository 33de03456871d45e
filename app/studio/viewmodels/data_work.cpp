#include "app/studio/viewmodels/data_work.h"

#include <utility>

#include "core/deploy/ssh_cluster.h"

namespace longship {

DataWork::DataWork(QObject* parent)
    : QObject(parent), m_remembering(std::make_unique<RememberingQuestions>(m_questions)) {}

DataWork::~DataWork() {
    m_thread.request_stop();
    m_questions.withdraw();
}

void DataWork::post(std::function<void()> action) {
    QMetaObject::invokeMethod(this, std::move(action), Qt::QueuedConnection);
}

void DataWork::start(const QString& cluster, const JobSpec& job) {
    if (m_phase == Phase::Bringing) {
        return;
    }
    if (cluster != m_cluster) {
        m_remembering = std::make_unique<RememberingQuestions>(m_questions);
    }
    m_cluster = cluster;
    m_job = job;
    bring();
}

void DataWork::again() {
    if (m_phase == Phase::Failed) {
        bring();
    }
}

void DataWork::giveUp() {
    if (m_phase == Phase::Bringing) {
        m_givingUp = true;
        m_thread.request_stop();
        m_questions.withdraw();
    } else if (m_phase == Phase::Failed) {
        setPhase(Phase::Idle);
        Q_EMIT gaveUp();
    }
}

void DataWork::bring() {
    m_error.reset();
    m_givingUp = false;
    m_nodes.begin({}, DeployState::Removed);
    m_questions.allow();
    setPhase(Phase::Bringing);
    m_thread = std::jthread([this, cluster = m_cluster.toStdString(), job = m_job](std::stop_token stop) {
        auto result = provide(cluster, job, std::move(stop));
        post([this, result = std::move(result)] { finish(result); });
    });
}

Result<JobDelivery> DataWork::provide(const std::string& cluster, const JobSpec& job, std::stop_token stop) {
    LONGSHIP_ASSIGN(const ClusterFiles files, findSshCluster(m_surroundings.home, cluster));
    LONGSHIP_ASSIGN(const std::vector<SshNode> nodes, readSshNodes(files));
    std::vector<NodeId> names;
    for (const SshNode& node : nodes) {
        names.push_back(node.node);
    }
    post([this, names] { m_nodes.begin(names, DeployState::Waiting); });
    return provideData(job, nodes, {m_surroundings.ssh.settings, *m_remembering}, std::move(stop),
                       [this](const DeployProgress& now) {
                           post([this, now, time = BootClock::now()] { m_nodes.progress(now, time); });
                       });
}

void DataWork::show(const DataDelivery& result) {
    const bool cancelled = result.error && result.error->kind == ErrorKind::Interrupted;
    m_nodes.set(result.node,
                cancelled        ? DeployState::Cancelled
                : result.error   ? DeployState::Failed
                : result.skipped ? DeployState::WasReady
                                 : DeployState::Ready,
                result.bytes, result.error ? result.error->text : std::string());
}

void DataWork::finish(const Result<JobDelivery>& result) {
    if (result) {
        for (const DataDelivery& one : result->nodes) {
            show(one);
        }
    } else {
        m_error = result.error();
    }
    if (result && result->failed() == 0 && !m_givingUp) {
        setPhase(Phase::Idle);
        Q_EMIT provided(m_cluster, result->job);
        return;
    }
    setPhase(Phase::Failed);
    if (m_givingUp) {
        giveUp();
    }
}

void DataWork::setPhase(Phase phase) {
    m_phase = phase;
    Q_EMIT changed();
}

}  // namespace longship
