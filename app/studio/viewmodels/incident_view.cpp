#include "app/studio/viewmodels/incident_view.h"

#include <algorithm>

#include "core/domain/task_kind.h"

namespace longship {

const TimedIncident* incidentToShow(const RunSnapshot& run) {
    const auto open = std::find_if(run.incidents.rbegin(), run.incidents.rend(),
                                   [](const TimedIncident& incident) { return !incident.resolved; });
    if (open != run.incidents.rend()) {
        return &*open;
    }
    return run.incidents.empty() ? nullptr : &run.incidents.back();
}

std::vector<IncidentAnswer> answersTo(const TimedIncident& incident, const RunSnapshot& run) {
    std::vector<IncidentAnswer> answers;
    if (run.state != RunState::Paused || incident.resolved) {
        return answers;
    }
    for (const std::string& choice : incident.incident.choices) {
        if (choice == "go-on") {
            answers.push_back(IncidentAnswer::GoOn);
        } else if (choice == "move") {
            answers.push_back(IncidentAnswer::Move);
        } else if (choice == "wait") {
            answers.push_back(IncidentAnswer::Wait);
        } else if (choice == "stop") {
            answers.push_back(IncidentAnswer::Stop);
        }
    }
    return answers;
}

std::optional<TaskView> taskOf(const TimedIncident& incident, const RunSnapshot& run) {
    if (const auto task = run.tasks.find(incident.incident.task); task != run.tasks.end()) {
        return task->second;
    }
    // An incident of many nodes names none.
    const NodeId& node = incident.incident.node;
    const auto placed = std::find_if(run.tasks.begin(), run.tasks.end(), [&](const auto& task) {
        return node.empty() ? task.second.state == TaskState::Unplaced : task.second.node == node;
    });
    return placed == run.tasks.end() ? std::nullopt : std::optional(placed->second);
}

Crew crewWithout(const TimedIncident& incident, const RunSnapshot& run) {
    if (run.memberships.empty()) {
        return {};
    }
    const auto& members = run.memberships.back().members;
    const IncidentRaised& what = incident.incident;
    const auto all = std::count_if(members.begin(), members.end(),
                                   [](const Member& member) { return !isServer(member.task); });
    const auto lost = std::count_if(members.begin(), members.end(), [&](const Member& member) {
        if (isServer(member.task)) {
            return false;
        }
        const auto task = run.tasks.find(member.task);
        const bool gone = task != run.tasks.end() && (task->second.state == TaskState::Unplaced ||
                                                      task->second.state == TaskState::Exited);
        return gone || (what.task.empty() ? member.node == what.node : member.task == what.task);
    });
    return {static_cast<std::size_t>(all - lost), static_cast<std::size_t>(all)};
}

}  // namespace longship
