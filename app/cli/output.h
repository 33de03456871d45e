#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/error.h"

namespace longship::cli {

/// Where the words of a command go. With --json, standard output carries one JSON object a line and nothing
/// else; what people read goes to standard error. Without it people read standard output; a status line is
/// drawn at its end when that is a terminal. Used by one thread.
class Output {
public:
    enum class Mode { Text, Json };

    explicit Output(Mode mode);
    ~Output();  ///< Takes the status line away.
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    bool isJson() const { return m_mode == Mode::Json; }
    bool isTerminal() const { return m_terminal; }
    /// Columns of the terminal; 80 when it is none.
    unsigned width() const;

    /// One line of JSON; nothing in text mode. `fields` must be an object.
    void event(std::string_view name, nlohmann::json fields, UtcTime time = UtcTime::now());
    /// One or more lines for people; nothing in JSON mode.
    void text(const std::string& lines);
    /// For people in both modes, on standard error.
    void note(const std::string& lines);
    /// The sentence on standard error, and an "error" event in JSON mode.
    void error(const Error& error);

    /// Replaces the line at the bottom of a terminal; nothing elsewhere.
    void status(const std::string& line);
    void clearStatus();

private:
    Mode m_mode;
    bool m_terminal;
    bool m_statusShown = false;
};

/// "12 345": groups of three, thin enough for a narrow terminal.
std::string grouped(std::uint64_t number);
/// "1.2 MB".
std::string bytesText(std::uint64_t bytes);
/// "0:12", "1:02:03".
std::string durationText(std::chrono::milliseconds duration);
/// Columns that a text takes; every code point counts as one.
std::size_t columnsOf(std::string_view text);
/// The text cut to so many columns.
std::string fitted(std::string_view text, std::size_t columns);

}  // namespace longship::cli
