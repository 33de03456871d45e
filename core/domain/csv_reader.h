#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace longship {

/// Reads records of comma-separated text (RFC 4180; also takes bare LF, a byte order mark and a missing last
/// line break). Keeps a view of the text, which must outlive it.
class CsvReader {
public:
    explicit CsvReader(std::string_view text);

    /// The next record into `fields`, reusing its memory. False at the end of the text. Blank lines are
    /// skipped. Corrupt, with the line, when a quoted field is broken; reading cannot go on after that.
    Result<bool> next(std::vector<std::string>& fields);

    /// The line, from 1, on which the last record began.
    std::uint64_t line() const { return m_recordLine; }

private:
    Result<void> readField(std::string& field);
    Result<void> readQuoted(std::string& field);
    bool atLineEnd() const;
    void skipLineEnd();

    std::string_view m_text;
    std::size_t m_position = 0;
    std::uint64_t m_line = 1;
    std::uint64_t m_recordLine = 0;
};

}  // namespace longship
