#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include <QObject>

#include "app/studio/viewmodels/check_grid_model.h"
#include "app/studio/viewmodels/deploy_table_model.h"
#include "app/studio/viewmodels/person_questions.h"
#include "core/base/files.h"
#include "core/client/local_cluster.h"
#include "core/deploy/remembering_questions.h"
#include "core/deploy/ssh/usual_settings.h"

namespace longship {

/// Where clusters, keys and programs of this user are. Filled in by the main.
struct Surroundings {
    HomeFolders home;
    SshUser ssh;
    std::filesystem::path programs;  ///< Holds longship-agent, longship-worker and longship-server.
};

/// What is being done with the machines of one cluster over SSH: checked, deployed to, or taken back. One at
/// a time, on threads of its own; what they find comes to the GUI thread. Answers that a person gave are kept
/// until another cluster is shown or the window closes, and nowhere else.
class ClusterWork : public QObject {
    Q_OBJECT

public:
    enum class Phase { Idle, Checking, Deploying, Joining, Removing };
    enum class Outcome { None, Checked, Deployed, Incomplete, Removed, NodeLeft, Forgotten };

    explicit ClusterWork(QObject* parent = nullptr);
    ~ClusterWork() override;  ///< Cancels what goes on and waits for it.

    void setSurroundings(const Surroundings& surroundings) { m_surroundings = surroundings; }

    /// Turns to a cluster. Not while something goes on.
    void show(const QString& cluster);
    QString cluster() const { return m_cluster; }

    Phase phase() const { return m_phase; }
    Outcome outcome() const { return m_outcome; }
    const std::optional<Error>& error() const { return m_error; }  ///< Of the whole, not of one node.

    const NodeId& nodeLeft() const { return m_nodeLeft; }
    /// Why something of ours still lies on the machine that left; empty: nothing does.
    const std::string& leftOver() const { return m_leftOver; }

    CheckGridModel& checks() { return m_checks; }
    DeployTableModel& nodes() { return m_nodes; }
    PersonQuestions& questions() { return m_questions; }

    void check();
    /// All nodes that are not ready, and then brings all of them together.
    void deploy();
    void undeploy();
    /// Takes one machine out of the cluster; NodeLeft, or Incomplete with the reason.
    void takeOut(const NodeId& node);
    /// Removes the cluster from this computer; Forgotten, or Incomplete with the reason.
    void forget();
    void cancel();
    void cancel(const NodeId& node);  ///< While Deploying.

Q_SIGNALS:
    void changed();  ///< Phase, outcome or error.
    void finished();

private:
    struct Machines {
        ClusterFiles cluster;
        std::vector<SshNode> nodes;
    };
    using Work = std::function<void(const Machines&, std::stop_token)>;

    void start(Phase phase, Work work);
    void runCheck(const Machines& machines, std::stop_token stop);
    void runDeploy(const Machines& machines, std::stop_token stop);
    Result<void> deployAll(const Machines& machines, std::stop_token stop);
    void runRemoval(const Machines& machines, std::stop_token stop);
    void runLeave(const Machines& machines, const NodeId& node, std::stop_token stop);
    void finish(Outcome outcome, std::optional<Error> error);
    /// Does it on the GUI thread, in order.
    void post(std::function<void()> action);
    std::stop_token tokenOf(const NodeId& node);
    void stopNodes();

    Surroundings m_surroundings;
    QString m_cluster;
    Phase m_phase = Phase::Idle;
    Outcome m_outcome = Outcome::None;
    std::optional<Error> m_error;
    NodeId m_nodeLeft;
    std::string m_leftOver;
    CheckGridModel m_checks;
    DeployTableModel m_nodes;
    PersonQuestions m_questions;
    std::unique_ptr<RememberingQuestions> m_remembering;
    std::mutex m_stopsMutex;
    std::map<NodeId, std::stop_source> m_stops;      ///< Of the nodes that are being deployed to.
    std::map<NodeId, NodeDeployment> m_deployments;  ///< Of nodes that are ready. The working thread's.
    std::jthread m_thread;                           // Last: over before anything else goes.
};

}  // namespace longship
