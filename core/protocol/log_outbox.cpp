#include "core/protocol/log_outbox.h"

#include <algorithm>

#include "core/base/check.h"

namespace longship {

void LogOutbox::forgetAfter(LogIndex index) {
    std::erase_if(m_pending.entries, [&](const LogEntry& entry) { return entry.index > index; });
    m_durable = std::min(m_durable, index);
    for (auto& [number, last] : m_underWay) {
        last = std::min(last, index);
    }
}

void LogOutbox::writeTruncation(LogIndex after) {
    forgetAfter(after);
    m_pending.truncateAfter = std::min(after, m_pending.truncateAfter.value_or(after));
}

void LogOutbox::writeCompaction(const LogSnapshot& base) {
    std::erase_if(m_pending.entries, [&](const LogEntry& entry) { return entry.index <= base.index; });
    m_pending.base = base;
}

void LogOutbox::writeReplacement(const LogSnapshot& base, LogIndex kept) {
    forgetAfter(kept);
    m_pending.entries.clear();
    m_pending.base = base;
    m_pending.truncateAfter = base.index;
}

void LogOutbox::send(const NodeId& to, LogMessage message) {
    if (m_messages.size() == kHeldMax) {
        m_messages.pop_front();
    }
    m_messages.push_back({writeOfNow(), {to, std::move(message)}});
}

std::optional<LogOutbox::Write> LogOutbox::takeWrite(LogIndex last) {
    if (m_pending.empty()) {
        return std::nullopt;
    }
    ++m_taken;
    m_underWay.emplace_back(m_taken, last);
    return Write{m_taken, std::exchange(m_pending, {})};
}

void LogOutbox::written(std::uint64_t number) {
    LONGSHIP_CHECK(number <= m_taken, "a write was confirmed that was never asked for");
    m_written = std::max(m_written, number);
    while (!m_underWay.empty() && m_underWay.front().first <= number) {
        m_durable = std::max(m_durable, m_underWay.front().second);
        m_underWay.pop_front();
    }
}

std::optional<LogOutbox::Outgoing> LogOutbox::takeMessage() {
    if (m_messages.empty() || m_messages.front().after > m_written) {
        return std::nullopt;
    }
    Outgoing outgoing = std::move(m_messages.front().outgoing);
    m_messages.pop_front();
    return outgoing;
}

}  // namespace longship
