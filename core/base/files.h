#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "core/base/disk_faults.h"
#include "core/base/result.h"

namespace longship {

enum class FileAccess { Shared, OwnerOnly };  ///< 0644 or 0600.

/// The whole file. NotFound, Io, or Exhausted when it is larger than `bytesMax`.
Result<std::string> readFile(const std::filesystem::path& path, std::size_t bytesMax = std::size_t{1} << 30);

/// Writes beside the target, syncs, renames: a reader sees the old or the new bytes, never a part. `faults`
/// may be null.
Result<void> writeFileAtomically(const std::filesystem::path& path, std::string_view bytes,
                                 FileAccess access = FileAccess::Shared, const DiskFaults* faults = nullptr);

/// Creates the folder and its parents with mode 0700.
Result<void> makePrivateFolder(const std::filesystem::path& path);

/// Where Longship keeps its data and its configuration: $LONGSHIP_HOME/{data,config} when that is set, else
/// the XDG base directories (freedesktop.org, XDG Base Directory Specification 0.8). Read by mains only.
struct HomeFolders {
    std::filesystem::path data;
    std::filesystem::path config;

    static HomeFolders fromEnvironment();
};

}  // namespace longship
