#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longship {

/// A sentence as data: which one, and what stands in its gaps. English is what records and the command line
/// show; a program in another language makes its own sentence of the same kind.
struct Phrase {
    std::string kind;
    std::vector<std::string> values;

    bool empty() const { return kind.empty(); }
    bool operator==(const Phrase&) const = default;
};

/// One sentence that Longship says about runs. Gaps: {w} holds one word, {*} anything but nothing (maybe a
/// whole sentence of another kind).
struct PhrasePattern {
    std::string_view kind;
    std::string_view english;
};

/// All of them. Of two that fit a text the earlier one is meant.
std::span<const PhrasePattern> phrasePatterns();

/// The kind and the values of a sentence; an empty phrase for a text of no known kind, such as the words of
/// another program.
Phrase phraseOf(std::string_view english);

}  // namespace longship
