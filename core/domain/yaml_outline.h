#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace longship {

/// A key of a map in a YAML text, and where it and its value stand. Places are bytes from the beginning.
struct YamlEntry {
    std::string key;
    std::size_t keyAt = 0;
    std::size_t colonEnd = 0;  ///< Behind the colon.
    std::size_t valueAt = 0;   ///< Behind the colon when there is no value.
    std::size_t valueEnd = 0;
    bool isNothing = false;  ///< No value stands there.
    bool isMap = false;
    bool isFlow = false;    ///< {a: 1}, [1, 2].
    bool isAlias = false;   ///< The value stands elsewhere.
    std::string text = {};  ///< A scalar, or the items of a list with commas; else as it stands there.
    std::vector<YamlEntry> children = {};  ///< Of a map.

    const YamlEntry* child(std::string_view name) const;
};

/// The map that a text consists of; a text of nothing but comments is an empty one. BadInput for anything
/// else.
Result<YamlEntry> outlineYaml(const std::string& text);

/// The comments between two places, each from its "#" to the end of its line.
std::vector<std::string> commentsIn(std::string_view text, std::size_t from, std::size_t to);

/// The end of the line that holds a place: where its line break stands, or the end of the text.
std::size_t lineEnd(std::string_view text, std::size_t at);
std::size_t lineStart(std::string_view text, std::size_t at);

}  // namespace longship
