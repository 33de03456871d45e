#include "core/deploy/node_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>

#include "core/protocol/limits.h"

namespace longship {
namespace {

constexpr std::size_t kNameLengthMax = 64;
constexpr std::size_t kDigitsMax = 9;

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string> split(std::string_view text, std::string_view separators, bool keepEmpty) {
    std::vector<std::string> parts;
    for (;;) {
        const auto end = text.find_first_of(separators);
        const std::string_view part = trimmed(text.substr(0, end));
        if (keepEmpty || !part.empty()) {
            parts.emplace_back(part);
        }
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

tl::unexpected<Error> badRange(std::string_view text) {
    return failure(
        ErrorKind::BadInput,
        fmt::format("\"{}\" is not a range: expected for example node[01-16] or node[1,3-5], at most {} "
                    "names.",
                    text, kNodesMax));
}

std::optional<unsigned> number(std::string_view digits) {
    unsigned value = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool whole = problem == std::errc() && end == digits.data() + digits.size();
    return whole && !digits.empty() && digits.size() <= kDigitsMax ? std::optional(value) : std::nullopt;
}

/// The texts that "01-16" or "3" stand for; empty: it is none.
std::vector<std::string> membersOf(const std::string& part) {
    const auto dash = part.find('-');
    const std::string first = part.substr(0, dash);
    const std::string last = dash == std::string::npos ? first : part.substr(dash + 1);
    const auto from = number(first);
    const auto to = number(last);
    if (!from || !to || *to < *from || *to - *from >= kNodesMax) {
        return {};
    }
    std::vector<std::string> members;
    for (unsigned value = *from; value <= *to; ++value) {
        members.push_back(fmt::format("{:0{}}", value, first.size()));
    }
    return members;
}

bool isRange(std::string_view inside) {
    return !inside.empty() && inside.find_first_not_of("0123456789,-") == std::string_view::npos;
}

/// The next bracket that is a range, at or after `from`.
std::size_t findRange(std::string_view text, std::size_t from) {
    for (auto open = text.find('[', from); open != std::string_view::npos; open = text.find('[', open + 1)) {
        const auto close = text.find(']', open);
        if (close != std::string_view::npos && isRange(text.substr(open + 1, close - open - 1))) {
            return open;
        }
    }
    return std::string_view::npos;
}

struct Row {
    std::string name;
    std::string address;
    std::string user;
    std::string port;
    std::string identity;
    std::string jump;
};

const std::map<std::string, std::string Row::*, std::less<>>& columns() {
    static const std::map<std::string, std::string Row::*, std::less<>> kColumns{
        {"name", &Row::name},    {"node", &Row::name}, {"address", &Row::address},
        {"host", &Row::address}, {"user", &Row::user}, {"identity", &Row::identity},
        {"port", &Row::port},    {"jump", &Row::jump}};
    return kColumns;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return text;
}

/// The columns that a first line names; empty: it is no such line.
std::vector<std::string Row::*> headerOf(std::string_view line) {
    std::vector<std::string Row::*> header;
    for (const std::string& cell : split(line, ",;\t", true)) {
        const auto column = columns().find(lower(cell));
        if (column == columns().end()) {
            return {};
        }
        header.push_back(column->second);
    }
    const bool hasAddress = std::find(header.begin(), header.end(), &Row::address) != header.end();
    return hasAddress ? header : std::vector<std::string Row::*>();
}

template <typename T>
using Checked = tl::expected<T, NodeListProblem>;

tl::unexpected<NodeListProblem> wrong(NodeListFault fault, std::string found, std::string text) {
    return tl::unexpected(NodeListProblem{0, fault, std::move(found), std::move(text)});
}

/// The result of a function that tells only a sentence.
template <typename T>
Checked<T> checked(Result<T> result, NodeListFault fault, std::string_view found) {
    return result ? Checked<T>(std::move(*result))
                  : wrong(fault, std::string(found), std::move(result.error().text));
}

Checked<Row> plainRow(std::string_view line) {
    const auto parts = split(line, " \t,;", false);
    if (parts.size() > 2) {
        return wrong(NodeListFault::Shape, std::string(line),
                     "expected ADDRESS or NAME ADDRESS, or a first line with names of columns");
    }
    Row row;
    row.name = parts.size() == 2 ? parts[0] : "";
    row.address = parts.empty() ? "" : parts.back();
    return row;
}

Checked<Row> tableRow(std::string_view line, const std::vector<std::string Row::*>& header) {
    const auto cells = split(line, ",;\t", true);
    if (cells.size() > header.size()) {
        return wrong(NodeListFault::Cells, std::string(line),
                     fmt::format("{} cells, but only {} columns", cells.size(), header.size()));
    }
    Row row;
    for (std::size_t index = 0; index < cells.size(); ++index) {
        row.*header[index] = cells[index];
    }
    return row;
}

Checked<std::vector<SshAddress>> jumpsOf(const Row& row) {
    std::vector<SshAddress> jumps;
    for (const std::string& jump : split(row.jump, " ", false)) {
        LONGSHIP_ASSIGN(SshAddress address, checked(parseSshAddress(jump), NodeListFault::Address, jump));
        jumps.push_back(std::move(address));
    }
    return jumps;
}

Checked<SshAddress> addressOf(const Row& row, const std::string& text) {
    LONGSHIP_ASSIGN(SshAddress address, checked(parseSshAddress(text), NodeListFault::Address, text));
    if (!row.user.empty()) {
        if (!isSshUser(row.user)) {
            return wrong(NodeListFault::User, row.user, fmt::format("\"{}\" cannot be a user", row.user));
        }
        address.user = row.user;
    }
    if (!row.port.empty()) {
        LONGSHIP_ASSIGN(address.port, checked(parsePort(row.port), NodeListFault::Port, row.port));
    }
    return address;
}

Checked<std::vector<ListedNode>> nodesOf(const Row& row) {
    LONGSHIP_ASSIGN(const auto addresses,
                    checked(expandRange(row.address), NodeListFault::Range, row.address));
    LONGSHIP_ASSIGN(auto names, checked(expandRange(row.name), NodeListFault::Range, row.name));
    if (!row.name.empty() && names.size() != addresses.size()) {
        return wrong(NodeListFault::Count, row.name,
                     fmt::format("\"{}\" are {} names, but \"{}\" are {} addresses", row.name, names.size(),
                                 row.address, addresses.size()));
    }
    ListedNode common;
    common.identity = row.identity;
    LONGSHIP_ASSIGN(common.jumps, jumpsOf(row));
    std::vector<ListedNode> nodes;
    for (std::size_t index = 0; index < addresses.size(); ++index) {
        ListedNode node = common;
        LONGSHIP_ASSIGN(node.address, addressOf(row, addresses[index]));
        node.name = row.name.empty() ? nodeNameFor(node.address.host) : names[index];
        if (!isNodeName(node.name)) {
            return wrong(
                NodeListFault::Name, node.name,
                fmt::format("\"{}\" cannot be the name of a node: letters, digits, '-', '_' and '.' can",
                            node.name));
        }
        nodes.push_back(std::move(node));
    }
    return nodes;
}

/// Collects nodes and what is wrong, line by line.
class ListParser {
public:
    void take(std::string_view raw, unsigned number) {
        const std::string_view line = trimmed(raw.substr(0, raw.find('#')));
        if (line.empty()) {
            return;
        }
        if (std::exchange(m_first, false)) {
            m_header = headerOf(line);
            if (!m_header.empty()) {
                return;
            }
        }
        const auto row = m_header.empty() ? plainRow(line) : tableRow(line, m_header);
        auto nodes = row ? nodesOf(*row) : tl::unexpected(row.error());
        if (!nodes) {
            NodeListProblem problem = std::move(nodes.error());
            problem.line = number;
            m_list.problems.push_back(std::move(problem));
            return;
        }
        for (ListedNode& node : *nodes) {
            const auto [earlier, fresh] = m_lineOf.emplace(node.name, number);
            if (!fresh) {
                m_list.problems.push_back(
                    {number, NodeListFault::Twice, node.name,
                     fmt::format("the name {} was in line {}, too", node.name, earlier->second)});
                continue;
            }
            m_list.entries.push_back({number, std::move(node)});
        }
    }

    NodeList finish() {
        if (m_list.problems.empty() && m_list.entries.size() > kNodesMax) {
            m_list.problems.push_back(
                {0, NodeListFault::TooMany, std::to_string(m_list.entries.size()),
                 fmt::format("{} nodes, but a cluster has at most {}.", m_list.entries.size(), kNodesMax)});
        }
        return std::move(m_list);
    }

private:
    bool m_first = true;
    std::vector<std::string Row::*> m_header;
    std::map<std::string, unsigned> m_lineOf;
    NodeList m_list;
};

}  // namespace

Result<std::vector<std::string>> expandRange(std::string_view text) {
    std::vector<std::string> names{""};
    std::size_t at = 0;
    for (auto open = findRange(text, 0); open != std::string_view::npos; open = findRange(text, at)) {
        const auto close = text.find(']', open);
        std::vector<std::string> members;
        for (const std::string& part : split(text.substr(open + 1, close - open - 1), ",", true)) {
            const auto some = membersOf(part);
            if (some.empty()) {
                return badRange(text);
            }
            members.insert(members.end(), some.begin(), some.end());
        }
        if (names.size() * members.size() > kNodesMax) {
            return badRange(text);
        }
        std::vector<std::string> longer;
        for (const std::string& name : names) {
            for (const std::string& member : members) {
                longer.push_back(name + std::string(text.substr(at, open - at)) + member);
            }
        }
        names = std::move(longer);
        at = close + 1;
    }
    for (std::string& name : names) {
        name += text.substr(at);
    }
    return names;
}

bool isNodeName(std::string_view text) {
    return !text.empty() && text.size() <= kNameLengthMax && text.front() != '.' && text.front() != '-' &&
           std::all_of(text.begin(), text.end(), [](unsigned char letter) {
               return (std::isalnum(letter) != 0 && letter < 0x80) || letter == '-' || letter == '_' ||
                      letter == '.';
           });
}

std::string nodeNameFor(std::string_view host) {
    const bool numeric = host.find_first_not_of("0123456789.") == std::string_view::npos ||
                         host.find(':') != std::string_view::npos;
    std::string name(numeric ? host : host.substr(0, host.find('.')));
    std::replace_if(
        name.begin(), name.end(), [](char letter) { return letter == '.' || letter == ':'; }, '-');
    name.erase(0, name.find_first_not_of('-'));
    return name;
}

NodeList readNodeList(std::string_view text) {
    ListParser parser;
    unsigned line = 0;
    std::istringstream stream{std::string(text)};
    for (std::string raw; std::getline(stream, raw);) {
        parser.take(raw, ++line);
    }
    return parser.finish();
}

Result<std::vector<ListedNode>> parseNodeList(std::string_view text) {
    NodeList list = readNodeList(text);
    std::string problems;
    for (const NodeListProblem& problem : list.problems) {
        problems += fmt::format("{}{}{}{}", problems.empty() ? "" : "\n",
                                problem.line == 0 ? "" : fmt::format("line {}: ", problem.line), problem.text,
                                problem.text.ends_with('.') ? "" : ".");
    }
    if (!problems.empty()) {
        return failure(ErrorKind::BadInput, problems);
    }
    std::vector<ListedNode> nodes;
    for (NodeList::Entry& entry : list.entries) {
        nodes.push_back(std::move(entry.node));
    }
    return nodes;
}

}  // namespace longship
