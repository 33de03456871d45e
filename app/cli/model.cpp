#include <fmt/format.h>

#include "app/cli/session.h"

namespace longship::cli {
namespace {

struct Options {
    std::string run;
    std::string output = "model.safetensors";
};

/// A Python string literal of a path.
std::string quoted(const std::string& path) {
    std::string text = "\"";
    for (const char letter : path) {
        text += letter == '"' || letter == '\\' ? std::string("\\") + letter : std::string(1, letter);
    }
    return text + "\"";
}

Result<ExitCode> save(Context& context, const Options& options) {
    LONGSHIP_ASSIGN(const OpenRun open, openRun(context, options.run));
    LONGSHIP_TRY(open.client->saveModel(open.run, options.output));
    std::error_code ignored;
    std::filesystem::path path = options.output;
    if (std::filesystem::is_directory(path, ignored)) {
        path /= "model.safetensors";
    }
    const auto bytes = std::filesystem::file_size(path, ignored);
    context.output.event("model_written",
                         {{"run", open.run.value}, {"path", path.string()}, {"bytes", bytes}});
    context.output.text(
        fmt::format("{} ({})\nLoad it in Python:\n"
                    "  from safetensors.torch import load_file\n"
                    "  weights = load_file({})\n"
                    "  print({{name: tuple(tensor.shape) for name, tensor in weights.items()}})",
                    path.string(), bytesText(bytes), quoted(path.string())));
    return ExitCode::Done;
}

}  // namespace

void addModel(CLI::App& app, Choice& choice) {
    CLI::App* group = app.add_subcommand("model", "The trained model of a run");
    group->require_subcommand(0, 1);
    addVerb<Options>(
        *group, choice, "save", "Write the final model to a file",
        [](CLI::App& verb, Options& options) {
            addRunArgument(verb, options.run);
            verb.add_option("--output,-o", options.output, "Where to write it")->capture_default_str();
        },
        &save);
}

}  // namespace longship::cli
