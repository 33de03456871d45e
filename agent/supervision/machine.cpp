#include "agent/supervision/machine.h"

#include <fmt/format.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "core/base/digest.h"

namespace longship {
namespace {

constexpr std::size_t kSocketPathBytesMax = 107;
constexpr std::string_view kSocketName = "/agent.sock";

bool isOursAndPrivate(const std::string& folder) {
    struct stat status {};
    return ::lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == ::getuid() &&
           (status.st_mode & 077) == 0;
}

bool fits(const std::string& folder) {
    return folder.size() + kSocketName.size() <= kSocketPathBytesMax;
}

}  // namespace

unsigned usableCores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) == 0) {
        return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
    }
    return static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
}

std::string hostOf(const std::string& endpoint) {
    constexpr std::string_view kScheme = "tcp://";
    const std::size_t colon = endpoint.rfind(':');
    if (!endpoint.starts_with(kScheme) || colon < kScheme.size()) {
        return {};
    }
    return endpoint.substr(kScheme.size(), colon - kScheme.size());
}

std::string portOf(const std::string& endpoint) {
    return hostOf(endpoint).empty() ? std::string() : endpoint.substr(endpoint.rfind(':') + 1);
}

unsigned threadsPerWorker(const Roster& roster, const NodeId& self, unsigned cores, bool reproducible) {
    if (reproducible) {
        return 1;
    }
    const auto own = std::find_if(roster.nodes.begin(), roster.nodes.end(),
                                  [&](const RosterEntry& entry) { return entry.node == self; });
    if (own == roster.nodes.end()) {
        return std::max(1u, cores);
    }
    const auto sharing = std::count_if(
        roster.nodes.begin(), roster.nodes.end(),
        [&](const RosterEntry& entry) { return hostOf(entry.endpoint) == hostOf(own->endpoint); });
    return std::max(1u, cores / static_cast<unsigned>(sharing));
}

Result<std::filesystem::path> makeSocketFolder(const std::filesystem::path& runtimeFolder,
                                               const std::filesystem::path& home) {
    std::error_code ignored;
    const std::string absolute = std::filesystem::absolute(home, ignored).string();
    const std::string name = "longship-" + sha256Hex(std::as_bytes(std::span(absolute))).substr(0, 12);
    std::string folder = (runtimeFolder / name).string();
    if (runtimeFolder.empty() || !fits(folder) || ::access(runtimeFolder.c_str(), W_OK) != 0) {
        folder = "/tmp/" + name;
    }
    ::mkdir(folder.c_str(), 0700);
    if (isOursAndPrivate(folder)) {
        return std::filesystem::path(folder);
    }
    // Somebody else took the name in a shared folder: a name that nobody can foresee.
    std::string unique = "/tmp/longship-XXXXXX";
    if (::mkdtemp(unique.data()) == nullptr) {
        return failure(
            ErrorKind::Io,
            fmt::format("Could not make a folder for the workers' socket in /tmp: {}.", ::strerror(errno)));
    }
    return std::filesystem::path(unique);
}

}  // namespace longship
