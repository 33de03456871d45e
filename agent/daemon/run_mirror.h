#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "agent/supervision/agent_home.h"
#include "core/history/history.h"
#include "core/protocol/mirror.h"

namespace longship {

/// The Mirror over this agent's history and files: what it asks is sent, what it is answered is stored, what
/// others ask is read. Lives on the agent loop.
class RunMirror {
public:
    using Send = std::function<void(const NodeId&, const Message&)>;

    /// All must outlive this object.
    RunMirror(const History& history, const AgentHome& home, NodeId self, Send send);

    /// The newest runs, newest first, in place of all that was known.
    void restore(const std::vector<RunSnapshot>& runs, TimePoint now);
    void learn(const RunEvent& event, TimePoint now) { m_mirror.learn(event, now); }
    void stored(const RunId& run, const std::vector<StepRow>& rows);

    void handleTimeout(const NodeId& leader, const std::vector<NodeId>& nodes, TimePoint now);
    TimePoint nextTimeout() const { return m_mirror.nextTimeout(); }

    MirrorAnswer answer(const MirrorRequest& request) const;
    /// Rows that are to be stored.
    std::vector<StepRow> take(const NodeId& from, MirrorAnswer answer, TimePoint now);

    std::optional<Step> heldBack(const RunId& run, TimePoint now) const {
        return m_mirror.heldBack(run, now);
    }

private:
    Result<std::filesystem::path> logOf(const RunId& run, const TaskId& task, const NodeId& node) const;
    std::map<Mirror::LogName, std::uint64_t> copiesOf(const RunSnapshot& run) const;

    const History& m_history;
    const AgentHome& m_home;
    const NodeId m_self;
    const Send m_send;
    Mirror m_mirror;
};

/// File name of a task's log: "worker-0.log" where it ran, "worker-0@node-b.log" for the copy elsewhere.
std::string logName(const TaskId& task, const NodeId& node, const NodeId& here);

}  // namespace longship
