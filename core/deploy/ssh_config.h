#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/deploy/ssh/route.h"

namespace longship {

/// The user's ~/.ssh/config as far as it says how to reach a machine: Host, Match all/host/originalhost,
/// Include, HostName, User, Port, IdentityFile, IdentitiesOnly, ProxyJump, HostKeyAlias; first value wins, as
/// in ssh_config(5). Only read. A Match that would run a program matches nothing. ProxyCommand is not run: a
/// host that has one is told to be unreachable this way. A value of this class never changes.
class SshConfig {
public:
    /// `homeFolder`: what "~" and "%d" stand for. A file that is not there is an empty configuration.
    /// BadInput with file and line.
    static Result<SshConfig> read(const std::filesystem::path& file, const std::filesystem::path& homeFolder);

    /// The hosts that are named in full, in the order of the file, each once.
    std::vector<std::string> hostNames() const;
    /// Those of hostNames() that match a shell pattern: '*', '?'.
    std::vector<std::string> hostNames(const std::string& pattern) const;

    /// The way to a host, named or not: an unknown name is its own address. `user`, `port` of the argument
    /// win over the file. BadInput: jumps in a circle, ProxyCommand, values that are none.
    Result<SshRoute> routeTo(const SshAddress& host) const;
    /// The same through jumps given by hand instead of the file's.
    Result<SshRoute> routeTo(const SshAddress& host, const std::vector<SshAddress>& jumps) const;

private:
    struct Block {
        bool matchesNothing = false;
        std::vector<std::string> patterns;  ///< With '!' for exclusion; empty: everything.
    };
    struct Line {
        std::vector<std::size_t> blocks;  ///< All of them have to match.
        std::string keyword;              ///< Lower case.
        std::vector<std::string> values;
        std::string place;  ///< "FILE:LINE"
    };
    class Reader;
    using Values = std::map<std::string, std::vector<std::string>>;

    Values valuesFor(const std::string& alias) const;
    Result<SshHop> hopTo(const SshAddress& host, const Values& values) const;
    Result<void> appendRoute(const SshAddress& host, const std::vector<SshAddress>* jumps, unsigned depth,
                             SshRoute& route) const;

    std::filesystem::path m_homeFolder;
    std::vector<Block> m_blocks;
    std::vector<Line> m_lines;
};

/// Shell pattern with '*' and '?'.
bool matchesPattern(std::string_view text, std::string_view pattern);

}  // namespace longship
