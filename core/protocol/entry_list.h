#pragma once

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "core/protocol/stored_log.h"

namespace longship {

/// The log in memory: a base that stands for all entries up to its index, and the entries after it. Knows who
/// votes: the newest such entry counts, committed or not.
class EntryList {
public:
    EntryList(LogSnapshot base, std::vector<LogEntry> entries);

    const LogSnapshot& base() const { return m_base; }
    LogIndex lastIndex() const { return m_base.index + m_entries.size(); }
    Term lastTerm() const { return m_entries.empty() ? m_base.term : m_entries.back().term; }
    /// None for an entry that was dropped or is not there yet.
    std::optional<Term> termAt(LogIndex index) const;
    const LogEntry& at(LogIndex index) const;  ///< base().index < index <= lastIndex().
    std::size_t size() const { return m_entries.size(); }
    std::size_t bytes() const { return m_bytes; }  ///< Of all payloads.

    const VotingConfig& voting() const { return m_votings.back().second; }
    /// What counted before that, as far as it is not in the base.
    const VotingConfig& votingBefore() const {
        return m_votings.size() > 1 ? m_votings[m_votings.size() - 2].second : voting();
    }
    LogIndex votingIndex() const { return m_votings.back().first; }

    void append(LogEntry entry);
    void truncateAfter(LogIndex index);
    /// All entries up to `index` become the base, with what they made.
    void compact(LogIndex index, std::string state);
    /// Nothing of before is kept.
    void replace(LogSnapshot base);

private:
    LogSnapshot m_base;
    std::deque<LogEntry> m_entries;
    std::size_t m_bytes = 0;
    std::vector<std::pair<LogIndex, VotingConfig>> m_votings;  ///< The first is the base's.
};

}  // namespace longship
