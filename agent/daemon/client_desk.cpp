#include "agent/daemon/client_desk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace longship {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStatusPeriod{1000};
constexpr milliseconds kStatusPause{50};  // Between two that a change caused.
constexpr milliseconds kStoredCheck{15};  // How soon what was given to the history is looked for there.

ClusterStatus withoutSamples(ClusterStatus status) {
    for (NodeView& node : status.nodes) {
        node.sample.reset();
    }
    status.time = {};
    return status;
}

/// Part of a file, without following links and only of a real file.
Result<FetchAnswer> readPart(const std::filesystem::path& path, std::uint64_t offset,
                             std::uint32_t bytesMax) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat status {};
    if (file < 0 || ::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        const int code = errno;
        if (file >= 0) {
            ::close(file);
        }
        return failure(
            code == ENOENT ? ErrorKind::NotFound : ErrorKind::Io,
            fmt::format("This node does not keep {}: {}.", path.filename().string(), ::strerror(code)));
    }
    FetchAnswer answer;
    answer.offset = offset;
    answer.bytesTotal = static_cast<std::uint64_t>(status.st_size);
    const std::uint64_t left = answer.bytesTotal - std::min(answer.bytesTotal, offset);
    answer.bytes.resize(std::min<std::uint64_t>(left, std::min(bytesMax, ClientDesk::kFetchBytesMax)));
    const ssize_t count = answer.bytes.empty() ? 0
                                               : ::pread(file, answer.bytes.data(), answer.bytes.size(),
                                                         static_cast<off_t>(offset));
    const int code = errno;
    ::close(file);
    if (count < 0) {
        return failure(ErrorKind::Io,
                       fmt::format("Could not read {}: {}.", path.filename().string(), ::strerror(code)));
    }
    answer.bytes.resize(static_cast<std::size_t>(count));
    return answer;
}

}  // namespace

ClientDesk::ClientDesk(const History& history, const RunHeads& heads, const AgentHome& home, Send send,
                       StatusOf statusOf, HeldBack heldBack)
    : m_history(history),
      m_heads(heads),
      m_home(home),
      m_send(std::move(send)),
      m_statusOf(std::move(statusOf)),
      m_heldBack(std::move(heldBack)) {}

void ClientDesk::pull(const ConnectionId& from, const PullRequest& request, TimePoint now) {
    if (!m_heads.contains(request.run) && !m_history.snapshot(request.run)) {
        m_send(from, Refusal{request.request, ErrorKind::NotFound,
                             fmt::format("This node knows no run {}.", request.run.value)});
        return;
    }
    const bool mayWait = request.waitMs > 0 && m_waiting.size() < kPullsMax;
    Waiting waiting{from, request, now + std::min(kWaitMax, milliseconds(request.waitMs))};
    if (!answer(waiting, !mayWait)) {
        m_waiting.push_back(std::move(waiting));
    }
}

/// False when there is nothing to say and `evenEmpty` does not ask for it.
bool ClientDesk::answer(const Waiting& waiting, bool evenEmpty) {
    const PullRequest& request = waiting.request;
    PullAnswer reply;
    reply.request = request.request;
    reply.run = request.run;
    reply.events = m_history.events(request.run, request.afterSequence - (request.afterSequence > 0 ? 1 : 0));
    if (isVoid(request, reply.events)) {
        reply.events.clear();
        reply.startOver = true;
        m_send(waiting.from, reply);
        return true;
    }
    std::erase_if(reply.events,
                  [&](const RunEvent& event) { return event.sequence <= request.afterSequence; });
    if (reply.events.size() > kEventsMax) {
        reply.events.resize(kEventsMax);
        reply.more = true;
    }
    const std::uint32_t rowsMax = std::min(request.rowsMax, kRowsMax);
    if (rowsMax > 0) {
        reply.rows = m_history.rows(request.run, request.afterRow, rowsMax);
        if (const auto held = m_heldBack(request.run)) {
            std::erase_if(reply.rows, [&](const StepRow& row) { return row.key.step >= *held; });
        }
        reply.more = reply.more || reply.rows.size() == rowsMax;
    }
    if (reply.events.empty() && reply.rows.empty() && !evenEmpty) {
        return false;
    }
    m_send(waiting.from, reply);
    return true;
}

