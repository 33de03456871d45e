#include "core/deploy/node_shell.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/check.h"
#include "core/base/digest.h"

namespace longship {
namespace {

constexpr std::size_t kTextBytesMax = std::size_t{4} << 20;
constexpr std::size_t kNoiseBytesMax = std::size_t{64} << 10;

/// Reads exactly the script, byte by byte, so that the rest of standard input is left for what it calls. Any
/// login shell passes this on unchanged: quotation marks that all shells share, no backslash, no exclamation
/// mark.
std::string commandFor(std::size_t scriptBytes) {
    return fmt::format("exec /bin/sh -c 'eval \"$(dd bs=1 count={} 2>/dev/null)\"'", scriptBytes);
}

/// Finds the line with which the script begins, keeps what came before apart, hands on what comes after.
class Receiver {
public:
    Receiver(std::string marker, const ScriptCall& call, ScriptAnswer& answer)
        : m_marker(std::move(marker)), m_call(call), m_answer(answer) {}

    bool begun() const { return m_begun; }

    Result<void> take(std::span<const std::byte> bytes) {
        if (m_begun) {
            return deliver(bytes);
        }
        m_before.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        const auto at = m_before.find(m_marker);
        if (at == std::string::npos) {
            if (m_before.size() > kNoiseBytesMax) {
                return failure(ErrorKind::Refused, "The login shell there prints without end.");
            }
            return {};
        }
        m_begun = true;
        m_answer.noise = printable(std::string_view(m_before).substr(0, at));
        const std::string rest = m_before.substr(at + m_marker.size());
        m_before.resize(at);
        return rest.empty() ? Result<void>() : deliver(std::as_bytes(std::span(rest)));
    }

    std::string before() const { return printable(m_before); }

private:
    Result<void> deliver(std::span<const std::byte> bytes) {
        if (m_call.output) {
            return m_call.output(bytes);
        }
        if (m_answer.output.size() + bytes.size() > kTextBytesMax) {
            return failure(ErrorKind::Exhausted, "A script on a node said more than 4 MiB.");
        }
        m_answer.output.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return {};
    }

    std::string m_marker;
    const ScriptCall& m_call;
    ScriptAnswer& m_answer;
    std::string m_before;
    bool m_begun = false;
};

}  // namespace

Result<ScriptAnswer> NodeShell::call(const ScriptCall& call, std::stop_token stop) {
    const std::string token = randomHex(8);
    const std::string script = fmt::format(
        "echo longship-{}\nset -eu\numask 077\nexport LC_ALL=C\nB=$HOME/.local/share/longship\n{}\n", token,
        call.script);
    std::string front = script;
    for (const std::string& argument : call.arguments) {
        LONGSHIP_CHECK(argument.find('\n') == std::string::npos, "an argument of a script is one line");
        front += argument + "\n";
    }
    ScriptAnswer answer;
    Receiver receiver(fmt::format("longship-{}\n", token), call, answer);
    SshExec exec;
    exec.command = commandFor(script.size());
    exec.silenceMax = call.silenceMax;
    std::string_view unsent = front;
    exec.input = [&](std::span<std::byte> bytes) -> Result<std::size_t> {
        if (unsent.empty()) {
            return call.input ? call.input(bytes) : Result<std::size_t>(0);
        }
        const std::size_t count = std::min(bytes.size(), unsent.size());
        std::copy_n(reinterpret_cast<const std::byte*>(unsent.data()), count, bytes.begin());
        unsent.remove_prefix(count);
        return count;
    };
    exec.output = [&](std::span<const std::byte> bytes) { return receiver.take(bytes); };
    std::string errors;
    exec.errors = [&](std::span<const std::byte> bytes) -> Result<void> {
        const std::size_t room = kNoiseBytesMax - std::min(kNoiseBytesMax, errors.size());
        errors.append(reinterpret_cast<const char*>(bytes.data()), std::min(room, bytes.size()));
        return {};
    };
    LONGSHIP_ASSIGN(const SshExit exit, m_session.exec(exec, std::move(stop)));
    answer.errors = printable(errors);
    answer.status = exit.status;
    if (!receiver.begun()) {
        const std::string said = receiver.before() + answer.errors;
        return failure(
            ErrorKind::Refused,
            fmt::format("The login shell there does not run commands (exit status {}{}). Does \"ssh HOST "
                        "true\" work, and does ~/.bashrc or ~/.profile there end early?",
                        exit.status, said.empty() ? "" : ", it said: " + said));
    }
    return answer;
}

Result<ScriptAnswer> NodeShell::must(const ScriptCall& call_, std::string_view what, std::stop_token stop) {
    LONGSHIP_ASSIGN(ScriptAnswer answer, call(call_, std::move(stop)));
    if (answer.status != 0) {
        return failure(ErrorKind::Refused,
                       fmt::format("{} failed there (exit status {}): {}", what, answer.status,
                                   answer.errors.empty() ? "it said nothing." : answer.errors));
    }
    return answer;
}

}  // namespace longship
