#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <iterator>

#include "agent/worker/worker_loop.h"
#include "core/base/failpoint.h"

namespace longship {
namespace {

constexpr int kExitBadInput = 2;

/// Log lines go to standard error, which the agent keeps as this task's log.
void startLog(const std::string& task) {
    auto logger = std::make_shared<spdlog::logger>(task, std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ [%n] %l: %v", spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
}

int start() {
    startLog("longship-worker");
    const std::string input(std::istreambuf_iterator<char>(std::cin), {});
    const auto config = workerConfigFrom(input);
    if (!config) {
        spdlog::error("{}", config.error().text);
        return kExitBadInput;
    }
    startLog(config->key.task.value);
    auto loop = WorkerLoop::create(*config, LONGSHIP_VERSION);
    if (!loop) {
        spdlog::error("{}", loop.error().text);
        return 1;
    }
    // Left alive: its trainer thread may be computing, and _exit() below ends everything at once.
    return loop->release()->run();
}

#ifdef LONGSHIP_FAILPOINTS
void armFailpoints() {
    if (const char* folder = std::getenv("LONGSHIP_FAILPOINTS")) {
        setFailpointFolder(folder);
    }
}
#endif

}  // namespace
}  // namespace longship

int main(int argumentCount, char** arguments) {
#ifdef LONGSHIP_FAILPOINTS
    longship::armFailpoints();
#endif
    ::signal(SIGPIPE, SIG_IGN);
    if (argumentCount > 1 && std::string_view(arguments[1]) == "--version") {
        std::cout << LONGSHIP_VERSION << "\n";
        return 0;
    }
    const int status = longship::start();
    spdlog::default_logger()->flush();
    ::_exit(status);
}
