#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/domain/node.h"
#include "core/domain/run_snapshot.h"
#include "core/domain/step_row.h"

namespace longship {

/// All that is known of one run, as it leaves Longship.
struct ExportedRun {
    RunSnapshot run;
    std::vector<RunEvent> events;
    std::vector<StepRow> rows;    ///< As stored, void ones included.
    std::vector<NodeView> nodes;  ///< As the cluster sees them now; empty when it is gone.
};

enum class ExportFormat { Csv, Json, Html };

/// "csv", "json" or "html"; none for anything else.
std::optional<ExportFormat> exportFormatFrom(std::string_view name);

/// The text of the file. UTF-8.
std::string exportText(ExportFormat format, std::span<const ExportedRun> runs);

/// Writes it to `path`: the old file or the whole new one is there, never a part. BadInput without runs; Io,
/// Exhausted or NotFound (no such folder) from the disk.
Result<void> exportRuns(ExportFormat format, std::span<const ExportedRun> runs,
                        const std::filesystem::path& path);

}  // namespace longship
