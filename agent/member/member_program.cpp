#include "agent/member/member_program.h"

#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <iostream>
#include <iterator>

#include "agent/member/member_loop.h"
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

int start(const char* name, const std::function<std::unique_ptr<MemberWork>()>& makeWork) {
    startLog(name);
    const std::string input(std::istreambuf_iterator<char>(std::cin), {});
    const auto config = workerConfigFrom(input);
    if (!config) {
        spdlog::error("{}", config.error().text);
        return kExitBadInput;
    }
    startLog(config->key.task.value);
    auto loop = MemberLoop::create(*config, makeWork(), LONGSHIP_VERSION);
    if (!loop) {
        spdlog::error("{}", loop.error().text);
        return 1;
    }
    // Left alive: its thread may be computing, and _exit() below ends everything at once.
    return loop->release()->run();
}

}  // namespace

void runMember(const MemberStart& started, const std::function<std::unique_ptr<MemberWork>()>& makeWork) {
#ifdef LONGSHIP_FAILPOINTS
    if (started.failpointFolder != nullptr) {
        setFailpointFolder(started.failpointFolder);
    }
#endif
    ::signal(SIGPIPE, SIG_IGN);
    if (started.argumentCount > 1 && std::string_view(started.arguments[1]) == "--version") {
        std::cout << LONGSHIP_VERSION << "\n" << std::flush;
        ::_exit(0);
    }
    const int status = start(started.program, makeWork);
    spdlog::default_logger()->flush();
    ::_exit(status);
}

}  // namespace longship
