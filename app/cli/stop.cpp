#include <fmt/format.h>

#include "app/cli/run_control.h"
#include "app/cli/run_follower.h"
#include "app/cli/session.h"

namespace longship::cli {
namespace {

struct Options {
    std::string run;
};

Result<ExitCode> stop(Context& context, const Options& options) {
    Waiter waiter;
    LONGSHIP_ASSIGN(const OpenRun open, openRun(context, options.run));
    const auto before = open.client->run(open.run);
    if (before && isTerminal(before->state)) {
        return failure(ErrorKind::BadInput,
                       fmt::format("The run {} is {} already.", open.run.value, toString(before->state)));
    }
    LONGSHIP_TRY(stopAndWait(*open.client, open.run, waiter));
    const auto after = open.client->run(open.run);
    if (after && after->finished) {
        context.output.text(outcomeText(open.run, *after->finished));
        const auto events = open.client->events(open.run);
        context.output.event(nameOf(events.back().body), fieldsOf(events.back()), events.back().time);
    }
    return ExitCode::Done;
}

}  // namespace

void addStop(CLI::App& app, Choice& choice) {
    addVerb<Options>(
        app, choice, "stop", "End a run after its current step, keeping the model",
        [](CLI::App& verb, Options& options) { addRunArgument(verb, options.run); }, &stop);
}

}  // namespace longship::cli
