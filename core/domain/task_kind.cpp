#include "core/domain/task_kind.h"

#include <charconv>
#include <string>
#include <string_view>

namespace longship {
namespace {

constexpr std::string_view kWorker = "worker-";
constexpr std::string_view kServer = "server-";

}  // namespace

TaskId workerTask(std::uint32_t number) {
    return TaskId(std::string(kWorker) + std::to_string(number));
}

TaskId serverTask(std::uint32_t number) {
    return TaskId(std::string(kServer) + std::to_string(number));
}

std::optional<std::uint32_t> serverNumber(const TaskId& task) {
    std::string_view text = task.value;
    if (!text.starts_with(kServer)) {
        return std::nullopt;
    }
    text.remove_prefix(kServer.size());
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && task == serverTask(number) ? std::optional(number) : std::nullopt;
}

bool isServer(const TaskId& task) {
    return serverNumber(task).has_value();
}

}  // namespace longship
