#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace longship {

/// True for well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool isUtf8(std::string_view text);

enum class Keep { Front, Back };  ///< Which end survives when a text is shortened.

/// Well-formed UTF-8 of at most `bytesMax` bytes: every bad byte becomes '?', and a text that is too long
/// loses its other end, cut between characters.
std::string cleanText(std::string_view text, std::size_t bytesMax, Keep keep);

}  // namespace longship
