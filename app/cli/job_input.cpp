#include "app/cli/job_input.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/domain/catalog.h"
#include "core/domain/csv_table.h"
#include "core/domain/job_yaml.h"

namespace longship::cli {
namespace {

constexpr std::size_t kJobBytesMax = std::size_t{256} << 10;
constexpr std::size_t kColumnsShown = 40;

std::string trimmed(std::string text) {
    while (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    return text;
}

std::string rangeOf(const CsvColumn& column) {
    if (column.type == CsvColumnType::Numeric) {
        return column.wholeNumbers ? "whole numbers" : "numbers";
    }
    return fmt::format("{} values", column.values.size());
}

void showTable(Context& context, const DatasetSpec& dataset, const CsvSummary& summary) {
    nlohmann::json columns = nlohmann::json::array();
    std::string text =
        fmt::format("{}: {} rows, {} columns", dataset.csv, grouped(summary.rows), summary.columns.size());
    std::size_t shown = 0;
    for (const CsvColumn& column : summary.columns) {
        const bool label = column.name == dataset.label;
        columns.push_back({{"name", column.name}, {"type", toString(column.type)}, {"label", label}});
        if (label || shown < kColumnsShown) {
            text += fmt::format("\n  {:<24} {:<12} {}{}", column.name, toString(column.type), rangeOf(column),
                                label ? fmt::format(", the label: {} classes", column.values.size()) : "");
            ++shown;
        }
    }
    if (shown < summary.columns.size()) {
        text += fmt::format("\n  … and {} more", summary.columns.size() - shown);
    }
    context.output.text(text);
    context.output.event("table_inferred", {{"path", dataset.csv},
                                            {"label", dataset.label},
                                            {"rows", summary.rows},
                                            {"columns", std::move(columns)}});
}

Result<JobSpec> checkTable(Context& context, JobSpec job, const std::filesystem::path& folder) {
    std::error_code code;
    const std::filesystem::path given = job.dataset.csv;
    const auto path = std::filesystem::weakly_canonical(given.is_absolute() ? given : folder / given, code);
    job.dataset.csv = code ? given.string() : path.string();
    LONGSHIP_ASSIGN(const CsvSummary summary, summarizeCsvFile(job.dataset.csv));
    const auto problems = trainingProblems(summary, job.dataset.label);
    if (!problems.empty()) {
        for (const CsvProblem& problem : problems) {
            context.output.event("table_problem",
                                 {{"path", job.dataset.csv}, {"line", problem.line}, {"text", problem.text}});
        }
        return failure(ErrorKind::BadInput,
                       trimmed("the table cannot be trained on:\n" + describe(problems, job.dataset.csv)));
    }
    showTable(context, job.dataset, summary);
    return job;
}

}  // namespace

Result<JobSpec> readJobFile(Context& context, const std::filesystem::path& file,
                            const std::vector<std::string>& overrides) {
    LONGSHIP_ASSIGN(const std::string yaml, readFile(file, kJobBytesMax));
    auto job = parseJob(yaml, overrides);
    if (job) {
        return std::move(*job);
    }
    for (const JobProblem& problem : job.error()) {
        context.output.event("job_problem", {{"file", file.string()},
                                             {"line", problem.line},
                                             {"column", problem.column},
                                             {"key", problem.key},
                                             {"found", problem.found},
                                             {"expected", problem.expected},
                                             {"text", problem.text}});
    }
    const auto count = job.error().size();
    return failure(ErrorKind::BadInput,
                   fmt::format("the job file has {} problem{}:\n{}", count, count == 1 ? "" : "s",
                               trimmed(describe(job.error(), file.string()))));
}

Result<JobSpec> checkData(Context& context, JobSpec job, const std::filesystem::path& folder) {
    if (!job.dataset.csv.empty()) {
        return checkTable(context, std::move(job), folder);
    }
    const auto known = knownDatasets();
    const auto dataset = std::find_if(known.begin(), known.end(), [&](const KnownDataset& other) {
        return other.name == job.dataset.name;
    });
    std::error_code ignored;
    if (dataset != known.end() && !std::filesystem::is_directory(dataset->folder(), ignored)) {
        return failure(ErrorKind::NotFound,
                       fmt::format("The dataset {} is not in {}. Install it: apt-get install {}",
                                   dataset->name, dataset->folder().string(), dataset->package));
    }
    return job;
}

}  // namespace longship::cli
