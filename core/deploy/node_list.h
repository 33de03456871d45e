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

/// "node[01-16]" → node01 … node16, "a[1,3-4]b" → a1b a3b a4b; leading zeros set the width; several brackets
/// are combined, the last one counting fastest. IPv6 brackets are none of these. BadInput for ranges that are
/// none or make more than kNodesMax names.
Result<std::vector<std::string>> expandRange(std::string_view text);

/// Lines of "ADDRESS" or "NAME ADDRESS", with ranges in either; '#' begins a comment. A first line that names
/// columns (name, address or host, user, port, identity, jump; comma, semicolon or tab between) makes it a
/// table; several jumps in one cell are separated by blanks. Names default to the host's first label.
/// BadInput names every line that is wrong, not just the first.
Result<std::vector<ListedNode>> parseNodeList(std::string_view text);

/// Letters, digits, '-', '_', '.', not led by '.' or '-', at most 64: what a node may be called.
bool isNodeName(std::string_view text);

/// The name for a host that was given none: "node-7" of "node-7.lab.example", "10-0-0-7" of "10.0.0.7".
std::string nodeNameFor(std::string_view host);

}  // namespace longship
