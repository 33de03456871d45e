#include "core/domain/csv_reader.h"

#include <fmt/format.h>

namespace longship {

CsvReader::CsvReader(std::string_view text) : m_text(text) {
    if (m_text.starts_with("\xef\xbb\xbf")) {
        m_text.remove_prefix(3);
    }
}

Result<bool> CsvReader::next(std::vector<std::string>& fields) {
    while (m_position < m_text.size() && atLineEnd()) {
        skipLineEnd();
    }
    if (m_position == m_text.size()) {
        return false;
    }
    m_recordLine = m_line;
    std::size_t count = 0;
    for (;;) {
        if (count == fields.size()) {
            fields.emplace_back();
        }
        LONGSHIP_TRY(readField(fields[count]));
        ++count;
        if (m_position == m_text.size() || atLineEnd()) {
            break;
        }
        ++m_position;  // The comma.
    }
    fields.resize(count);
    if (m_position < m_text.size()) {
        skipLineEnd();
    }
    return true;
}

Result<void> CsvReader::readField(std::string& field) {
    field.clear();
    if (m_position < m_text.size() && m_text[m_position] == '"') {
        return readQuoted(field);
    }
    const std::size_t begin = m_position;
    while (m_position < m_text.size() && m_text[m_position] != ',' && !atLineEnd()) {
        if (m_text[m_position] == '\0') {
            return failure(ErrorKind::Corrupt,
                           fmt::format("line {}: found a zero byte, expected text", m_line));
        }
        ++m_position;
    }
    field.assign(m_text.substr(begin, m_position - begin));
    return {};
}

Result<void> CsvReader::readQuoted(std::string& field) {
    const std::uint64_t opened = m_line;
    ++m_position;
    for (;;) {
        const std::size_t stop = m_text.find_first_of("\"\n", m_position);
        if (stop == std::string_view::npos) {
            return failure(ErrorKind::Corrupt,
                           fmt::format("line {}: a quoted field begins here and is never closed", opened));
        }
        field.append(m_text.substr(m_position, stop - m_position));
        m_position = stop + 1;
        if (m_text[stop] == '\n') {
            field.push_back('\n');
            ++m_line;
        } else if (m_position < m_text.size() && m_text[m_position] == '"') {
            field.push_back('"');  // A doubled quote stands for one.
            ++m_position;
        } else {
            break;
        }
    }
    if (m_position < m_text.size() && m_text[m_position] != ',' && !atLineEnd()) {
        return failure(
            ErrorKind::Corrupt,
            fmt::format("line {}: found '{}' after a closing quote, expected a comma or the end of "
                        "the line",
                        m_line, m_text[m_position]));
    }
    return {};
}

bool CsvReader::atLineEnd() const {
    const char c = m_text[m_position];
    return c == '\n' || (c == '\r' && (m_position + 1 == m_text.size() || m_text[m_position + 1] == '\n'));
}

void CsvReader::skipLineEnd() {
    m_position += m_text[m_position] == '\r' && m_position + 1 < m_text.size() ? 2 : 1;
    ++m_line;
}

}  // namespace longship
