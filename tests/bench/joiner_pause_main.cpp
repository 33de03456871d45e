// How long the others stand still when a worker without state joins them, with a large model: two members
// train a wide perceptron over real links on 127.0.0.1, a third one joins.
//   joiner_pause inside|background [HIDDEN] [STEPS]
// prints one JSON object: the usual time of a step before the join, the pause (from the last step of the two
// to the first of the three), how long the copy took, the usual and the longest step meanwhile.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/training/memory_dataset.h"
#include "tests/core/training/team.h"
#include "tests/support/test_meshes.h"

namespace longship {
namespace {

using test::Team;

JobSpec benchJob(std::int64_t hidden) {
    JobSpec job;
    job.dataset.name = "fashion-mnist";
    job.model.name = "mlp";
    job.model.hidden = {hidden, hidden};
    job.optimizer.learningRate = 0.001;
    job.globalBatch = 96;
    job.epochs = 1'000'000;
    return job;
}

/// Members over links of their own on the loopback, encrypted.
void enter(Team& team, const std::vector<std::size_t>& members, MembershipNumber number) {
    test::TestPorts ports(static_cast<std::uint32_t>(members.size()), true, number);
    auto entered = ports.enterAll();
    team.enterAs(members, [&](Rank rank, std::unique_ptr<Mesh>) { return std::move(entered[rank].value()); });
    if (team.anyFailed()) {
        std::cerr << team[members.back()].error.text << std::endl;
        std::exit(1);
    }
}

double median(std::vector<double> values) {
    if (values.empty()) {
        return 0;
    }
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                     values.end());
    return values[values.size() / 2];
}

std::vector<double> steps(Team& team, Step count) {
    std::vector<double> times;
    for (Step i = 0; i < count; ++i) {
        const TimePoint began = BootClock::now();
        team.advanceOnce();
        times.push_back(toSeconds(BootClock::now() - began));
    }
    return times;
}

int measure(bool background, std::int64_t hidden, Step count) {
    Trainer::Options options;
    options.hashEverySteps = 0;
    options.transferInside = background ? Duration(std::chrono::seconds(1)) : Duration(std::chrono::hours(1));
    TrainingData data;
    data.training = makeSyntheticDataset({1, 28, 28}, 10, 60'000, 1);
    data.test = makeSyntheticDataset({1, 28, 28}, 10, 1, 2);
    data.name = "synthetic";
    data.preprocessing.description = "{}";
    Team team(benchJob(hidden), options, test::shared(data, 3));
    team.restart(2);
    enter(team, {0, 1}, 1);
    const std::vector<double> before = steps(team, count);
    const TimePoint left = BootClock::now();
    enter(team, {0, 1, 2}, 2);
    const double standing = toSeconds(BootClock::now() - left);
    const bool follows = !team[2].trainer->hasState();
    const TimePoint entered = BootClock::now();
    std::vector<double> meanwhile;
    while (!team[2].trainer->hasState()) {
        meanwhile.push_back(steps(team, 1).front());
    }
    const double copied = toSeconds(BootClock::now() - entered);
    const std::vector<double> after = steps(team, count);
    team.hash();
    const std::uint64_t parameters = team[0].trainer->prepared().parameters;
    std::cout << nlohmann::json{{"mode", background ? "background" : "inside"},
                                {"parameter_mb", static_cast<double>(parameters) * 4 / 1e6},
                                {"state_mb", static_cast<double>(parameters) * 8 / 1e6},
                                {"step_before_s", median(before)},
                                {"pause_s", standing},
                                {"followed", follows},
                                {"copy_s", follows ? copied : 0.0},
                                {"steps_meanwhile", meanwhile.size()},
                                {"step_meanwhile_s", median(meanwhile)},
                                {"longest_meanwhile_s",
                                 meanwhile.empty() ? 0.0
                                                   : *std::max_element(meanwhile.begin(), meanwhile.end())},
                                {"step_after_s", median(after)}}
                     .dump()
              << std::endl;
    return 0;
}

}  // namespace
}  // namespace longship

int main(int argumentCount, char** arguments) {
    const std::string mode = argumentCount > 1 ? arguments[1] : "";
    if (mode != "inside" && mode != "background") {
        std::cerr << "usage: joiner_pause inside|background [HIDDEN] [STEPS]" << std::endl;
        return 2;
    }
    const long hidden = argumentCount > 2 ? std::strtol(arguments[2], nullptr, 10) : 6700;
    const long count = argumentCount > 3 ? std::strtol(arguments[3], nullptr, 10) : 8;
    return longship::measure(mode == "background", hidden, static_cast<longship::Step>(count));
}
