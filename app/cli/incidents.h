#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/domain/run_snapshot.h"

namespace longship::cli {

/// One line for people: what happened, how it was resolved or what can be done about it.
std::string incidentText(const RunId& run, const TimedIncident& incident);

/// What a person can answer to an incident that paused a run, one choice a line, each with its command.
/// Empty when nothing is asked.
std::string choicesText(const RunId& run, const IncidentRaised& incident);

/// "0.4 s lost, 1 step redone".
std::string costText(const IncidentResolved& resolved);

/// The incident as an object of `status`.
nlohmann::json fieldsOf(const TimedIncident& incident);

}  // namespace longship::cli
