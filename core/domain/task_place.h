#pragma once

#include <vector>

#include "core/base/ids.h"
#include "core/domain/run_event.h"

namespace longship {

/// A task on a node: it may have been on several, one after another.
struct TaskPlace {
    TaskId task;
    NodeId node;
    auto operator<=>(const TaskPlace&) const = default;
};

/// Where the tasks of a run ran, by task, each in the order in which it came there first.
std::vector<TaskPlace> placesOf(const std::vector<RunEvent>& events);

}  // namespace longship
