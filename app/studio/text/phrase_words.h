#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <QString>

#include "core/domain/phrase.h"

namespace longship {

/// A kind of sentence and its English pattern, with %1 for its first gap.
struct KnownPhrase {
    std::string_view kind;
    const char* text;
};

/// Puts the values into the gaps; a value may hold "%1" itself.
QString filled(QString text, const std::vector<QString>& values);

/// The sentences of runs and incidents in the language of the studio.
class PhraseWords {
public:
    /// `english` is what the record says; it is shown where its kind is not known. Records from before had no
    /// phrase: then the text tells its kind.
    static QString of(const Phrase& phrase, const std::string& english);

    /// The English text that is translated, with %1 for its first gap; empty for an unknown kind.
    static QString source(std::string_view kind);
};

}  // namespace longship
