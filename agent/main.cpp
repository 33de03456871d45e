#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cstdlib>
#include <exception>

#include "agent/daemon/agent_loop.h"
#include "agent/daemon/listen_address.h"
#include "agent/supervision/supervising_parent.h"
#include "core/base/failpoint.h"
#include "core/deploy/pack/unpacker.h"
#include "core/telemetry/link_probe.h"
#include "core/transport/keys.h"

namespace longship {
namespace {

/// Log lines go to standard error; a supervised agent's is its agent.log.
void startLog(const std::string& node) {
    auto logger = std::make_shared<spdlog::logger>(node, std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ [%n] %l: %v", spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

Result<void> checkOptions(const AgentOptions& options) {
    if (!isPublicKey(options.ownerKey)) {
        return failure(ErrorKind::BadInput,
                       "--owner-key: expected a public key of 40 Z85 characters, as in the first line of the "
                       "owner's key file.");
    }
    if (!isSafeName(options.node.value)) {
        return failure(ErrorKind::BadInput, "--node: expected a name of letters, digits, '-', '_' and '.'.");
    }
    LONGSHIP_TRY(listenEndpoint(options.listen));
    return {};
}

/// SIGTERM and SIGINT are waited for by the loop; no other thread may take them.
void blockSignals() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGTERM);
    ::sigaddset(&set, SIGINT);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
}

int runAgent(AgentHome& home, const AgentOptions& options) {
    home.claim();
    blockSignals();
    auto loop = AgentLoop::create(home, options);
    if (!loop) {
        spdlog::error("{}", loop.error().text);
        return kExitBadInput;
    }
    (*loop)->run();
    return 0;
}

std::filesystem::path runtimeFolder() {
    const char* folder = std::getenv("XDG_RUNTIME_DIR");
    return folder == nullptr ? std::filesystem::path() : std::filesystem::path(folder);
}

int start(const AgentOptions& options, bool supervised, bool foreground) {
    startLog(options.node.value);
    if (const auto checked = checkOptions(options); !checked) {
        spdlog::error("{}", checked.error().text);
        return kExitBadInput;
    }
    // Opened before going to the background, so that the one who starts it hears why it cannot.
    auto home = AgentHome::open(options.home);
    if (!home) {
        spdlog::error("{}", home.error().text);
        return kExitBadInput;
    }
    if (!supervised) {
        return runAgent(*home, options);
    }
    if (const auto done = foreground ? logTo(home->logFile()) : daemonise(home->logFile()); !done) {
        spdlog::error("{}", done.error().text);
        return 1;
    }
    return supervise([&] { return runAgent(*home, options); }, options.home / "died");
}

#ifdef LONGSHIP_FAILPOINTS
void armFailpoints() {
    if (const char* folder = std::getenv("LONGSHIP_FAILPOINTS")) {
        setFailpointFolder(folder);
    }
}
#endif

/// The agent leaves the folder that it was started in.
void makeAbsolute(AgentOptions& options) {
    options.home = std::filesystem::absolute(options.home);
    options.workerProgram = std::filesystem::absolute(options.workerProgram);
    if (options.serverProgram.empty()) {
        options.serverProgram = options.workerProgram.parent_path() / "longship-server";
    }
    options.serverProgram = std::filesystem::absolute(options.serverProgram);
    if (!options.dataFolder.empty()) {
        options.dataFolder = std::filesystem::absolute(options.dataFolder);
    }
}

}  // namespace
}  // namespace longship

int main(int argumentCount, char** arguments) {
#ifdef LONGSHIP_FAILPOINTS
    longship::armFailpoints();
#endif
    ::umask(077);
    // Not an agent at all, but a program that every node with an agent has.
    if (argumentCount == 2 && std::string_view(arguments[1]) == "--measure-links") {
        return longship::serveLinkProbe(STDIN_FILENO, STDOUT_FILENO);
    }
    if (argumentCount == 4 && std::string_view(arguments[1]) == "--unpack") {
        const auto unpacked = longship::unpack(STDIN_FILENO, arguments[2], arguments[3]);
        if (!unpacked) {
            longship::startLog("unpack");
            spdlog::error("{}", unpacked.error().text);
        }
        return unpacked ? 0 : 1;
    }
    longship::AgentOptions options;
    options.version = LONGSHIP_VERSION;
    bool supervised = false;
    bool foreground = false;
    long long idleExitSeconds = 0;
    CLI::App app(
        "One Longship agent: supervises the workers of this node. Started by the studio or by longship.");
    app.footer(
        "longship-agent --measure-links: no agent, but one end of measurements of links (longship cluster "
        "check).\nlongship-agent --unpack STORE FOLDER: no agent either; takes packed files (longship "
        "cluster "
        "deploy).");
    app.set_version_flag("--version", options.version);
    app.add_option("--home", options.home, "Folder for its key, history and runs")->required();
    app.add_option("--listen", options.listen, "Numeric address and port, 0 for any free one")
        ->capture_default_str();
    app.add_option("--owner-key", options.ownerKey, "Public key of who may command it")->required();
    app.add_option("--node", options.node.value, "Name of this node in its cluster")->required();
    app.add_option("--worker", options.workerProgram, "The longship-worker program")->required();
    app.add_option("--server", options.serverProgram,
                   "The longship-server program, where it is not beside longship-worker");
    app.add_option("--data", options.dataFolder, "Folder to which the data of runs is brought");
    app.add_option("--idle-exit", idleExitSeconds, "End after so many seconds without run and client")
        ->check(CLI::NonNegativeNumber);
    double checkpointGigabytes = 20;
    app.add_option("--checkpoint-budget", checkpointGigabytes,
                   "GB that the checkpoints of all runs may take on this node, 0 for any")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    app.add_flag("--supervise", supervised, "Go to the background and start the agent again when it dies");
    app.add_flag("--foreground", foreground, "With --supervise: stay, but log to the home's agent.log");
    try {
        app.parse(argumentCount, arguments);
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem) == 0 ? 0 : longship::kExitBadInput;
    }
    try {
        longship::makeAbsolute(options);
        options.idleExit = std::chrono::seconds(idleExitSeconds);
        options.checkpointBudget = static_cast<std::uint64_t>(checkpointGigabytes * 1e9);
        options.runtimeFolder = longship::runtimeFolder();
        return longship::start(options, supervised, foreground);
    } catch (const std::exception& problem) {
        spdlog::critical("The agent ends because of an unforeseen problem: {}", problem.what());
        return 1;
    }
}
