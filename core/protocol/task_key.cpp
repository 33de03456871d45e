#include "core/protocol/task_key.h"

#include <charconv>

namespace longship {

std::string toText(const TaskKey& key) {
    return key.run.value + "/" + key.task.value + "/" + std::to_string(key.generation);
}

std::optional<TaskKey> taskKeyFrom(std::string_view text) {
    const std::size_t first = text.find('/');
    const std::size_t last = text.rfind('/');
    if (first == std::string_view::npos || first == 0 || last <= first + 1) {
        return std::nullopt;
    }
    const std::string_view task = text.substr(first + 1, last - first - 1);
    const std::string_view number = text.substr(last + 1);
    Generation generation = 0;
    const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), generation);
    const bool whole = problem == std::errc() && end == number.data() + number.size();
    if (!whole || task.find('/') != std::string_view::npos) {
        return std::nullopt;
    }
    return TaskKey{RunId(std::string(text.substr(0, first))), TaskId(std::string(task)), generation};
}

}  // namespace longship
