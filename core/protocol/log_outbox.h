#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "core/protocol/stored_log.h"

namespace longship {

/// Keeps "persist before send": collects what must be written, numbers the writes, and holds every message
/// back until the writes before it are durable.
class LogOutbox {
public:
    /// More messages are not held for a disk that does not answer: the oldest are lost, as on a network.
    static constexpr std::size_t kHeldMax = 4096;

    struct Write {
        std::uint64_t number = 0;
        LogWrite change;
    };
    struct Outgoing {
        NodeId to;
        LogMessage message;
    };

    /// `durable`: the last entry that is on the disk already.
    explicit LogOutbox(LogIndex durable) : m_durable(durable) {}

    void writeIdentity(LogWrite::Identity identity) { m_pending.identity = identity; }
    void writeBallot(LogWrite::Ballot ballot) { m_pending.ballot = std::move(ballot); }
    void writeEntry(const LogEntry& entry) { m_pending.entries.push_back(entry); }
    void writeTruncation(LogIndex after);
    /// A base that stands for entries which are all in the log.
    void writeCompaction(const LogSnapshot& base);
    /// A base in place of the whole log, of which entries up to `kept` had been equal.
    void writeReplacement(const LogSnapshot& base, LogIndex kept);
    void send(const NodeId& to, LogMessage message);

    /// What to write next. `last`: the log's last entry now.
    std::optional<Write> takeWrite(LogIndex last);
    void written(std::uint64_t number);
    std::optional<Outgoing> takeMessage();

    /// Number of the write that everything so far will be in.
    std::uint64_t writeOfNow() const { return m_pending.empty() ? m_taken : m_taken + 1; }
    std::uint64_t lastWritten() const { return m_written; }
    LogIndex durable() const { return m_durable; }

private:
    struct Held {
        std::uint64_t after = 0;
        Outgoing outgoing;
    };
    void forgetAfter(LogIndex index);

    LogWrite m_pending;
    std::uint64_t m_taken = 0;
    std::uint64_t m_written = 0;
    std::deque<std::pair<std::uint64_t, LogIndex>> m_underWay;  ///< Write, last entry then.
    LogIndex m_durable = 0;
    std::deque<Held> m_messages;
};

}  // namespace longship
