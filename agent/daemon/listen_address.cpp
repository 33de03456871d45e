#include "agent/daemon/listen_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "agent/supervision/machine.h"

namespace longship {
namespace {

bool isNumericHost(std::string host) {
    in_addr four{};
    in6_addr six{};
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
        return ::inet_pton(AF_INET6, host.c_str(), &six) == 1;
    }
    return ::inet_pton(AF_INET, host.c_str(), &four) == 1;
}

}  // namespace

Result<std::string> listenEndpoint(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    const std::string host = address.substr(0, colon);
    const std::string digits = colon == std::string::npos ? std::string() : address.substr(colon + 1);
    unsigned port = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (!isNumericHost(host) || digits.empty() || code != std::errc{} ||
        end != digits.data() + digits.size() || port > 65535) {
        return failure(
            ErrorKind::BadInput,
            fmt::format("--listen {}: expected a numeric address and a port such as 127.0.0.1:0 (any "
                        "free port) or 0.0.0.0:4100.",
                        address));
    }
    return fmt::format("tcp://{}:{}", host, port == 0 ? "*" : std::to_string(port));
}

std::optional<std::string> earlierEndpoint(const std::string& endpoint, const Roster& roster,
                                           const NodeId& self) {
    const auto own = std::find_if(roster.nodes.begin(), roster.nodes.end(),
                                  [&](const RosterEntry& entry) { return entry.node == self; });
    if (portOf(endpoint) != "*" || own == roster.nodes.end() || hostOf(own->endpoint) != hostOf(endpoint)) {
        return std::nullopt;
    }
    return own->endpoint;
}

}  // namespace longship
