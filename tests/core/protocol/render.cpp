#include "tests/core/protocol/render.h"

namespace longship::test {

namespace {

std::string shortName(const TaskKey& key) {
    return key.task.value + (key.generation == 1 ? "" : "/" + std::to_string(key.generation));
}

std::string quoted(const std::string& text) {
    return text.empty() ? "" : " \"" + text + "\"";
}

struct MessageText {
    std::string operator()(const StartTask& m) const { return "StartTask " + shortName(m.key); }
    std::string operator()(const KillTask& m) const {
        return "KillTask " + shortName(m.key) + quoted(m.reason);
    }
    std::string operator()(const AssignMembership& m) const {
        std::string text = "AssignMembership " + std::to_string(m.number) + ":";
        for (const Seat& seat : m.seats) {
            text += " " + shortName({RunId(), seat.member.task, seat.member.generation}) + "@" +
                    seat.endpoint + (seat.hasState ? "" : " (no state)") +
                    (seat.member.share == 0 ? " (leaves)" : "");
        }
        return text;
    }
    std::string operator()(const StopWork& m) const { return "StopWork" + quoted(m.reason); }
    std::string operator()(const Heartbeat& m) const {
        std::string text = "Heartbeat " + std::to_string(m.number);
        for (const TaskKey& key : m.tasks) {
            text += " " + shortName(key);
        }
        return text;
    }
    std::string operator()(const HeartbeatAck& m) const { return "HeartbeatAck " + std::to_string(m.number); }
    std::string operator()(const PullRequest& m) const {
        return "PullRequest after " + std::to_string(m.afterSequence);
    }
    std::string operator()(const WorkerReady& m) const { return "WorkerReady " + shortName(m.key); }
    std::string operator()(const MembershipEntered& m) const {
        return "MembershipEntered " + shortName(m.key) + " " + std::to_string(m.number) +
               (m.following ? " following" : "");
    }
    std::string operator()(const StepsDone& m) const {
        return "StepsDone " + shortName(m.key) + " " + std::to_string(m.rows.size());
    }
    std::string operator()(const EvaluationDone& m) const { return "EvaluationDone " + shortName(m.key); }
    std::string operator()(const PhaseChanged& m) const {
        return "PhaseChanged " + shortName(m.key) + " " + std::string(toString(m.state));
    }
    std::string operator()(const WorkerFinished& m) const {
        return "WorkerFinished " + shortName(m.key) + (m.stopped ? " stopped" : "") +
               (m.model ? " with a model on " + m.model->node.value : "");
    }
    std::string operator()(const WorkerFailed& m) const {
        return "WorkerFailed " + shortName(m.key) + quoted(m.error.text);
    }
    std::string operator()(const Freeze& m) const {
        return "Freeze " + std::to_string(m.number) + quoted(m.reason);
    }
    std::string operator()(const Frozen& m) const {
        return "Frozen " + shortName(m.key) + " for " + std::to_string(m.number) + " at step " +
               std::to_string(m.stepsApplied) + " of " + std::to_string(m.entered);
    }
    std::string operator()(const MembershipBroken& m) const {
        return "MembershipBroken " + shortName(m.key) + " " + std::to_string(m.number) + quoted(m.error.text);
    }
    std::string operator()(const CheckpointWritten& m) const {
        return "CheckpointWritten " + shortName(m.key) + " " + std::to_string(m.step) +
               (m.error ? quoted(m.error->text) : "");
    }
    std::string operator()(const TaskExited& m) const {
        return "TaskExited " + shortName(m.key) + (m.expected ? " expected" : "") + quoted(m.detail);
    }
    std::string operator()(const Ping& m) const { return "Ping " + std::to_string(m.number); }
    std::string operator()(const Pong& m) const { return "Pong " + std::to_string(m.number); }
    template <typename Other>
    std::string operator()(const Other&) const {
        return "another message";
    }
};

struct EventText {
    std::string operator()(const RunQueued&) const { return "queued"; }
    std::string operator()(const RunPrepared& e) const {
        return "prepared with " + std::to_string(e.trainingSamples) + " samples";
    }
    std::string operator()(const TaskChanged& e) const {
        return e.task.value + " on " + e.node.value + " " + std::string(toString(e.state)) + quoted(e.detail);
    }
    std::string operator()(const MembershipCommitted& e) const {
        return "membership " + std::to_string(e.number) + " of " + std::to_string(e.members.size()) +
               (e.baseStep == 0 ? "" : " from step " + std::to_string(e.baseStep));
    }
    std::string operator()(const EvaluationFinished& e) const {
        return "evaluation at step " + std::to_string(e.step);
    }
    std::string operator()(const IncidentRaised& e) const {
        return "incident at " + e.node.value + (e.task.empty() ? "" : " " + e.task.value) + quoted(e.what);
    }
    std::string operator()(const IncidentResolved& e) const {
        return "incident " + std::to_string(e.incident) + " resolved" + quoted(e.action);
    }
    std::string operator()(const CheckpointCommitted& e) const {
        std::string nodes;
        for (const NodeId& node : e.nodes) {
            nodes += (nodes.empty() ? " on " : ", ") + node.value;
        }
        return "checkpoint of step " + std::to_string(e.step) + nodes;
    }
    std::string operator()(const StateChanged& e) const { return std::string(toString(e.state)); }
    std::string operator()(const ModelSaved& e) const { return "model on " + e.node.value; }
    std::string operator()(const RunFinished& e) const {
        return "finished as " + std::string(toString(e.state)) + quoted(e.cause);
    }
};

}  // namespace

std::string render(const Message& message) {
    return std::visit(MessageText(), message);
}

std::string render(const RunEventBody& body) {
    return std::visit(EventText(), body);
}

}  // namespace longship::test
