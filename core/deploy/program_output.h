#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace longship {

/// Runs a program of this machine, without a shell, and gives what it wrote to standard output. NotFound, or
/// Internal with its exit status.
Result<std::string> outputOf(const std::vector<std::string>& command);

}  // namespace longship
