#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/protocol/messages.h"

namespace longship {

/// "20260131-120000-k3f9/worker-0/1": how a worker names itself in its Hello.
std::string toText(const TaskKey& key);
std::optional<TaskKey> taskKeyFrom(std::string_view text);

}  // namespace longship
