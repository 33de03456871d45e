#include <fmt/format.h>

#include <filesystem>

#include "app/cli/command.h"
#include "core/domain/catalog.h"

namespace longship::cli {
namespace {

struct Options {};

Result<ExitCode> datasets(Context& context, const Options&) {
    for (const KnownDataset& dataset : knownDatasets()) {
        std::error_code ignored;
        const std::filesystem::path folder = dataset.folder();
        const bool here = std::filesystem::is_directory(folder, ignored);
        context.output.event("dataset", {{"name", dataset.name},
                                         {"about", dataset.about},
                                         {"present", here},
                                         {"path", folder.string()},
                                         {"package", dataset.package}});
        context.output.text(fmt::format(
            "{:<14} {}\n{:<14} {}", dataset.name, dataset.about, "",
            here ? folder.string() : fmt::format("not installed: apt-get install {}", dataset.package)));
    }
    context.output.text("a table       dataset: {csv: FILE, label: COLUMN} in the job file");
    return ExitCode::Done;
}

}  // namespace

void addDatasets(CLI::App& app, Choice& choice) {
    addVerb<Options>(
        app, choice, "datasets", "List the datasets that a job can name, and where they are",
        [](CLI::App&, Options&) {}, &datasets);
}

}  // namespace longship::cli
