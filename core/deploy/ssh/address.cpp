#include "core/deploy/ssh/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace longship {
namespace {

constexpr std::size_t kUserLengthMax = 64;
constexpr std::size_t kHostLengthMax = 253;  // RFC 1035, in text

bool isPlain(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9');
}

bool consistsOf(std::string_view text, std::string_view others, std::size_t lengthMax) {
    return !text.empty() && text.size() <= lengthMax && text.front() != '-' &&
           std::all_of(text.begin(), text.end(), [&](char letter) {
               return isPlain(letter) || others.find(letter) != std::string_view::npos;
           });
}

tl::unexpected<Error> badAddress(std::string_view text, std::string_view why) {
    return failure(ErrorKind::BadInput, fmt::format("\"{}\" is not an address for SSH: {}. Expected "
                                                    "USER@HOST or USER@HOST:PORT, IPv6 as [ADDRESS]:PORT.",
                                                    text, why));
}

}  // namespace

std::string SshAddress::text() const {
    const bool bracketed = port != kSshPort && host.find(':') != std::string::npos;
    return fmt::format("{}{}{}{}", user, user.empty() ? "" : "@", bracketed ? "[" + host + "]" : host,
                       port == kSshPort ? "" : ":" + std::to_string(port));
}

std::string SshAddress::knownName() const {
    return port == kSshPort ? host : fmt::format("[{}]:{}", host, port);
}

bool isSshUser(std::string_view text) {
    return consistsOf(text, "_.-+", kUserLengthMax);
}

bool isSshHost(std::string_view text) {
    return consistsOf(text, "_.-:", kHostLengthMax);
}

Result<std::uint16_t> parsePort(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (problem != std::errc() || end != text.data() + text.size() || port == 0) {
        return failure(ErrorKind::BadInput,
                       fmt::format("\"{}\" is not a port: expected a number from 1 to 65535.", text));
    }
    return port;
}

Result<SshAddress> parseSshAddress(std::string_view text) {
    SshAddress address;
    std::string_view rest = text;
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
        address.user = rest.substr(0, at);
        rest.remove_prefix(at + 1);
        if (!isSshUser(address.user)) {
            return badAddress(text, "the user may have letters, digits, '_', '.', '-' and '+'");
        }
    }
    std::string_view port;
    if (rest.starts_with('[')) {
        const auto close = rest.find(']');
        if (close == std::string_view::npos || (close + 1 < rest.size() && rest[close + 1] != ':')) {
            return badAddress(text, "the bracket is not closed");
        }
        port = rest.substr(std::min(rest.size(), close + 2));
        if (close + 2 == rest.size()) {
            return badAddress(text, "there is no port after the colon");
        }
        rest = rest.substr(1, close - 1);
    } else if (std::count(rest.begin(), rest.end(), ':') == 1) {
        const auto colon = rest.find(':');
        port = rest.substr(colon + 1);
        rest = rest.substr(0, colon);
        if (port.empty()) {
            return badAddress(text, "there is no port after the colon");
        }
    }
    if (!isSshHost(rest)) {
        return badAddress(text, "the host may have letters, digits, '_', '.', '-' and ':'");
    }
    address.host = rest;
    if (!port.empty()) {
        LONGSHIP_ASSIGN(address.port, parsePort(port));
    }
    return address;
}

}  // namespace longship
