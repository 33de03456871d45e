#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace longship {

constexpr std::uint16_t kSshPort = 22;

/// Who is asked for on which machine.
struct SshAddress {
    std::string user;  ///< Empty: to be filled in by whoever knows (ssh_config, the local user).
    std::string host;  ///< A name or a numeric address; IPv6 without brackets.
    std::uint16_t port = kSshPort;

    /// "user@host", with ":port" where it is not 22.
    std::string text() const;
    /// As files of known hosts name it: "host", or "[host]:port" for another port than 22.
    std::string knownName() const;
    bool operator==(const SshAddress&) const = default;
};

/// "[USER@]HOST[:PORT]", IPv6 with a port as "[fe80::1]:22". BadInput with what was expected. The grammar is
/// strict, because these words come near command lines on other machines (CVE-2023-6004, CVE-2026-59846).
Result<SshAddress> parseSshAddress(std::string_view text);

bool isSshUser(std::string_view text);
bool isSshHost(std::string_view text);

/// 1 … 65535. BadInput otherwise.
Result<std::uint16_t> parsePort(std::string_view text);

}  // namespace longship
