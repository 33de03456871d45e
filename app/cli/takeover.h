#pragma once

#include "app/cli/command.h"

namespace longship::cli {

/// The verb "takeover" of `cluster`.
void addTakeover(CLI::App& cluster, Choice& choice);

}  // namespace longship::cli
