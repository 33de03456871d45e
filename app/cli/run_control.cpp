#include "app/cli/run_control.h"

#include <fmt/format.h>

namespace longship::cli {
namespace {

using std::chrono::seconds;

constexpr seconds kStopPatience{30};
constexpr seconds kModelPatience{30};

}  // namespace

Result<void> stopAndWait(Client& client, const RunId& run, Waiter& waiter) {
    const Observing observing(client, waiter);
    LONGSHIP_TRY(client.stop(run));
    const TimePoint deadline = BootClock::now() + kStopPatience;
    for (;;) {
        const auto snapshot = client.run(run);
        if (!snapshot || snapshot->finished) {
            return {};
        }
        if (BootClock::now() >= deadline) {
            return failure(ErrorKind::Unavailable,
                           fmt::format("The run {} was asked to stop but has not ended within {} s.",
                                       run.value, kStopPatience.count()));
        }
        if (waiter.wait(deadline) == Waiter::Woken::Interrupted) {
            return failure(
                ErrorKind::Interrupted,
                fmt::format("Not waiting for the end of run {}; it was asked to stop.", run.value));
        }
    }
}

void waitForModel(Context& context, const Client& client, const RunId& run, Waiter& waiter) {
    const auto snapshot = client.run(run);
    if (!snapshot || !snapshot->model) {
        return;
    }
    const TimePoint deadline = BootClock::now() + kModelPatience;
    for (;;) {
        const ModelCopy copy = client.modelCopy(run);
        if (copy.complete) {
            context.output.event("model_fetched", {{"run", run.value}, {"bytes", copy.bytesTotal}});
            return;
        }
        const bool interrupted =
            waiter.wait(std::min(deadline, BootClock::now() + seconds(1))) == Waiter::Woken::Interrupted;
        if (interrupted || BootClock::now() >= deadline) {
            context.output.note(fmt::format("The model is not on this machine yet ({} of {}). {}",
                                            bytesText(copy.bytes), bytesText(copy.bytesTotal), copy.problem));
            return;
        }
    }
}

}  // namespace longship::cli
