#pragma once

#include <span>
#include <string>

#include "core/history/export/export.h"

namespace longship {

/// One JSON object with all that is known: `{"format": "longship-runs", "version": 1, "runs": […]}`; each run
/// with its job (parsed, and as it was written), times, proof, memberships, evaluations, incidents, nodes,
/// events and step rows. Numbers that JSON has no word for (NaN, infinity) are null.
std::string jsonOf(std::span<const ExportedRun> runs);

}  // namespace longship