/// The asker knows another event of that place, or more than the run had when it ended. `events`: from that
/// place on.
bool ClientDesk::isVoid(const PullRequest& request, const std::vector<RunEvent>& events) const {
    if (request.afterSequence == 0 || request.afterTime == UtcTime()) {
        return false;
    }
    if (!events.empty()) {
        return events.front().sequence == request.afterSequence && events.front().time != request.afterTime;
    }
    const auto run = m_history.snapshot(request.run);
    return run && isTerminal(run->state) && run->sequence < request.afterSequence;
}

void ClientDesk::watch(const ConnectionId& from, TimePoint now) {
    if (m_send(from, m_statusOf(now))) {
        m_watchers.insert(from);
    }
}

void ClientDesk::fetch(const ConnectionId& from, const FetchRequest& request) {
    const auto path = m_home.runFile(request.run, request.name);
    auto part = path ? readPart(*path, request.offset, request.bytesMax) : failure(path.error());
    if (!part) {
        m_send(from, Refusal{request.request, part.error().kind, part.error().text});
        return;
    }
    part->request = request.request;
    m_send(from, std::move(*part));
}

void ClientDesk::eventsAppended(const RunId& run, std::uint64_t sequence) {
    Pending& pending = m_pending[run];
    pending.sequence = std::max(pending.sequence, sequence);
    m_checkAt = std::min(m_checkAt, TimePoint{});
    m_statusDirty = true;
}

void ClientDesk::rowsAppended(const RunId& run, const RowKey& last) {
    Pending& pending = m_pending[run];
    pending.row = std::max(pending.row, std::optional(last));
    m_checkAt = std::min(m_checkAt, TimePoint{});
}

bool ClientDesk::someoneWaitsFor(const RunId& run) const {
    return std::any_of(m_waiting.begin(), m_waiting.end(),
                       [&](const Waiting& waiting) { return waiting.request.run == run; });
}

void ClientDesk::publish(TimePoint now) {
    findStored(now);
    answerWaiting(now);
    tellWatchers(now);
}

bool ClientDesk::isStored(const RunId& run, const Pending& pending) const {
    if (pending.sequence > 0 && m_history.events(run, pending.sequence - 1).empty()) {
        return false;
    }
    return !pending.row || m_history.lastRow(run) >= pending.row;
}

void ClientDesk::findStored(TimePoint now) {
    if (now < m_checkAt) {
        return;
    }
    m_checkAt = TimePoint::max();
    for (auto pending = m_pending.begin(); pending != m_pending.end();) {
        const auto& [run, last] = *pending;
        if (!someoneWaitsFor(run)) {
            pending = m_pending.erase(pending);  // Whoever asks next looks for itself.
        } else if (isStored(run, last)) {
            m_fresh.insert(run);
            pending = m_pending.erase(pending);
        } else {
            m_checkAt = now + kStoredCheck;
            ++pending;
        }
    }
}

void ClientDesk::answerWaiting(TimePoint now) {
    std::erase_if(m_waiting, [&](const Waiting& waiting) {
        const bool due = waiting.deadline <= now;
        return (due || m_fresh.contains(waiting.request.run)) && answer(waiting, due);
    });
    m_fresh.clear();
}

void ClientDesk::tellWatchers(TimePoint now) {
    if (m_watchers.empty()) {
        m_statusDirty = false;
        return;
    }
    const bool due = now >= m_statusAt;
    if (!due && (!m_statusDirty || now < m_statusEarliest)) {
        return;
    }
    m_statusDirty = false;
    m_statusEarliest = now + kStatusPause;
    const ClusterStatus status = m_statusOf(now);
    ClusterStatus essence = withoutSamples(status);
    if (!due && m_told == essence) {
        return;
    }
    m_told = std::move(essence);
    m_statusAt = now + kStatusPeriod;
    std::erase_if(m_watchers, [&](const ConnectionId& watcher) { return !m_send(watcher, status); });
}

TimePoint ClientDesk::nextTimeout() const {
    TimePoint next = m_checkAt;
    if (!m_watchers.empty()) {
        next = std::min(next, m_statusDirty ? m_statusEarliest : m_statusAt);
    }
    for (const Waiting& waiting : m_waiting) {
        next = std::min(next, waiting.deadline);
    }
    return next;
}

}  // namespace longship
