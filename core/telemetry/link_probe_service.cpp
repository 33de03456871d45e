#include <poll.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <sstream>

#include "core/base/clock.h"
#include "core/telemetry/link_probe.h"

namespace longship {
namespace {

constexpr std::chrono::seconds kAskedWithin{120};
constexpr std::size_t kLineBytesMax = 1024;

/// Lines of a file descriptor; none at its end, after too long a line, and when nothing came for so long.
class Lines {
public:
    explicit Lines(int file) : m_file(file) {}

    std::optional<std::string> next() {
        const TimePoint deadline = BootClock::now() + kAskedWithin;
        for (;;) {
            if (const auto end = m_text.find('\n'); end != std::string::npos) {
                const std::string line = m_text.substr(0, end);
                m_text.erase(0, end + 1);
                return line;
            }
            pollfd entry{m_file, POLLIN, 0};
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - BootClock::now());
            if (m_text.size() > kLineBytesMax || left.count() <= 0 ||
                ::poll(&entry, 1, static_cast<int>(left.count())) <= 0) {
                return std::nullopt;
            }
            std::array<char, kLineBytesMax> bytes{};
            const ssize_t count = ::read(m_file, bytes.data(), bytes.size());
            if (count <= 0) {
                return std::nullopt;
            }
            m_text.append(bytes.data(), static_cast<std::size_t>(count));
        }
    }

private:
    int m_file;
    std::string m_text;
};

bool say(int file, std::string line) {
    line += '\n';
    return ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

std::string measured(const std::string& request, const std::string& token) {
    std::istringstream words(request);
    std::string address;
    std::uint16_t port = 0;
    words >> address >> port;
    if (words.fail()) {
        return "failed expected an address and a port.";
    }
    const auto measure = measureLink(address, port, token);
    return measure ? "measured " + toText(*measure) : "failed " + measure.error().text;
}

}  // namespace

int serveLinkProbe(int in, int out) {
    Lines lines(in);
    std::istringstream first(lines.next().value_or(""));
    std::string token;
    std::string address;
    first >> token >> address;
    const auto listener = LinkProbeListener::open(address, token);
    if (!listener) {
        say(out, "failed " + listener.error().text);
        return 1;
    }
    if (!say(out, "listening " + std::to_string((*listener)->port()))) {
        return 1;
    }
    while (const auto request = lines.next()) {
        if (!say(out, measured(*request, token))) {
            return 1;
        }
    }
    return 0;
}

}  // namespace longship
