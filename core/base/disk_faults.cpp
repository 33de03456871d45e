#include "core/base/disk_faults.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace longship {

Result<void> DiskFaults::check(const std::filesystem::path& path) const {
    if (!isFull()) {
        return {};
    }
    return failure(ErrorKind::Exhausted,
                   fmt::format("Could not write {}: {}.", path.string(), std::strerror(ENOSPC)));
}

}  // namespace longship
