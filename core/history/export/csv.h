#pragma once

#include <span>
#include <string>

#include "core/history/export/export.h"

namespace longship {

/// One line per step that counts (void rows are left out), with a header, as RFC 4180 says: commas, CRLF,
/// quotes where needed. A cell without a value is empty. test_loss and test_accuracy stand on the last step
/// before an evaluation.
std::string csvOf(std::span<const ExportedRun> runs);

}  // namespace longship
