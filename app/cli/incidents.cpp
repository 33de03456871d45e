#include "app/cli/incidents.h"

#include <fmt/format.h>

#include "app/cli/output.h"

namespace longship::cli {

std::string costText(const IncidentResolved& resolved) {
    return fmt::format("{:.1f} s lost, {} step{} redone", resolved.secondsLost, grouped(resolved.stepsRedone),
                       resolved.stepsRedone == 1 ? "" : "s");
}

std::string incidentText(const RunId& run, const TimedIncident& incident) {
    std::string text = fmt::format("{} {}", toIso8601(incident.time), incident.incident.what);
    if (!incident.incident.why.empty()) {
        text += fmt::format(" ({})", incident.incident.why);
    }
    if (incident.resolved) {
        return text + fmt::format("; {}, {}", incident.resolved->action, costText(*incident.resolved));
    }
    if (!incident.incident.action.empty()) {
        text += "; " + incident.incident.action;
    }
    const std::string choices = choicesText(run, incident.incident);
    return choices.empty() ? text : text + "\n" + choices;
}

std::string choicesText(const RunId& run, const IncidentRaised& incident) {
    std::string text;
    const auto add = [&](const std::string& what, const std::string& how) {
        text += fmt::format("{}  {:<22} {}", text.empty() ? "" : "\n", what, how);
    };
    for (const std::string& choice : incident.choices) {
        if (choice == "go-on") {
            add("go on without it", "longship resume " + run.value);
        } else if (choice == "move") {
            add("move its work", fmt::format("longship task move {} {} NODE", run.value,
                                             incident.task.empty() ? "TASK" : incident.task.value));
        } else if (choice == "wait") {
            add("wait for it", "nothing to do: the run goes on when it is back");
        } else if (choice == "stop") {
            add("end the run", "longship stop " + run.value);
        } else {
            add(choice, "");  // Of a newer cluster.
        }
    }
    return text;
}

nlohmann::json fieldsOf(const TimedIncident& incident) {
    nlohmann::json fields{{"incident", incident.sequence},        {"raised_at", toIso8601(incident.time)},
                          {"node", incident.incident.node.value}, {"task", incident.incident.task.value},
                          {"what", incident.incident.what},       {"why", incident.incident.why},
                          {"choices", incident.incident.choices}, {"resolved_at", nullptr}};
    fields["action"] = incident.incident.action;
    if (incident.resolved) {
        fields["resolved_at"] = toIso8601(incident.resolvedAt);
        fields["action"] = incident.resolved->action;
        fields["seconds_lost"] = incident.resolved->secondsLost;
        fields["steps_redone"] = incident.resolved->stepsRedone;
        fields["membership"] = incident.resolved->membership;
    }
    return fields;
}

}  // namespace longship::cli
