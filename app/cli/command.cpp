#include "app/cli/command.h"

namespace longship::cli {

ExitCode exitCodeOf(const Error& error) {
    switch (error.kind) {
        case ErrorKind::Unavailable: return ExitCode::Unreachable;
        case ErrorKind::Interrupted: return ExitCode::Interrupted;
        default: return ExitCode::BadInput;
    }
}

void Choice::addJson(CLI::App& verb) {
    verb.add_flag("--json", json, "Print one JSON object a line, for scripts");
}

}  // namespace longship::cli
