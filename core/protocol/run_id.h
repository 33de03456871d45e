#pragma once

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/random.h"

namespace longship {

/// "20260131-120000-k3f9": UTC to the second, so that ids sort by time, and four random letters or digits.
RunId makeRunId(UtcTime wallTime, SeededRandom& random);

}  // namespace longship
