#include "core/protocol/stored_log.h"

#include <algorithm>

namespace longship {

bool apply(const LogWrite& write, StoredLog& log) {
    if (write.identity) {
        log.lineage = write.identity->lineage;
        log.incarnation = write.identity->incarnation;
    }
    if (write.ballot) {
        log.term = write.ballot->term;
        log.votedFor = write.ballot->votedFor;
    }
    if (write.base) {
        log.base = *write.base;
        std::erase_if(log.entries, [&](const LogEntry& entry) { return entry.index <= log.base.index; });
    }
    if (write.truncateAfter) {
        std::erase_if(log.entries, [&](const LogEntry& entry) { return entry.index > *write.truncateAfter; });
    }
    if (!log.entries.empty() && log.entries.front().index != log.base.index + 1) {
        return false;
    }
    for (const LogEntry& entry : write.entries) {
        if (entry.index != log.base.index + log.entries.size() + 1) {
            return false;
        }
        log.entries.push_back(entry);
    }
    return true;
}

}  // namespace longship
