#pragma once

#include <cstdint>
#include <optional>

#include "core/base/ids.h"

namespace longship {

/// A run's tasks are workers, "worker-0" and on, and with `strategy: parameter-server` also servers,
/// "server-0" and on. The name is all that tells them apart.
TaskId workerTask(std::uint32_t number);
TaskId serverTask(std::uint32_t number);

/// The number of a server; none for other tasks.
std::optional<std::uint32_t> serverNumber(const TaskId& task);
bool isServer(const TaskId& task);

}  // namespace longship
