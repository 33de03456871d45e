#include "app/cli/output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace longship::cli {
namespace {

constexpr unsigned kWidthDefault = 80;

void writeLine(std::FILE* file, std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), file);
    if (line.empty() || line.back() != '\n') {
        std::fputc('\n', file);
    }
    std::fflush(file);
}

bool continuesCodePoint(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

}  // namespace

Output::Output(Mode mode) : m_mode(mode), m_terminal(mode == Mode::Text && ::isatty(STDOUT_FILENO) == 1) {}

Output::~Output() {
    clearStatus();
}

unsigned Output::width() const {
    winsize size{};
    const bool known = m_terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : kWidthDefault;
}

void Output::event(std::string_view name, nlohmann::json fields, UtcTime time) {
    if (!isJson()) {
        return;
    }
    nlohmann::ordered_json line;
    line["event"] = name;
    line["time"] = toIso8601(time);
    for (auto& [key, value] : fields.items()) {
        line[key] = value;
    }
    writeLine(stdout, line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void Output::text(const std::string& lines) {
    if (!isJson()) {
        clearStatus();
        writeLine(stdout, lines);
    }
}

void Output::note(const std::string& lines) {
    clearStatus();
    writeLine(stderr, lines);
}

void Output::error(const Error& error) {
    note("longship: " + error.text);
    event("error", {{"kind", toString(error.kind)}, {"text", error.text}});
}

void Output::status(const std::string& line) {
    if (m_terminal) {
        // Return, the line, erase to the end: no flicker, and a longer line before leaves nothing behind.
        fmt::print(stdout, "\r{}\x1b[K", fitted(line, width() - 1));
        std::fflush(stdout);
        m_statusShown = true;
    }
}

void Output::clearStatus() {
    if (m_statusShown) {
        fmt::print(stdout, "\r\x1b[K");
        std::fflush(stdout);
        m_statusShown = false;
    }
}

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > 0; place -= 3) {
        digits.insert(static_cast<std::size_t>(place), " ");
    }
    return digits;
}

std::string bytesText(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
    auto amount = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (amount >= 1000 && unit + 1 < kUnits.size()) {
        amount /= 1000;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

std::string durationText(std::chrono::milliseconds duration) {
    const auto seconds = std::chrono::round<std::chrono::seconds>(duration).count();
    if (seconds >= 3600) {
        return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

std::size_t columnsOf(std::string_view text) {
    std::size_t columns = 0;
    for (const char byte : text) {
        columns += continuesCodePoint(byte) ? 0 : 1;
    }
    return columns;
}

std::string fitted(std::string_view text, std::size_t columns) {
    std::size_t used = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (!continuesCodePoint(text[at]) && used++ == columns) {
            return std::string(text.substr(0, at));
        }
    }
    return std::string(text);
}

}  // namespace longship::cli
