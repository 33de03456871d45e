#include <fmt/format.h>

#include "app/cli/command.h"
#include "core/domain/catalog.h"

namespace longship::cli {
namespace {

struct Options {};

Result<ExitCode> models(Context& context, const Options&) {
    for (const KnownModel& model : knownModels()) {
        context.output.event("model", {{"name", model.name}, {"about", model.about}});
        context.output.text(fmt::format("{:<8} {}", model.name, model.about));
    }
    return ExitCode::Done;
}

}  // namespace

void addModels(CLI::App& app, Choice& choice) {
    addVerb<Options>(
        app, choice, "models", "List the models that a job can name", [](CLI::App&, Options&) {}, &models);
}

}  // namespace longship::cli
