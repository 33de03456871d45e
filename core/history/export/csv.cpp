#include "core/history/export/csv.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "core/domain/ledger.h"

namespace longship {
namespace {

constexpr std::string_view kHeader =
    "run,step,epoch,membership,applied_at,loss,samples,correct,duration_ms,samples_per_second,parameter_hash,"
    "test_loss,test_accuracy,incident\r\n";

/// RFC 4180, section 2, rules 5 to 7. A text that a spreadsheet would take for a formula is quoted like any
/// other: the format knows no better.
std::string cell(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        return std::string(text);
    }
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    }
    return quoted + '"';
}

std::string cell(double number) {
    return std::isfinite(number) ? fmt::format("{}", number) : "";
}

void appendRun(std::string& csv, const ExportedRun& exported) {
    std::map<Step, const EvaluationFinished*> evaluations;
    for (const EvaluationFinished& evaluation : exported.run.evaluations) {
        evaluations[evaluation.step] = &evaluation;
    }
    // At the first step after it.
    std::map<Step, std::string> incidents;
    for (const TimedIncident& incident : exported.run.incidents) {
        if (const auto step = resumedAt(exported.run, incident)) {
            std::string& text = incidents[*step];
            text += (text.empty() ? "" : "; ") + incident.incident.what;
        }
    }
    for (const StepRow& row : validRows(exported.rows, exported.run.memberships)) {
        const double rate = static_cast<double>(row.digest.count) / row.durationMs * 1'000;
        csv += fmt::format("{},{},{},{},{},{},{},{},{},{},{},", cell(exported.run.run.value), row.key.step,
                           row.epoch, row.key.membership, toIso8601(row.appliedAt), cell(row.loss),
                           row.digest.count, row.correct, cell(row.durationMs), cell(std::round(rate)),
                           cell(row.parameterHash));
        const auto evaluation = evaluations.find(row.key.step + 1);
        if (evaluation != evaluations.end() && evaluation->second->samples > 0) {
            const EvaluationFinished& found = *evaluation->second;
            csv += fmt::format("{},{}", cell(found.loss),
                               static_cast<double>(found.correct) / static_cast<double>(found.samples));
        } else {
            csv += ',';
        }
        const auto incident = incidents.find(row.key.step);
        csv += ',' + cell(incident == incidents.end() ? std::string_view() : incident->second);
        csv += "\r\n";
    }
}

}  // namespace

std::string csvOf(std::span<const ExportedRun> runs) {
    std::string csv(kHeader);
    for (const ExportedRun& run : runs) {
        appendRun(csv, run);
    }
    return csv;
}

}  // namespace longship
