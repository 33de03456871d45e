#include "core/base/check.h"

#include <spdlog/spdlog.h>

#include <cstdlib>

namespace longship {

void checkFailed(std::string_view expression, std::string_view file, int line, std::string_view why) {
    spdlog::critical("broken promise at {}:{}: {} ({})", file, line, why, expression);
    spdlog::shutdown();
    std::abort();
}

}  // namespace longship
