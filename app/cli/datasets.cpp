#include <fmt/format.h>

#include "app/cli/job_input.h"

namespace longship::cli {
namespace {

struct Options {};

Result<ExitCode> datasets(Context& context, const Options&) {
    for (const KnownDataset& dataset : knownDatasets()) {
        const bool here = dataset.isHere();
        context.output.event("dataset", {{"name", dataset.name},
                                         {"about", dataset.about},
                                         {"present", here},
                                         {"path", dataset.folder.string()},
                                         {"package", dataset.package}});
        context.output.text(fmt::format(
            "{:<14} {}\n{:<14} {}", dataset.name, dataset.about, "",
            here ? dataset.folder.string() : "not installed: apt-get install " + dataset.package));
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
