#pragma once

#include <string>
#include <string_view>

namespace longship {

/// Why a run ended that somebody stopped.
inline constexpr const char* kStoppedOnRequest = "stopped on request";

/// What usually is behind the end of a process: "The kernel kills a process like this when memory runs out."
/// Empty when nothing useful can be said.
std::string hintForExit(std::string_view detail);

}  // namespace longship
