#include <fmt/format.h>

#include "app/cli/run_control.h"
#include "app/cli/session.h"

namespace longship::cli {
namespace {

struct Options {
    std::string run;
};

/// The run as it is once `done` holds of its state.
Result<RunSnapshot> waitForState(const OpenRun& open, Waiter& waiter, const std::string& asked,
                                 bool (*done)(RunState)) {
    std::optional<RunSnapshot> run;
    LONGSHIP_TRY(waitUntilDone(waiter, asked, [&] {
        run = open.client->run(open.run);
        return !run || isTerminal(run->state) || done(run->state);
    }));
    return activeRun(*open.client, open.run);
}

Result<ExitCode> pause(Context& context, const Options& options) {
    Waiter waiter;
    LONGSHIP_ASSIGN(const OpenRun open, openRun(context, options.run));
    LONGSHIP_TRY(activeRun(*open.client, open.run));
    const Observing observing(*open.client, waiter);
    LONGSHIP_TRY(open.client->pause(open.run));
    LONGSHIP_TRY(waitForState(open, waiter, fmt::format("The run {} was asked to pause", open.run.value),
                              [](RunState state) { return state == RunState::Paused; }));
    context.output.event("run_paused", {{"run", open.run.value}});
    context.output.text(
        fmt::format("The run {0} is paused. It goes on with: longship resume {0}", open.run.value));
    return ExitCode::Done;
}

Result<ExitCode> resume(Context& context, const Options& options) {
    Waiter waiter;
    LONGSHIP_ASSIGN(const OpenRun open, openRun(context, options.run));
    LONGSHIP_TRY(activeRun(*open.client, open.run));
    const Observing observing(*open.client, waiter);
    LONGSHIP_TRY(open.client->resume(open.run));
    const auto goesOn = [](RunState state) {
        return state != RunState::Paused && state != RunState::Recovering;
    };
    LONGSHIP_ASSIGN(
        const RunSnapshot run,
        waitForState(open, waiter, fmt::format("The run {} was asked to go on", open.run.value), goesOn));
    context.output.event("run_resumed", {{"run", open.run.value}, {"state", toString(run.state)}});
    context.output.text(fmt::format("The run {} goes on: {}.", open.run.value, toString(run.state)));
    return ExitCode::Done;
}

void describe(CLI::App& verb, Options& options) {
    addRunArgument(verb, options.run);
}

}  // namespace

void addPause(CLI::App& app, Choice& choice) {
    addVerb<Options>(app, choice, "pause", "Let a run rest after its current step, its workers kept ready",
                     &describe, &pause);
}

void addResume(CLI::App& app, Choice& choice) {
    addVerb<Options>(app, choice, "resume",
                     "Go on with a paused run, also without the workers that it has lost, or from its last "
                     "checkpoint",
                     &describe, &resume);
}

}  // namespace longship::cli
