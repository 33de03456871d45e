#pragma once

#include "core/domain/phrase_match.h"

namespace longship {

/// What checks of machines find, each as a kind with values; gaps as in PhrasePattern. What programs of the
/// machines say is a value, in their words.
std::span<const PhrasePattern> findingPatterns();

/// The kind and the values of CheckResult::detail; empty for what is of no known kind.
Phrase findingOf(std::string_view detail);

}  // namespace longship
