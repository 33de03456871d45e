#include "app/studio/viewmodels/run_logs.h"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <utility>

namespace longship {

namespace {

constexpr int kReadEveryMs = 2000;
constexpr std::size_t kTimeLength = sizeof("2026-01-31T12:00:00.000Z") - 1;

bool beginsWithTime(const std::string& line) {
    return line.size() > kTimeLength && line[4] == '-' && line[10] == 'T' && line[kTimeLength - 1] == 'Z';
}

bool tellsError(const std::string& line) {
    return line.find("] error: ") != std::string::npos || line.find("] critical: ") != std::string::npos ||
           line.find("terminate called") != std::string::npos;
}

}  // namespace

std::vector<LogLine> linesOf(const TaskPlace& place, const std::string& log) {
    std::vector<LogLine> lines;
    std::istringstream stream(log);
    std::string time;
    for (std::string text; std::getline(stream, text);) {
        if (beginsWithTime(text)) {
            time = text.substr(0, kTimeLength);
        }
        lines.push_back({time, place, text, tellsError(text)});
    }
    return lines;
}

RunLogs::RunLogs(ClientBridge& bridge, QObject* parent) : QAbstractTableModel(parent), m_bridge(bridge) {
    m_timer.setInterval(kReadEveryMs);
    connect(&m_timer, &QTimer::timeout, this, &RunLogs::read);
}

void RunLogs::show(const RunId& run) {
    if (run == m_run) {
        return;
    }
    m_run = run;
    m_places.clear();
    m_logs.clear();
    m_problems.clear();
    m_reading = false;
    setLines({});
    if (m_watched) {
        read();
    }
}

void RunLogs::setWatched(bool watched) {
    m_watched = watched;
    if (watched) {
        m_timer.start();
        read();
    } else {
        m_timer.stop();
    }
}

void RunLogs::read() {
    const Client* client = m_bridge.client();
    if (client == nullptr || m_run.empty() || m_reading) {
        return;
    }
    m_places = placesOf(client->events(m_run));
    m_reading = true;
    readNext(0);
}

/// One after another: a node that does not answer must not keep all commands waiting.
void RunLogs::readNext(std::size_t index) {
    if (index == m_places.size()) {
        m_reading = false;
        gather();
        return;
    }
    const TaskPlace place = m_places[index];
    m_bridge.run<TaskLog>(
        this, [run = m_run, place](Client& open) { return open.taskLog(run, place); },
        [this, run = m_run, place, index](Result<TaskLog> log) {
            if (run == m_run) {
                take(place, std::move(log));
                readNext(index + 1);
            }
        });
}

void RunLogs::take(const TaskPlace& place, Result<TaskLog> log) {
    if (!log) {
        m_problems[place] = log.error();
    } else {
        m_problems.erase(place);
        m_logs[place] = *std::move(log);
    }
}

/// All of them at once: lines stand in the order of their times.
void RunLogs::gather() {
    std::vector<LogLine> lines;
    for (const auto& [from, one] : m_logs) {
        auto more = linesOf(from, one.text);
        std::move(more.begin(), more.end(), std::back_inserter(lines));
    }
    std::stable_sort(lines.begin(), lines.end(),
                     [](const LogLine& a, const LogLine& b) { return a.time < b.time; });
    setLines(std::move(lines));
}

void RunLogs::setLines(std::vector<LogLine> lines) {
    const bool grew =
        lines.size() >= m_lines.size() && std::equal(m_lines.begin(), m_lines.end(), lines.begin());
    if (!grew) {
        beginResetModel();
        m_lines = std::move(lines);
        endResetModel();
    } else if (lines.size() > m_lines.size()) {
        beginInsertRows({}, static_cast<int>(m_lines.size()), static_cast<int>(lines.size()) - 1);
        m_lines = std::move(lines);
        endInsertRows();
    }
    Q_EMIT changed();
}

int RunLogs::firstError() const {
    const auto found =
        std::find_if(m_lines.begin(), m_lines.end(), [](const LogLine& line) { return line.error; });
    return found == m_lines.end() ? -1 : static_cast<int>(found - m_lines.begin());
}

std::map<TaskPlace, NodeId> RunLogs::copies() const {
    std::map<TaskPlace, NodeId> copies;
    for (const auto& [place, log] : m_logs) {
        if (log.isCopy) {
            copies[place] = log.from;
        }
    }
    return copies;
}

int RunLogs::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_lines.size());
}

int RunLogs::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant RunLogs::data(const QModelIndex& index, int role) const {
    if (role != Qt::DisplayRole || !checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const LogLine& line = at(index.row());
    switch (index.column()) {
        case Node: return QString::fromStdString(line.place.node.value);
        case Task: return QString::fromStdString(line.place.task.value);
        case Text: return QString::fromStdString(line.text);
        default: return {};
    }
}

}  // namespace longship
