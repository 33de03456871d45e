#pragma once

#include <string>
#include <string_view>

namespace longship {

/// A text as it is when every reader of YAML takes it for one, else in double quotes.
std::string yamlText(std::string_view text);

/// A value as a person types it: what looks like a number stays plain, all else is a text.
std::string yamlScalar(std::string_view text);

}  // namespace longship
