#include <fmt/format.h>

#include <array>

#include "app/cli/command.h"

namespace longship::cli {
namespace {

struct Options {};

struct KnownModel {
    std::string_view name;
    std::string_view about;
};
constexpr std::array<KnownModel, 3> kModels{{
    {"mlp", "fully connected layers, widths in model.hidden (1024, 1024); images and tables"},
    {"cnn", "three convolutions of 32, 64 and 128 channels and one hidden layer; images; the demo's model"},
    {"resnet", "a small residual network with batch normalisation; images"},
}};

Result<ExitCode> models(Context& context, const Options&) {
    for (const KnownModel& model : kModels) {
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
