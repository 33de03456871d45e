#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "app/studio/viewmodels/client_bridge.h"
#include "core/base/files.h"
#include "core/deploy/ssh/route.h"

namespace longship {

inline constexpr const char* kDemoCluster = "demo";
inline constexpr unsigned kDemoNodes = 3;

/// Opens a client of a cluster of this home folder; never waits for its agents. With `ssh`, agents whose
/// ports are closed to this machine are reached through their nodes' SSH servers.
ClientBridge::Opener clusterOpener(const HomeFolders& home, const std::string& cluster,
                                   const std::optional<SshSettings>& ssh = {});

/// Starts the demo's agents where they do not run yet, from the programs in `programs`. Nothing for other
/// clusters: they are only looked for.
ClientBridge::Starter clusterStarter(const HomeFolders& home, const std::string& cluster,
                                     const std::filesystem::path& programs);

}  // namespace longship
