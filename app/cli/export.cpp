#include "core/history/export/export.h"

#include <fmt/format.h>

#include "app/cli/run_control.h"
#include "app/cli/session.h"

namespace longship::cli {
namespace {

struct Options {
    std::vector<std::string> runs;
    std::string format;
    std::string output;
};

/// What --format says, else what the file's name ends in.
Result<ExportFormat> formatOf(const Options& options) {
    std::string name = options.format;
    if (name.empty()) {
        name = std::filesystem::path(options.output).extension().string();
        name.erase(0, 1);
    }
    if (const auto format = exportFormatFrom(name)) {
        return *format;
    }
    return failure(ErrorKind::BadInput,
                   fmt::format("\"{}\" is no format to export to; there are csv, json and html.", name));
}

Result<ExitCode> exportAll(Context& context, const Options& options) {
    LONGSHIP_ASSIGN(const ExportFormat format, formatOf(options));
    std::vector<ExportedRun> runs;
    nlohmann::json names = nlohmann::json::array();
    for (const std::string& name : options.runs) {
        LONGSHIP_ASSIGN(const OpenRun open, openRun(context, name));
        LONGSHIP_ASSIGN(ExportedRun run, everythingOf(*open.client, open.run));
        runs.push_back(std::move(run));
        names.push_back(open.run.value);
    }
    LONGSHIP_TRY(exportRuns(format, runs, options.output));
    std::error_code ignored;
    const auto bytes = std::filesystem::file_size(options.output, ignored);
    context.output.event("exported",
                         {{"runs", std::move(names)}, {"path", options.output}, {"bytes", bytes}});
    context.output.text(fmt::format("{} ({})", options.output, bytesText(bytes)));
    return ExitCode::Done;
}

}  // namespace

void addExport(CLI::App& app, Choice& choice) {
    addVerb<Options>(
        app, choice, "export", "Write the history of runs to a file",
        [](CLI::App& verb, Options& options) {
            verb.add_option("RUN", options.runs, "Ids of runs, beginnings of ids, or \"last\"")->required();
            verb.add_option("--format", options.format,
                            "csv, json or html; else what the file's name ends in");
            verb.add_option("--output,-o", options.output, "Where to write it")->required();
        },
        &exportAll);
}

}  // namespace longship::cli
