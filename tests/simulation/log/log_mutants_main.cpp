#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "tests/simulation/log/log_havoc.h"
#include "tests/simulation/log/log_scenarios.h"

/// Breaks one rule of the replicated log after the other (mutate.py) and demands that the simulation notices.
///     log_mutants [NUMBER]
namespace longship {

extern int mutantOn;
const std::vector<std::string>& mutantNames();

namespace test {
namespace {

constexpr std::uint64_t kSeedsMax = 20'000;
constexpr std::uint64_t kSeedsUnchanged = 2'000;  // The simulation itself tries more.

/// In a process of its own: a mutant may crash, which counts as noticed. Exit status 0: not noticed.
[[noreturn]] void live(int mutant, int report) {
    mutantOn = mutant;
    std::string found;
    for (const LogScenario& scenario : logScenarios()) {
        if (found.empty() && !scenario.run().empty()) {
            found = scenario.name;
        }
    }
    const std::uint64_t seeds = mutant == 0 ? kSeedsUnchanged : kSeedsMax;
    for (std::uint64_t seed = 1; found.empty() && seed <= seeds; ++seed) {
        if (!liveThroughHavoc(seed, false).problem.empty()) {
            found = "seed " + std::to_string(seed);
        }
    }
    if (::write(report, found.data(), found.size()) < 0) {
        std::_Exit(2);
    }
    std::_Exit(found.empty() ? 0 : 1);
}

/// By what it was noticed; empty: by nothing.
std::string noticedBy(int mutant) {
    int ends[2];
    if (::pipe(ends) != 0) {
        return {};
    }
    const pid_t child = ::fork();
    if (child == 0) {
        live(mutant, ends[1]);
    }
    ::close(ends[1]);
    char text[200];
    const ssize_t bytes = ::read(ends[0], text, sizeof text);
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) {
        return "its own checks";
    }
    return bytes > 0 ? std::string(text, static_cast<std::size_t>(bytes)) : std::string();
}

int run(int only) {
    const auto& names = mutantNames();
    std::size_t caught = 0;
    std::size_t tried = 0;
    if (only == 0 && !noticedBy(0).empty()) {
        std::cout << "the unchanged log is noticed as well, by " << noticedBy(0) << "\n";
        return 1;
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        const int mutant = static_cast<int>(i) + 1;
        if (only != 0 && only != mutant) {
            continue;
        }
        const std::string by = noticedBy(mutant);
        ++tried;
        caught += by.empty() ? 0 : 1;
        std::cout << (by.empty() ? "NOT CAUGHT " : "caught ") << mutant << " \"" << names[i] << "\""
                  << (by.empty() ? "" : " by " + by) << std::endl;
    }
    std::cout << caught << " of " << tried << " mutants caught\n";
    return caught == tried && tried > 0 ? 0 : 1;
}

}  // namespace
}  // namespace test
}  // namespace longship

int main(int argc, char** argv) {
    return longship::test::run(argc > 1 ? std::atoi(argv[1]) : 0);
}
