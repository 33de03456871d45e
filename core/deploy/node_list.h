#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/deploy/ssh/address.h"

namespace longship {

/// One machine of a list that a person wrote.
struct ListedNode {
    std::string name;
    SshAddress address;
    std::string identity;           ///< Key file; empty: the usual ones.
    std::vector<SshAddress> jumps;  ///< In order, the outermost first.

    bool operator==(const ListedNode&) const = default;
};

/// What is wrong with a line of a list.
enum class NodeListFault {
    Shape,    ///< More words than a name and an address.
    Cells,    ///< More cells than the table has columns.
    Range,    ///< Brackets that are no range, or make too many names.
    Count,    ///< As many names as addresses were expected.
    Address,  ///< No address of a machine, or of one on the way.
    User,
    Port,
    Name,
    Twice,   ///< The name was in an earlier line.
    TooMany  ///< More than a cluster may have; of the whole list, line 0.
};

struct NodeListProblem {
    unsigned line = 0;  ///< From 1.
    NodeListFault fault = NodeListFault::Shape;
    std::string found;  ///< The words that are wrong.
    std::string text;   ///< The whole of it, in English.

    bool operator==(const NodeListProblem&) const = default;
};

/// A list as far as it can be understood: all that is good in it, and all that is not.
struct NodeList {
    struct Entry {
        unsigned line = 0;
        ListedNode node;
    };
    std::vector<Entry> entries;
    std::vector<NodeListProblem> problems;  ///< By line.
};

/// "node[01-16]" → node01 … node16, "a[1,3-4]b" → a1b a3b a4b; leading zeros set the width; several brackets
/// are combined, the last one counting fastest. IPv6 brackets are none of these. BadInput for ranges that are
/// none or make more than kNodesMax names.
Result<std::vector<std::string>> expandRange(std::string_view text);

/// Lines of "ADDRESS" or "NAME ADDRESS", with ranges in either; '#' begins a comment. A first line that names
/// columns (name, address or host, user, port, identity, jump; comma, semicolon or tab between) makes it a
/// table; several jumps in one cell are separated by blanks. Names default to the host's first label.
NodeList readNodeList(std::string_view text);
/// The same, whole or not at all: BadInput names every line that is wrong, not just the first.
Result<std::vector<ListedNode>> parseNodeList(std::string_view text);

/// Letters, digits, '-', '_', '.', not led by '.' or '-', at most 64: what a node may be called.
bool isNodeName(std::string_view text);

/// The name for a host that was given none: "node-7" of "node-7.lab.example", "10-0-0-7" of "10.0.0.7".
std::string nodeNameFor(std::string_view host);

}  // namespace longship
