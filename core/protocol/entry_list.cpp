#include "core/protocol/entry_list.h"

#include "core/base/check.h"

namespace longship {

EntryList::EntryList(LogSnapshot base, std::vector<LogEntry> entries) {
    replace(std::move(base));
    for (LogEntry& entry : entries) {
        append(std::move(entry));
    }
}

std::optional<Term> EntryList::termAt(LogIndex index) const {
    if (index == m_base.index) {
        return m_base.term;
    }
    if (index < m_base.index || index > lastIndex()) {
        return std::nullopt;
    }
    return at(index).term;
}

const LogEntry& EntryList::at(LogIndex index) const {
    LONGSHIP_CHECK(index > m_base.index && index <= lastIndex(), "no such log entry");
    return m_entries[index - m_base.index - 1];
}

void EntryList::append(LogEntry entry) {
    LONGSHIP_CHECK(entry.index == lastIndex() + 1, "a log entry would leave a gap");
    if (entry.kind == EntryKind::Voting) {
        m_votings.emplace_back(entry.index, entry.voting);
    }
    m_bytes += entry.payload.size();
    m_entries.push_back(std::move(entry));
}

void EntryList::truncateAfter(LogIndex index) {
    LONGSHIP_CHECK(index >= m_base.index, "entries of the base cannot be taken back");
    while (lastIndex() > index) {
        m_bytes -= m_entries.back().payload.size();
        m_entries.pop_back();
    }
    while (m_votings.size() > 1 && m_votings.back().first > index) {
        m_votings.pop_back();
    }
}

void EntryList::compact(LogIndex index, std::string state) {
    LONGSHIP_CHECK(index >= m_base.index && index <= lastIndex(), "a base must lie within the log");
    m_base.term = *termAt(index);
    while (m_base.index < index) {
        m_bytes -= m_entries.front().payload.size();
        m_entries.pop_front();
        ++m_base.index;
    }
    while (m_votings.size() > 1 && m_votings[1].first <= index) {
        m_votings.erase(m_votings.begin());
    }
    m_votings.front().first = std::min(m_votings.front().first, index);
    m_base.voting = m_votings.front().second;
    m_base.state = std::move(state);
}

void EntryList::replace(LogSnapshot base) {
    m_base = std::move(base);
    m_entries.clear();
    m_bytes = 0;
    m_votings = {{m_base.index, m_base.voting}};
}

}  // namespace longship
