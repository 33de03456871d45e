#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/deploy/ssh/session.h"

namespace longship {

/// One of our fixed scripts and what it works on.
struct ScriptCall {
    std::string_view script;  ///< POSIX shell. $B is Longship's folder on the node.
    std::vector<std::string>
        arguments;  ///< One a line on the script's standard input; no line breaks inside.
    std::function<Result<std::size_t>(std::span<std::byte>)> input;    ///< What follows the arguments.
    std::function<Result<void>(std::span<const std::byte>)> output{};  ///< Instead of ScriptAnswer::output.
    std::chrono::seconds silenceMax{60};
};

struct ScriptAnswer {
    int status = 0;
    std::string output;
    std::string errors;  ///< Fit to print.
    std::string noise;   ///< What the login shell said before the script began: fit to print.
};

/// Runs scripts on a node. A command line is read by a login shell that may be any shell, so it is always the
/// same few words without anything to interpret; the script and its arguments go in by standard input. What
/// the user's rc file prints is kept apart from what the script says.
class NodeShell {
public:
    explicit NodeShell(SshSession& session) : m_session(session) {}

    /// Whatever its exit status. Refused when the script never began: the login shell is not fit for
    /// commands.
    Result<ScriptAnswer> call(const ScriptCall& call, std::stop_token stop = {});
    /// Exit status 0, or a failure with what the script wrote to standard error.
    Result<ScriptAnswer> must(const ScriptCall& call, std::string_view what, std::stop_token stop = {});

private:
    SshSession& m_session;
};

}  // namespace longship
