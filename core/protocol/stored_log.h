#pragma once

#include <optional>
#include <vector>

#include "core/protocol/log_messages.h"

namespace longship {

/// Everything of a node's replicated log that must survive it. Equal to all zero on a disk that is new or was
/// lost.
struct StoredLog {
    std::uint64_t lineage = 0;
    std::uint64_t incarnation = 0;
    Term term = 0;
    NodeId votedFor;  ///< In `term`; empty: nobody yet.
    LogSnapshot base;
    std::vector<LogEntry> entries;  ///< base.index + 1, and so on without a gap.
    bool operator==(const StoredLog&) const = default;
};

/// One change of a StoredLog. It must become durable whole or not at all, after all earlier ones. What is
/// absent stays as it is.
struct LogWrite {
    struct Identity {
        std::uint64_t lineage = 0;
        std::uint64_t incarnation = 0;
        bool operator==(const Identity&) const = default;
    };
    struct Ballot {
        Term term = 0;
        NodeId votedFor;
        bool operator==(const Ballot&) const = default;
    };
    std::optional<Identity> identity;
    std::optional<Ballot> ballot;
    std::optional<LogSnapshot> base;        ///< Entries up to its index are dropped.
    std::optional<LogIndex> truncateAfter;  ///< Entries with a higher index are dropped.
    std::vector<LogEntry> entries;          ///< Appended, after all of the above.

    bool empty() const { return !identity && !ballot && !base && !truncateAfter && entries.empty(); }
    bool operator==(const LogWrite&) const = default;
};

/// False, with an undefined `log`, when the write does not fit: an entry would leave a gap.
bool apply(const LogWrite& write, StoredLog& log);

}  // namespace longship
