#pragma once

#include <string>
#include <string_view>

#include <QString>

#include "core/domain/phrase.h"

namespace longship {

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
