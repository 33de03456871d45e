#include "core/history/export/export.h"

#include "core/base/files.h"
#include "core/history/export/csv.h"
#include "core/history/export/html.h"
#include "core/history/export/json.h"

namespace longship {

std::optional<ExportFormat> exportFormatFrom(std::string_view name) {
    if (name == "csv") {
        return ExportFormat::Csv;
    }
    if (name == "json") {
        return ExportFormat::Json;
    }
    if (name == "html") {
        return ExportFormat::Html;
    }
    return std::nullopt;
}

std::string exportText(ExportFormat format, std::span<const ExportedRun> runs) {
    switch (format) {
        case ExportFormat::Csv: return csvOf(runs);
        case ExportFormat::Json: return jsonOf(runs);
        case ExportFormat::Html: return htmlOf(runs);
    }
    return {};
}

Result<void> exportRuns(ExportFormat format, std::span<const ExportedRun> runs,
                        const std::filesystem::path& path) {
    if (runs.empty()) {
        return failure(ErrorKind::BadInput, "There is no run to export. Name at least one.");
    }
    return writeFileAtomically(path, exportText(format, runs));
}

}  // namespace longship
