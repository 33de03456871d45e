#pragma once

#include <optional>

#include "app/cli/command.h"
#include "app/cli/progress_line.h"
#include "app/cli/waiter.h"
#include "core/client/client.h"

namespace longship::cli {

/// Shows a run from its first event on, until it has ended, Ctrl+C was pressed or its cluster is gone. The
/// `run_finished` event is kept back, so that a command can make it its last line.
class RunFollower {
public:
    enum class End { Finished, Interrupted, Unreachable };

    RunFollower(Context& context, Client& client, Waiter& waiter, RunId run);

    End follow();

    /// Prints the kept `run_finished` event. Only after End::Finished.
    void printFinished();
    const RunFinished& finished() const { return *m_finished; }
    const ProgressLine& progress() const { return m_progress; }

private:
    void showEvents();
    void showEvent(const RunEvent& event);
    void showRows();
    void showProgress(TimePoint now);
    bool hasAllRows() const;

    Context& m_context;
    Client& m_client;
    Waiter& m_waiter;
    RunId m_run;
    std::uint64_t m_sequence = 0;
    RunState m_state = RunState::Queued;
    std::optional<RowKey> m_lastRow;
    ProgressLine m_progress;
    TimePoint m_nextProgress{};
    Step m_stepsPrinted = 0;
    std::optional<RunFinished> m_finished;
    std::optional<RunEvent> m_finishedEvent;
};

/// What the run ended as, for people: one or two lines.
std::string outcomeText(const RunId& run, const RunFinished& finished);

/// Exit code of a run that has ended.
ExitCode exitCodeOf(const RunFinished& finished);

/// How to come back to a run that goes on.
std::string detachedText(const RunId& run);

/// A run event as the object of its JSON line.
nlohmann::json fieldsOf(const RunEvent& event);

/// A metric row as the object of its JSON line ("step").
nlohmann::json fieldsOf(const RunId& run, const StepRow& row);

}  // namespace longship::cli
