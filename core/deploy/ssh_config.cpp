#include "core/deploy/ssh_config.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <cctype>
#include <sstream>

#include "core/base/files.h"

namespace longship {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{4} << 20;
constexpr unsigned kIncludeDepthMax = 16;  // as OpenSSH
constexpr unsigned kJumpDepthMax = 8;

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return text;
}

/// "Keyword value value", "Keyword=value", double quotes around values with blanks; '#' begins a comment only
/// where a value could begin.
Result<std::vector<std::string>> words(std::string_view line, const std::string& place) {
    std::vector<std::string> found;
    std::size_t at = 0;
    const auto isBlank = [&](char letter) { return letter == ' ' || letter == '\t' || letter == '\r'; };
    while (at < line.size()) {
        if (isBlank(line[at]) || (line[at] == '=' && found.size() == 1)) {
            ++at;
            continue;
        }
        if (line[at] == '#') {
            break;
        }
        const bool quoted = line[at] == '"';
        const std::size_t begin = quoted ? at + 1 : at;
        const auto end =
            quoted ? line.find('"', begin) : line.find_first_of(found.empty() ? " \t\r=" : " \t\r", begin);
        if (quoted && end == std::string_view::npos) {
            return failure(ErrorKind::BadInput, fmt::format("{}: a quotation mark is not closed.", place));
        }
        found.emplace_back(line.substr(begin, end == std::string_view::npos ? end : end - begin));
        at = end == std::string_view::npos ? line.size() : end + (quoted ? 1 : 0);
    }
    return found;
}

std::string replaced(std::string text, std::string_view what, const std::string& with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
    return text;
}

/// Pattern lists of Host and Match: one must match, and none that begins with '!'.
bool matchesList(const std::string& text, const std::vector<std::string>& patterns) {
    bool matched = false;
    for (const std::string& pattern : patterns) {
        if (pattern.starts_with('!')) {
            if (matchesPattern(text, std::string_view(pattern).substr(1))) {
                return false;
            }
        } else {
            matched = matched || matchesPattern(text, pattern);
        }
    }
    return matched;
}

std::vector<std::string> commaSeparated(const std::string& text) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, ',');) {
        parts.push_back(part);
    }
    return parts;
}

}  // namespace

