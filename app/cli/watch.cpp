#include <fmt/format.h>

#include "app/cli/run_follower.h"
#include "app/cli/session.h"

namespace longship::cli {
namespace {

struct Options {
    std::string run;
};

Result<ExitCode> watch(Context& context, const Options& options) {
    Waiter waiter;
    LONGSHIP_ASSIGN(const OpenRun open, openRun(context, options.run));
    RunFollower follower(context, *open.client, waiter, open.run);
    switch (follower.follow()) {
        case RunFollower::End::Finished:
            context.output.text(outcomeText(open.run, follower.finished()));
            follower.printFinished();
            return exitCodeOf(follower.finished());
        case RunFollower::End::Interrupted:
            context.output.note(detachedText(open.run));
            context.output.event("detached", {{"run", open.run.value}});
            return ExitCode::Interrupted;
        case RunFollower::End::Unreachable: break;
    }
    return failure(ErrorKind::Unavailable, fmt::format("The run {} cannot be followed. {}", open.run.value,
                                                       open.client->cluster().detail));
}

}  // namespace

void addWatch(CLI::App& app, Choice& choice) {
    addVerb<Options>(
        app, choice, "watch", "Follow a run from its first event to its end",
        [](CLI::App& verb, Options& options) { addRunArgument(verb, options.run); }, &watch);
}

}  // namespace longship::cli
