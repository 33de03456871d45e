#pragma once

#include <span>
#include <string>

#include "core/history/export/export.h"

namespace longship {

/// A report for people: one self-contained HTML page without scripts or anything to fetch, light or dark as
/// the reader's system wishes, with inline SVG charts, fit for printing.
std::string htmlOf(std::span<const ExportedRun> runs);

}  // namespace longship
