#include "core/deploy/link_meter.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/deploy/node_scripts.h"
#include "core/deploy/node_shell.h"

namespace longship {
namespace {

constexpr std::chrono::seconds kStartPatience{20};
constexpr std::chrono::seconds kMeasurePatience{20};
constexpr std::chrono::seconds kEndPatience{15};
// Most of the time others measure.
constexpr std::chrono::seconds kSilence{600};
constexpr std::size_t kSaidBytesMax = std::size_t{64} << 10;
constexpr std::string_view kListening = "listening ";
constexpr std::string_view kMeasured = "measured ";
constexpr std::string_view kFailed = "failed ";

/// The line after `word`; what it says instead, as an error.
Result<std::string> after(std::string_view word, const std::string& line) {
    if (line.starts_with(word)) {
        return line.substr(word.size());
    }
    return failure(
        ErrorKind::Unavailable,
        printable(line.starts_with(kFailed) ? line.substr(kFailed.size()) : "It says: " + line, 300));
}

}  // namespace

LinkMeter::LinkMeter(SshSession& session, std::string address, std::stop_token stop)
    : m_address(std::move(address)),
      m_stopToo(std::move(stop), [this] { m_stop.request_stop(); }),
      m_thread([this, &session] { work(session); }) {}

LinkMeter::~LinkMeter() {
    std::unique_lock lock(m_mutex);
    m_ending = true;
    if (!m_heard.wait_for(lock, kEndPatience, [this] { return m_done; })) {
        m_stop.request_stop();
    }
}

Result<std::unique_ptr<LinkMeter>> LinkMeter::start(SshSession& session, const std::string& token,
                                                    const std::string& address, std::stop_token stop) {
    std::unique_ptr<LinkMeter> meter(new LinkMeter(session, address, std::move(stop)));
    meter->say(fmt::format("{} {}\n", token, address));
    LONGSHIP_ASSIGN(const std::string line, meter->hear(kStartPatience));
    LONGSHIP_ASSIGN(const std::string port, after(kListening, line));
    const auto number = parsePort(port);
    if (!number) {
        return failure(ErrorKind::Corrupt, "It names no port: " + printable(port, 40));
    }
    meter->m_port = *number;
    return meter;
}

Result<LinkMeasure> LinkMeter::measureTo(const LinkMeter& other) {
    say(fmt::format("{} {}\n", other.address(), other.port()));
    LONGSHIP_ASSIGN(const std::string line, hear(kMeasurePatience));
    LONGSHIP_ASSIGN(const std::string text, after(kMeasured, line));
    auto measure = parseLinkMeasure(text);
    if (!measure) {
        return failure(ErrorKind::Corrupt, "What it measured cannot be read: " + printable(text, 100));
    }
    measure->localAddress = printable(measure->localAddress);
    measure->interface = printable(measure->interface);
    return *measure;
}

void LinkMeter::say(std::string text) {
    const std::lock_guard lock(m_mutex);
    m_toSay += text;
}

Result<std::string> LinkMeter::hear(Duration patience) {
    std::unique_lock lock(m_mutex);
    const auto isThere = [this] { return m_ended || m_said.find('\n') != std::string::npos; };
    m_heard.wait_for(lock, m_stop.get_token(), patience, isThere);
    if (const auto end = m_said.find('\n'); end != std::string::npos) {
        const std::string line = m_said.substr(0, end);
        m_said.erase(0, end + 1);
        return line;
    }
    if (m_stop.stop_requested()) {
        return failure(ErrorKind::Interrupted, "The check was cancelled.");
    }
    if (!m_ended) {
        // A late answer must not be taken for that to the next question.
        m_ended = Error{ErrorKind::Unavailable, "Its probe does not answer."};
    }
    return failure(*m_ended);
}

/// On a thread of its own, which the session belongs to meanwhile.
void LinkMeter::work(SshSession& session) {
    ScriptCall call{node_scripts::kMeasureLinks, {}, {}};
    call.silenceMax = kSilence;
    call.input = [this](std::span<std::byte> bytes) -> Result<std::size_t> {
        const std::lock_guard lock(m_mutex);
        if (m_toSay.empty()) {
            return m_ending ? 0 : kNoInputYet;
        }
        const std::size_t count = std::min(bytes.size(), m_toSay.size());
        std::copy_n(reinterpret_cast<const std::byte*>(m_toSay.data()), count, bytes.begin());
        m_toSay.erase(0, count);
        return count;
    };
    call.output = [this](std::span<const std::byte> bytes) -> Result<void> {
        const std::lock_guard lock(m_mutex);
        if (m_said.size() + bytes.size() > kSaidBytesMax) {
            return failure(ErrorKind::Exhausted, "Its probe says more than was asked for.");
        }
        m_said.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        m_heard.notify_all();
        return {};
    };
    const auto answer = NodeShell(session).must(call, "Its probe of links", m_stop.get_token());
    const std::lock_guard lock(m_mutex);
    m_done = true;
    if (!m_ended) {
        m_ended = answer ? Error{ErrorKind::Unavailable, "Its probe of links has ended."} : answer.error();
    }
    m_heard.notify_all();
}

}  // namespace longship
