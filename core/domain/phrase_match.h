#pragma once

#include "core/domain/phrase.h"

namespace longship {

/// The sentence among `patterns` that a text is, with its values; an empty phrase where it is none of them.
/// Of two that fit the earlier one is meant. A text of many thousand letters is somebody's output and fits
/// none.
Phrase phraseAmong(std::span<const PhrasePattern> patterns, std::string_view english);

}  // namespace longship