bool matchesPattern(std::string_view text, std::string_view pattern) {
    std::size_t at = 0;
    std::size_t in = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (at < text.size()) {
        if (in < pattern.size() && (pattern[in] == '?' || (pattern[in] != '*' && pattern[in] == text[at]))) {
            ++at;
            ++in;
        } else if (in < pattern.size() && pattern[in] == '*') {
            star = in++;
            resume = at;
        } else if (star != std::string_view::npos) {
            in = star + 1;
            at = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', in) == std::string_view::npos;
}

class SshConfig::Reader {
public:
    explicit Reader(SshConfig& config) : m_config(config) {}

    Result<void> readFrom(const std::filesystem::path& file, const std::vector<std::size_t>& outer,
                          unsigned depth) {
        if (depth > kIncludeDepthMax) {
            return failure(ErrorKind::BadInput,
                           fmt::format("{} is included in a circle, or too deeply.", file.string()));
        }
        auto text = readFile(file, kFileBytesMax);
        if (!text) {
            return text.error().kind == ErrorKind::NotFound ? Result<void>()
                                                            : failure(std::move(text).error());
        }
        std::vector<std::size_t> blocks = outer;
        std::istringstream stream(*text);
        unsigned number = 0;
        for (std::string raw; std::getline(stream, raw);) {
            const std::string place = fmt::format("{}:{}", file.string(), ++number);
            LONGSHIP_ASSIGN(auto values, words(raw, place));
            if (values.empty()) {
                continue;
            }
            const std::string keyword = lower(values.front());
            values.erase(values.begin());
            if (values.empty()) {
                return failure(ErrorKind::BadInput,
                               fmt::format("{}: {} has no value.", place, printable(keyword)));
            }
            if (keyword == "host" || keyword == "match") {
                blocks = outer;
                blocks.push_back(m_config.m_blocks.size());
                m_config.m_blocks.push_back(keyword == "host" ? Block{false, std::move(values)}
                                                              : matchBlock(values));
            } else if (keyword == "include") {
                LONGSHIP_TRY(include(values, blocks, depth));
            } else {
                m_config.m_lines.push_back({blocks, keyword, std::move(values), place});
            }
        }
        return {};
    }

private:
    static std::string printable(const std::string& text) { return text.substr(0, 60); }

    static Block matchBlock(const std::vector<std::string>& values) {
        if (values.size() == 1 && lower(values[0]) == "all") {
            return {false, {"*"}};
        }
        const std::string criterion = lower(values[0]);
        if (values.size() == 2 && (criterion == "host" || criterion == "originalhost")) {
            return {false, commaSeparated(values[1])};
        }
        return {true, {}};
    }

    Result<void> include(const std::vector<std::string>& values, const std::vector<std::size_t>& blocks,
                         unsigned depth) {
        for (const std::string& value : values) {
            std::filesystem::path pattern = value.starts_with("~/") ? m_config.m_homeFolder / value.substr(2)
                                                                    : std::filesystem::path(value);
            if (pattern.is_relative()) {
                pattern = m_config.m_homeFolder / ".ssh" / pattern;
            }
            glob_t found{};
            ::glob(pattern.c_str(), 0, nullptr, &found);
            const std::vector<std::string> files(found.gl_pathv, found.gl_pathv + found.gl_pathc);
            ::globfree(&found);
            for (const std::string& file : files) {
                LONGSHIP_TRY(readFrom(file, blocks, depth + 1));
            }
        }
        return {};
    }

    SshConfig& m_config;
};

Result<SshConfig> SshConfig::read(const std::filesystem::path& file,
                                  const std::filesystem::path& homeFolder) {
    SshConfig config;
    config.m_homeFolder = homeFolder;
    LONGSHIP_TRY(Reader(config).readFrom(file, {}, 0));
    return config;
}

std::vector<std::string> SshConfig::hostNames() const {
    std::vector<std::string> names;
    for (const Block& block : m_blocks) {
        for (const std::string& pattern : block.patterns) {
            const bool whole = pattern.find_first_of("*?!") == std::string::npos && isSshHost(pattern);
            if (whole && std::find(names.begin(), names.end(), pattern) == names.end()) {
                names.push_back(pattern);
            }
        }
    }
    return names;
}

std::vector<std::string> SshConfig::hostNames(const std::string& pattern) const {
    std::vector<std::string> names = hostNames();
    std::erase_if(names, [&](const std::string& name) { return !matchesPattern(name, pattern); });
    return names;
}

SshConfig::Values SshConfig::valuesFor(const std::string& alias) const {
    Values values;
    for (const Line& line : m_lines) {
        const bool active = std::all_of(line.blocks.begin(), line.blocks.end(), [&](std::size_t index) {
            const Block& block = m_blocks[index];
            return !block.matchesNothing && matchesList(alias, block.patterns);
        });
        if (!active) {
            continue;
        }
        if (line.keyword == "identityfile") {
            values[line.keyword].push_back(line.values.front());
        } else {
            values.try_emplace(line.keyword, line.values);
        }
    }
    return values;
}

Result<SshHop> SshConfig::hopTo(const SshAddress& host, const Values& values) const {
    const auto first = [&](const char* keyword) {
        const auto found = values.find(keyword);
        return found == values.end() ? std::string() : found->second.front();
    };
    SshHop hop;
    hop.address = host;
    const auto expanded = [&](std::string text) {
        text = text.starts_with("~/") ? (m_homeFolder / text.substr(2)).string() : text;
        text = replaced(std::move(text), "%h", hop.address.host);
        text = replaced(std::move(text), "%r", hop.address.user);
        text = replaced(std::move(text), "%d", m_homeFolder.string());
        return replaced(std::move(text), "%%", "%");
    };
    if (const std::string name = first("hostname"); !name.empty()) {
        hop.address.host = expanded(name);
    }
    if (host.user.empty()) {
        hop.address.user = first("user");
    }
    if (const std::string port = first("port"); !port.empty() && host.port == kSshPort) {
        auto number = parsePort(port);
        if (!number) {
            return failure(number.error().within("ssh_config, host " + host.host));
        }
        hop.address.port = *number;
    }
    if (!isSshHost(hop.address.host) || (!hop.address.user.empty() && !isSshUser(hop.address.user))) {
        return failure(ErrorKind::BadInput,
                       fmt::format("ssh_config, host {}: \"{}\" is not a user and a host.", host.host,
                                   hop.address.text()));
    }
    hop.keyName = first("hostkeyalias");
    hop.identitiesOnly = lower(first("identitiesonly")) == "yes";
    if (const auto files = values.find("identityfile"); files != values.end()) {
        for (const std::string& file : files->second) {
            if (lower(file) != "none") {
                hop.identities.emplace_back(expanded(file));
            }
        }
    }
    return hop;
}

Result<void> SshConfig::appendRoute(const SshAddress& host, const std::vector<SshAddress>* jumps,
                                    unsigned depth, SshRoute& route) const {
    if (depth > kJumpDepthMax) {
        return failure(ErrorKind::BadInput,
                       fmt::format("ssh_config: the jumps to {} go in a circle, or are more than {}.",
                                   host.host, kJumpDepthMax));
    }
    const Values values = valuesFor(host.host);
    std::vector<SshAddress> through;
    if (jumps != nullptr) {
        through = *jumps;
    } else if (const auto named = values.find("proxyjump"); named != values.end()) {
        for (const std::string& jump : commaSeparated(named->second.front())) {
            if (lower(jump) == "none") {
                break;
            }
            const std::string plain = jump.starts_with("ssh://") ? jump.substr(6) : jump;
            auto address = parseSshAddress(plain);
            if (!address) {
                return failure(address.error().within("ssh_config, ProxyJump of " + host.host));
            }
            through.push_back(*address);
        }
    } else if (const auto command = values.find("proxycommand");
               command != values.end() && lower(command->second.front()) != "none") {
        return failure(
            ErrorKind::BadInput,
            fmt::format("ssh_config: {} is reached by a ProxyCommand, which Longship does not run. Give it "
                        "a ProxyJump, or name the machines in between: --jump USER@HOST.",
                        host.host));
    }
    // The first jump may need jumps of its own; the others are reached through the one before.
    const std::vector<SshAddress> none;
    for (std::size_t index = 0; index < through.size(); ++index) {
        LONGSHIP_TRY(
            appendRoute(through[index], index == 0 && jumps == nullptr ? nullptr : &none, depth + 1, route));
    }
    LONGSHIP_ASSIGN(SshHop hop, hopTo(host, values));
    route.hops.push_back(std::move(hop));
    return {};
}

Result<SshRoute> SshConfig::routeTo(const SshAddress& host) const {
    SshRoute route;
    LONGSHIP_TRY(appendRoute(host, nullptr, 0, route));
    return route;
}

Result<SshRoute> SshConfig::routeTo(const SshAddress& host, const std::vector<SshAddress>& jumps) const {
    SshRoute route;
    LONGSHIP_TRY(appendRoute(host, &jumps, 0, route));
    return route;
}

}  // namespace longship
