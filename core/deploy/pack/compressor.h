#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "core/base/result.h"

namespace longship {

/// Reads `input` to its end, which is a count of 0, and gives it to `output` as one frame of Zstandard. Needs
/// a few MB. The errors of both.
Result<void> compress(const std::function<Result<std::size_t>(std::span<std::byte>)>& input,
                      const std::function<Result<void>(std::span<const std::byte>)>& output);

}  // namespace longship
