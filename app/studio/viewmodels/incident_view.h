#pragma once

#include <optional>
#include <vector>

#include "core/domain/run_snapshot.h"

namespace longship {

/// What a person can answer when a run waits because of an incident.
enum class IncidentAnswer { GoOn, Move, Wait, Stop };

/// The incident that the Run page tells: the newest that is not over, else the newest. None when there were
/// none.
const TimedIncident* incidentToShow(const RunSnapshot& run);

/// The answers that the cluster offers, in its order; empty when it asks for none. Words of a newer cluster
/// that this studio does not know are left out.
std::vector<IncidentAnswer> answersTo(const TimedIncident& incident, const RunSnapshot& run);

/// The task to move in answer to the incident: its own, else the first one on its node, else the first
/// without one.
std::optional<TaskView> taskOf(const TimedIncident& incident, const RunSnapshot& run);

/// How many workers would go on, and out of how many.
struct Crew {
    std::size_t left = 0;
    std::size_t before = 0;
};
Crew crewWithout(const TimedIncident& incident, const RunSnapshot& run);

}  // namespace longship
