#pragma once

#include <chrono>
#include <functional>

#include "app/cli/command.h"
#include "app/cli/waiter.h"
#include "core/client/client.h"
#include "core/domain/job.h"
#include "core/history/export/export.h"

namespace longship::cli {

/// Asks the cluster to stop the run and waits until it has ended. Unavailable when it does not, Interrupted
/// when Ctrl+C is pressed.
Result<void> stopAndWait(Client& client, const RunId& run, Waiter& waiter);

/// Waits until the cluster did what it accepted. Unavailable with `asked` ("The run …
/// was asked to pause") when it has not, Interrupted when Ctrl+C is pressed: what was asked stays asked. The
/// caller observes the client.
Result<void> waitUntilDone(Waiter& waiter, const std::string& asked, const std::function<bool()>& done,
                           std::chrono::seconds patience = std::chrono::minutes(1));

/// What somebody should know of a job before it starts.
void noteCautions(Context& context, const JobSpec& job);

/// Refused when the run has ended, in words; else its snapshot.
Result<RunSnapshot> activeRun(const Client& client, const RunId& run);

/// Waits until the final model of a finished run is on this machine; a note says why it is not.
void waitForModel(Context& context, Client& client, const RunId& run, Waiter& waiter);

/// All that is here of a run.
Result<ExportedRun> everythingOf(const Client& client, const RunId& run);

/// Writes the HTML report of a run into its folder and returns the path.
Result<std::filesystem::path> writeReport(const Context& context, const Client& client, const RunId& run);

}  // namespace longship::cli
