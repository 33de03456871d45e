#pragma once

#include <functional>
#include <string>
#include <vector>

namespace longship::test {

/// One promise of the log, tried with one fault at a time.
struct LogScenario {
    std::string name;
    std::function<std::string()> run;  ///< What went wrong; empty: nothing.
};

std::vector<LogScenario> logScenarios();

}  // namespace longship::test
