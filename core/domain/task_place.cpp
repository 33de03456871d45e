#include "core/domain/task_place.h"

#include <algorithm>
#include <variant>

namespace longship {

std::vector<TaskPlace> placesOf(const std::vector<RunEvent>& events) {
    std::vector<TaskPlace> places;
    for (const RunEvent& event : events) {
        const auto* changed = std::get_if<TaskChanged>(&event.body);
        if (changed == nullptr || changed->node.empty()) {
            continue;
        }
        const TaskPlace place{changed->task, changed->node};
        if (std::find(places.begin(), places.end(), place) == places.end()) {
            places.push_back(place);
        }
    }
    std::stable_sort(places.begin(), places.end(),
                     [](const TaskPlace& a, const TaskPlace& b) { return a.task < b.task; });
    return places;
}

}  // namespace longship
