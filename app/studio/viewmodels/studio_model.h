#pragma once

#include <optional>
#include <vector>

#include <QObject>

#include "app/studio/viewmodels/client_bridge.h"
#include "app/studio/viewmodels/csv_preview_model.h"
#include "app/studio/viewmodels/job_draft.h"
#include "app/studio/viewmodels/machine_setup.h"
#include "app/studio/viewmodels/node_actions.h"
#include "app/studio/viewmodels/node_table_model.h"
#include "app/studio/viewmodels/run_table_model.h"
#include "app/studio/viewmodels/run_view.h"
#include "app/studio/viewmodels/studio_settings.h"
#include "core/history/export/export.h"

namespace longship {

/// The whole studio without its widgets: the models of all pages, kept up to date from one client, and the
/// commands that pages offer. GUI thread only.
class StudioModel : public QObject {
    Q_OBJECT

public:
    enum class TrainState {
        Idle,
        WaitingForNodes,  ///< Train was asked for before the nodes were ready; it starts when they are.
        BringingData,     ///< To the machines of a cluster over SSH; machines().data() shows how far.
        Submitting
    };

    /// `settings` outlives the model.
    explicit StudioModel(StudioSettings& settings, QObject* parent = nullptr);

    ClientBridge& bridge() { return m_bridge; }
    const ClientBridge& bridge() const { return m_bridge; }
    StudioSettings& settings() { return m_settings; }
    RunTableModel& runs() { return m_runs; }
    NodeTableModel& nodes() { return m_nodes; }
    RunView& run() { return m_run; }
    JobDraft& draft() { return m_draft; }
    CsvPreviewModel& csv() { return m_csv; }
    MachineSetup& machines() { return m_machines; }

    const ClusterView& cluster() const { return m_cluster; }

    /// Nodes that a starting cluster will have; shown until it answers. 0 when unknown.
    unsigned expectedNodes() const { return m_expectedNodes; }
    void setExpectedNodes(unsigned count) { m_expectedNodes = count; }

    TrainState trainState() const { return m_trainState; }

    /// Submits the draft, now or as soon as the nodes are ready, and shows the run.
    void train();
    void cancelTrain();  ///< While WaitingForNodes.

    void stop(const RunId& run);
    void pause(const RunId& run);
    void resume(const RunId& run);

    /// The tasks of all active runs that are placed on a node.
    std::vector<PlacedTask> workOn(const NodeId& node) const;
    /// Moves them to another node; the first one that is refused ends it.
    void moveWork(const std::vector<PlacedTask>& work, const NodeId& to);
    void drain(const NodeId& node);
    void undrain(const NodeId& node);
    /// Does a fault on purpose to the run's worker there, or to the node's agent.
    void drill(const RunId& run, const NodeId& node, Fault fault);

    /// Lets that node go on without a majority of the others; one answer, takenOver() or commandFailed().
    void takeOver(const NodeId& founder);
    bool isTakingOver() const { return m_takingOver; }

    void saveModel(const RunId& run, const QString& path);
    void exportTo(const std::vector<RunId>& runs, ExportFormat format, const QString& path);

    /// Takes a run out of the list; forgetHidden() makes it final, unhide() brings it back.
    void hide(const RunId& run);
    void unhide();
    void forgetHidden();

Q_SIGNALS:
    void clusterChanged();
    void trainStateChanged();
    void runStarted(const longship::RunId& run);
    void modelSaved(const longship::RunId& run, const QString& path);
    void exported(const QString& path);
    void takenOver(const longship::NodeId& founder);
    void commandFailed(const longship::Error& error);

private:
    bool nodesReady() const;
    void command(std::function<Result<void>(Client&)> work);
    void setTrainState(TrainState state);
    void submit();
    void send(const JobSpec& job);
    void refreshCluster();
    void refreshRuns();

    StudioSettings& m_settings;
    RunTableModel m_runs;
    NodeTableModel m_nodes;
    JobDraft m_draft;
    CsvPreviewModel m_csv;
    MachineSetup m_machines;
    ClusterView m_cluster;
    unsigned m_expectedNodes = 0;
    TrainState m_trainState = TrainState::Idle;
    bool m_takingOver = false;
    QTimer m_runsTimer;
    ClientBridge m_bridge;  // Last but the view on it: destroyed first, so no answer finds a model gone.
    RunView m_run;
};

}  // namespace longship
