#include <fmt/format.h>

#include "app/cli/session.h"

namespace longship::cli {
namespace {

struct Options {
    std::string run;
};

/// "step 3, step 7, … (12 in all)".
std::string listed(const std::vector<Step>& steps) {
    constexpr std::size_t kShown = 8;
    std::string text;
    for (std::size_t i = 0; i < std::min(steps.size(), kShown); ++i) {
        text += fmt::format("{}{}", i == 0 ? "" : ", ", steps[i]);
    }
    return steps.size() > kShown ? fmt::format("{}, … ({} in all)", text, steps.size()) : text;
}

void showEpoch(Context& context, const RunId& run, const EpochProof& epoch) {
    context.output.event("epoch_verified", {{"run", run.value},
                                            {"epoch", epoch.epoch},
                                            {"samples_expected", epoch.samplesExpected},
                                            {"samples_read", epoch.samplesRead},
                                            {"steps_missing", epoch.stepsMissing},
                                            {"steps_wrong", epoch.stepsWrong},
                                            {"exact", epoch.exact()}});
    std::string text =
        fmt::format("epoch {}: {} of {} samples{}", epoch.epoch + 1, grouped(epoch.samplesRead),
                    grouped(epoch.samplesExpected), epoch.exact() ? ", each once" : "");
    if (!epoch.stepsMissing.empty()) {
        text += "; no record of step " + listed(epoch.stepsMissing);
    }
    if (!epoch.stepsWrong.empty()) {
        text += "; other samples than planned in step " + listed(epoch.stepsWrong);
    }
    context.output.text(text);
}

Result<ExitCode> verify(Context& context, const Options& options) {
    LONGSHIP_ASSIGN(const OpenRun open, openRun(context, options.run));
    LONGSHIP_ASSIGN(const RunProof proof, open.client->verify(open.run));
    for (const EpochProof& epoch : proof.epochs) {
        showEpoch(context, open.run, epoch);
    }
    // Nothing finished proves nothing: that is not a success.
    const bool exact = proof.exact() && !proof.epochs.empty();
    context.output.event("run_verified", {{"run", open.run.value},
                                          {"epochs", proof.epochs.size()},
                                          {"samples_expected", proof.samplesExpected},
                                          {"samples_read", proof.samplesRead},
                                          {"exact", exact}});
    context.output.text(proof.epochs.empty() ? "The run has finished no epoch: there is nothing to prove."
                                             : proof.summary());
    return exact ? ExitCode::Done : ExitCode::RunFailed;
}

}  // namespace

void addVerify(CLI::App& app, Choice& choice) {
    addVerb<Options>(
        app, choice, "verify", "Prove from the step records that each sample of each epoch was used once",
        [](CLI::App& verb, Options& options) { addRunArgument(verb, options.run); }, &verify);
}

}  // namespace longship::cli
