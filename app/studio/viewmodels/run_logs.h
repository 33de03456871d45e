#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <QAbstractTableModel>
#include <QTimer>

#include "app/studio/viewmodels/client_bridge.h"
#include "core/domain/task_place.h"

namespace longship {

/// One line that a task wrote. Its text is whatever a remote program wrote: never anything but plain text.
struct LogLine {
    std::string time;  ///< As it stands at its head; of a line without one, the one before it.
    TaskPlace place;
    std::string text;
    bool error = false;

    bool operator==(const LogLine&) const = default;
};

/// Cuts a task's log into lines.
std::vector<LogLine> linesOf(const TaskPlace& place, const std::string& log);

/// The logs of all tasks of a run, line by line in the order of their times, read again every few seconds
/// while somebody looks. Cells are plain values. GUI thread only.
class RunLogs : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Node, Task, Text, ColumnCount };

    explicit RunLogs(ClientBridge& bridge, QObject* parent = nullptr);

    void show(const RunId& run);
    void setWatched(bool watched);  ///< Reads only while it is.

    const LogLine& at(int row) const { return m_lines.at(static_cast<std::size_t>(row)); }
    int firstError() const;  ///< Its row; -1 when there is none.
    const std::vector<TaskPlace>& places() const { return m_places; }
    /// Those that do not answer, and who kept the end of their log.
    std::map<TaskPlace, NodeId> copies() const;
    /// Why logs could not be read; empty when all could.
    const std::map<TaskPlace, Error>& problems() const { return m_problems; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

Q_SIGNALS:
    void changed();  ///< Lines, places, copies or problems.

private:
    void read();
    void readNext(std::size_t index);
    void gather();
    void take(const TaskPlace& place, Result<TaskLog> log);
    void setLines(std::vector<LogLine> lines);

    ClientBridge& m_bridge;
    QTimer m_timer;
    RunId m_run;
    bool m_watched = false;
    bool m_reading = false;
    std::vector<TaskPlace> m_places;
    std::map<TaskPlace, TaskLog> m_logs;
    std::map<TaskPlace, Error> m_problems;
    std::vector<LogLine> m_lines;
};

}  // namespace longship
