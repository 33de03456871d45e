#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace longship {

/// One file of a version on a node.
struct BundleFile {
    std::string path;              ///< Within the version: "lib/libzmq.so.5".
    std::filesystem::path source;  ///< On this machine; empty: `text` is the content.
    std::string text;
    std::uint64_t bytes = 0;
    std::string sha256;
    bool ofAgent = false;  ///< The agent needs it: read back before it is used.
};

/// All that a node needs to run our programs whatever is installed on it: the programs, every shared library
/// they load, glibc and its loader. Each program is started by a small script of its name in bin/, through
/// that loader
/// (`ld.so(8)`, --library-path), so that the node's own libraries do not matter.
struct Bundle {
    std::string architecture;  ///< As `uname -m` says it: "x86_64".
    std::string id;            ///< SHA-256 of the manifest.
    std::vector<BundleFile> files;

    std::uint64_t bytes() const;
    std::uint64_t agentBytes() const;
};

/// The programs of a bundle. Tasks' may be empty: then it has none.
struct BundlePrograms {
    std::filesystem::path agent;
    std::filesystem::path worker{};
    std::filesystem::path server{};

    /// All of them, as they lie in a folder.
    static BundlePrograms in(const std::filesystem::path& folder) {
        return {folder / "longship-agent", folder / "longship-worker", folder / "longship-server"};
    }
};

/// NotFound for a missing program or library, BadInput for what is no dynamically linked ELF program of 64
/// bits.
Result<Bundle> makeBundle(const BundlePrograms& programs);

/// One file of this machine, read and hashed. NotFound when it cannot be read.
Result<BundleFile> bundleFileOf(std::string path, const std::filesystem::path& source);

/// "SHA256 PATH" lines, sorted by path.
std::string manifestOf(const Bundle& bundle);

/// SHA-256 of the manifest.
std::string idOf(const Bundle& bundle);

}  // namespace longship
