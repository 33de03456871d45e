#pragma once

#include <string>
#include <string_view>

#include <QString>

namespace longship {

/// What checks of machines found, in the language of the studio.
class FindingWords {
public:
    /// As CheckResult::detail says it; in its words where its kind is not known.
    static QString of(const std::string& detail);

    /// The English text that is translated, with %1 for its first gap; empty for an unknown kind.
    static QString source(std::string_view kind);
};

}  // namespace longship
