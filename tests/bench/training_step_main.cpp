// One member of the training benchmark: a perceptron 784-1024-1024-10 on data in memory, global batch 256,
// SGD with momentum. The driver (training_vs_ddp.py) starts one process per member and passes the endpoints
// on:
//   training_step RANK SIZE WARM_UPS STEPS
// prints {"endpoint":…,"key":…}, reads SIZE such lines from standard input, and prints one line of figures;
// it ends with its standard input.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/collective/collective_thread.h"
#include "core/training/memory_dataset.h"
#include "core/training/trainer_factory.h"
#include "core/transport/data_mesh.h"

namespace longship {
namespace {

constexpr std::uint64_t kGlobalBatch = 256;
constexpr std::uint64_t kSamples = 16'384;

struct Arguments {
    Rank rank = 0;
    std::uint32_t size = 1;
    Step warmUps = 0;
    Step steps = 0;
};

[[noreturn]] void fail(const Error& error) {
    std::cerr << "training_step: " << error.text << std::endl;
    std::exit(1);
}

template <typename Value>
Value orFail(Result<Value> result) {
    if (!result) {
        fail(result.error());
    }
    if constexpr (!std::is_void_v<Value>) {
        return std::move(*result);
    }
}

JobSpec benchJob(std::uint64_t globalBatch) {
    JobSpec job;
    job.model.name = "mlp";
    job.model.hidden = {1024, 1024};
    job.globalBatch = globalBatch;
    job.epochs = 1'000'000;
    return job;
}

TrainingData benchData() {
    TrainingData data;
    data.training = makeSyntheticDataset({1, 28, 28}, 10, kSamples, 1);
    data.test = makeSyntheticDataset({1, 28, 28}, 10, 1, 2);  // Evaluations are not what is timed.
    data.name = "synthetic";
    return data;
}

/// Steps that are no evaluation, timed as a whole: milliseconds a step, and the parts of the median row.
struct Figures {
    double stepMs = 0;
    double computeMs = 0;
    double waitMs = 0;
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

Figures timeSteps(Trainer& trainer, Rank rank, Step warmUps, Step steps) {
    while (trainer.stepsApplied() < warmUps) {
        orFail(trainer.advance());
    }
    std::vector<double> compute;
    std::vector<double> wait;
    const TimePoint begun = BootClock::now();
    while (trainer.stepsApplied() < warmUps + steps) {
        const TrainingProgress progress = orFail(trainer.advance());
        for (const StepRow& row : progress.finalRows) {
            compute.push_back(row.members[rank].computeMs);
            wait.push_back(row.members[rank].waitMs);
        }
    }
    const double elapsed = toSeconds(BootClock::now() - begun) * 1000;
    return {.stepMs = elapsed / static_cast<double>(steps),
            .computeMs = median(std::move(compute)),
            .waitMs = median(std::move(wait))};
}

/// The same sums as in a step, with nothing to compute beside them.
double timeSums(CollectiveThread& collectives, Step steps) {
    std::vector<std::vector<float>> buckets{std::vector<float>(10 * 1024 + 16),
                                            std::vector<float>(1024 * 1025), std::vector<float>(785 * 1024)};
    const TimePoint begun = BootClock::now();
    for (Step step = 0; step < steps; ++step) {
        std::vector<std::future<Result<void>>> sums;
        for (std::vector<float>& bucket : buckets) {
            sums.push_back(collectives.allreduce(std::span<float>(bucket)));
        }
        for (auto& sum : sums) {
            orFail(sum.get());
        }
    }
    return toSeconds(BootClock::now() - begun) * 1000 / static_cast<double>(steps);
}

std::unique_ptr<CollectiveThread> connect(const Arguments& arguments) {
    const KeyPair keys = KeyPair::generate();
    auto port = orFail(DataPort::bind("tcp://127.0.0.1:*", keys, false));
    std::cout << nlohmann::json{{"endpoint", port->endpoint()}, {"key", keys.publicKey}}.dump() << std::endl;
    DataPlan plan{.rank = arguments.rank,
                  .membership = 1,
                  .peers = {},
                  .token = "00112233445566778899aabbccddeeff",
                  .encrypted = false};
    for (std::uint32_t i = 0; i < arguments.size; ++i) {
        std::string line;
        std::getline(std::cin, line);
        const auto peer = nlohmann::json::parse(line);
        plan.peers.push_back({.endpoint = peer.at("endpoint"), .publicKey = peer.at("key")});
    }
    // The port must outlive the mesh; the thread owns both from here on.
    const auto held = std::make_shared<std::unique_ptr<DataPort>>(std::move(port));
    auto thread = std::make_unique<CollectiveThread>([held, plan]() -> Result<std::unique_ptr<Communicator>> {
        LONGSHIP_ASSIGN(std::unique_ptr<Mesh> mesh, (*held)->enter(plan));
        return std::make_unique<Communicator>(std::move(mesh), Communicator::Options{});
    });
    orFail(thread->started());
    return thread;
}

int run(const Arguments& arguments) {
    const TrainingData data = benchData();
    std::unique_ptr<CollectiveThread> collectives = arguments.size > 1 ? connect(arguments) : nullptr;
    const Trainer::Options options{.hashEverySteps = 0};

    const auto trainer = orFail(createTrainer(benchJob(kGlobalBatch), options, data));
    orFail(trainer->enter({.membership = 1,
                           .baseStep = 0,
                           .shares = std::vector<std::uint32_t>(arguments.size, 1),
                           .hasState = {}},
                          collectives.get()));
    const Figures together = timeSteps(*trainer, arguments.rank, arguments.warmUps, arguments.steps);

    // Each member alone with its part, all at the same time: what the machine could do without a network.
    const auto alone = orFail(createTrainer(benchJob(kGlobalBatch / arguments.size), options, data));
    orFail(alone->enter({.membership = 1, .baseStep = 0, .shares = {1}, .hasState = {}}, nullptr));
    const Figures apart = timeSteps(*alone, 0, arguments.warmUps, arguments.steps);
    const double sumsMs = collectives ? timeSums(*collectives, arguments.steps) : 0;

    std::cout << nlohmann::json{{"event", "bench"},
                                {"op", "training_step"},
                                {"nodes", arguments.size},
                                {"step_ms", together.stepMs},
                                {"samples_per_second", 1000.0 * kGlobalBatch / together.stepMs},
                                {"forward_backward_ms", together.computeMs},
                                {"wait_ms", together.waitMs},
                                {"alone_ms", apart.stepMs},
                                {"allreduce_ms", sumsMs}}
                     .dump()
              << std::endl;
    // Links are dropped only when every member has its figures: the last messages may still be on their way.
    std::string rest;
    while (std::getline(std::cin, rest)) {
    }
    return 0;
}

}  // namespace
}  // namespace longship

int main(int argc, char** argv) {
    if (argc != 5) {
        std::cerr << "usage: training_step RANK SIZE WARM_UPS STEPS" << std::endl;
        return 2;
    }
    return longship::run({.rank = static_cast<longship::Rank>(std::stoul(argv[1])),
                          .size = static_cast<std::uint32_t>(std::stoul(argv[2])),
                          .warmUps = std::stoull(argv[3]),
                          .steps = std::stoull(argv[4])});
}
