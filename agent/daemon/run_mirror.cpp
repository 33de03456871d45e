#include "agent/daemon/run_mirror.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "agent/supervision/task_log.h"

namespace longship {
namespace {

/// Ended runs that are compared once with the other nodes after a start.
constexpr std::size_t kEndedRunsMax = 8;
constexpr std::uint32_t kRowsMax = 2000;             // In one answer.
constexpr std::size_t kLogBytesInAnswer = 1u << 20;  // The rest is asked for at once.

}  // namespace

std::string logName(const TaskId& task, const NodeId& node, const NodeId& here) {
    return task.value + (node == here ? std::string() : "@" + node.value) + ".log";
}

RunMirror::RunMirror(const History& history, const AgentHome& home, NodeId self, Send send)
    : m_history(history), m_home(home), m_self(std::move(self)), m_send(std::move(send)), m_mirror(m_self) {}

Result<std::filesystem::path> RunMirror::logOf(const RunId& run, const TaskId& task,
                                               const NodeId& node) const {
    return m_home.runFile(run, logName(task, node, m_self));
}

std::map<Mirror::LogName, std::uint64_t> RunMirror::copiesOf(const RunSnapshot& run) const {
    std::map<Mirror::LogName, std::uint64_t> copies;
    for (const RunEvent& event : m_history.events(run.run, 0)) {
        const auto* changed = std::get_if<TaskChanged>(&event.body);
        if (changed != nullptr && !changed->node.empty()) {
            const auto path = logOf(run.run, changed->task, changed->node);
            copies[{changed->task, changed->node}] = path ? endOfLog(*path).value_or(0) : 0;
        }
    }
    return copies;
}

void RunMirror::restore(const std::vector<RunSnapshot>& runs, TimePoint now) {
    m_mirror = Mirror(m_self);
    std::size_t ended = 0;
    for (const RunSnapshot& run : runs) {
        if (isTerminal(run.state) && ++ended > kEndedRunsMax) {
            continue;
        }
        Mirror::Held held;
        for (const RowKey& key : m_history.rowKeys(run.run)) {
            held.rows.add(key);
        }
        held.logs = copiesOf(run);
        m_mirror.restore(run, std::move(held), now);
    }
}

void RunMirror::stored(const RunId& run, const std::vector<StepRow>& rows) {
    for (const StepRow& row : rows) {
        m_mirror.stored(run, row.key);
    }
}

void RunMirror::handleTimeout(const NodeId& leader, const std::vector<NodeId>& nodes, TimePoint now) {
    m_mirror.handleTimeout(leader, nodes, now);
    while (auto outgoing = m_mirror.pollTransmit()) {
        m_send(outgoing->to, std::move(outgoing->request));
    }
}

MirrorAnswer RunMirror::answer(const MirrorRequest& request) const {
    MirrorAnswer answer;
    answer.request = request.request;
    answer.run = request.run;
    const std::uint32_t rowsMax = std::min(request.rowsMax, kRowsMax);
    if (rowsMax > 0) {
        answer.rows = m_history.rows(request.run, request.afterRow, rowsMax);
        answer.more = answer.rows.size() == rowsMax;
    }
    std::size_t bytes = 0;
    for (const LogCursor& cursor : request.logs) {
        const auto path = logOf(request.run, cursor.task, cursor.node);
        auto more = path ? readLog(*path, cursor.end) : std::nullopt;
        if (!more || (cursor.node != m_self && more->end() <= cursor.end)) {
            continue;
        }
        bytes += more->bytes.size();
        if (bytes > kLogBytesInAnswer) {
            answer.more = true;
            break;
        }
        answer.logs.push_back({cursor.task, cursor.node, more->begin, std::move(more->bytes)});
    }
    return answer;
}

std::vector<StepRow> RunMirror::take(const NodeId& from, MirrorAnswer answer, TimePoint now) {
    m_mirror.take(from, answer, now);
    for (LogPart& part : answer.logs) {
        const auto path = logOf(answer.run, part.task, part.node);
        const bool kept = path && part.node != m_self && m_home.makeRunFolder(answer.run) &&
                          appendLog(*path, {part.begin, std::move(part.bytes)});
        if (!kept) {
            spdlog::warn("The log of {} on {} could not be copied here.", part.task.value, part.node.value);
        }
    }
    return std::move(answer.rows);
}

}  // namespace longship
