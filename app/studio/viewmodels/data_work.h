#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <thread>

#include <QObject>

#include "app/studio/viewmodels/cluster_work.h"
#include "core/deploy/node_data.h"

namespace longship {

/// Brings what a job reads to the machines of a cluster over SSH before the job is sent, as "longship run"
/// does. One job at a time, on a thread of its own. Answers that a person gave are kept until it is another
/// cluster's turn or the window closes, and nowhere else.
class DataWork : public QObject {
    Q_OBJECT

public:
    enum class Phase {
        Idle,
        Bringing,
        Failed  ///< error() or the nodes' rows say why; a person tries again or gives up.
    };

    explicit DataWork(QObject* parent = nullptr);
    ~DataWork() override;  ///< Cancels what goes on and waits for it.

    void setSurroundings(const Surroundings& surroundings) { m_surroundings = surroundings; }

    /// provided() or gaveUp() follows. Not while something goes on.
    void start(const QString& cluster, const JobSpec& job);
    void again();   ///< While Failed. What a node got already is not sent again.
    void giveUp();  ///< gaveUp() follows, as soon as what goes on has stopped.

    Phase phase() const { return m_phase; }
    QString cluster() const { return m_cluster; }
    const std::optional<Error>& error() const { return m_error; }  ///< Of this machine, not of one node.

    DeployTableModel& nodes() { return m_nodes; }
    PersonQuestions& questions() { return m_questions; }

Q_SIGNALS:
    void changed();  ///< Phase or error.
    void provided(const QString& cluster, const longship::JobSpec& job);
    void gaveUp();

private:
    void bring();
    Result<JobDelivery> provide(const std::string& cluster, const JobSpec& job, std::stop_token stop);
    void finish(const Result<JobDelivery>& result);
    void show(const DataDelivery& result);
    void setPhase(Phase phase);
    /// Does it on the GUI thread, in order.
    void post(std::function<void()> action);

    Surroundings m_surroundings;
    QString m_cluster;
    JobSpec m_job;
    Phase m_phase = Phase::Idle;
    bool m_givingUp = false;
    std::optional<Error> m_error;
    DeployTableModel m_nodes;
    PersonQuestions m_questions;
    std::unique_ptr<RememberingQuestions> m_remembering;
    std::jthread m_thread;  // Last: over before anything else goes.
};

}  // namespace longship
