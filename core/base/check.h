#pragma once

#include <string_view>

namespace longship {

/// Logs the broken promise and aborts. For bugs only: never reachable from user, network or file input.
[[noreturn]] void checkFailed(std::string_view expression, std::string_view file, int line,
                              std::string_view why);

}  // namespace longship

// Always on, in release builds too.
#define LONGSHIP_CHECK(condition, why)                                      \
    do {                                                                    \
        if (!(condition)) [[unlikely]] {                                    \
            ::longship::checkFailed(#condition, __FILE__, __LINE__, (why)); \
        }                                                                   \
    } while (false)
