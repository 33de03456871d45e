#include "core/parameter_server/parameter_server_bench.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/random.h"
#include "core/collective/bench_crew.h"
#include "core/collective/communicator.h"
#include "core/parameter_server/shard_client.h"
#include "core/parameter_server/shard_server.h"

namespace longship {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kWarmUps = 5;
constexpr std::size_t kKeyElements = std::size_t{1} << 20;  // 4 MiB, as the peers' benchmarks have it.
constexpr auto kTimeout = 30s;
constexpr std::uint32_t kIterationsMax = 1000;

/// Small whole numbers: their sums over workers and steps are exact in any order.
float valueAt(Rank rank, std::size_t index) {
    return static_cast<float>(mix64(keyOf({rank}) + index) % 201) - 100.0F;
}

std::vector<Stretch> keysOf(std::size_t elements) {
    std::vector<Stretch> keys;
    for (std::size_t begin = 0; begin < elements; begin += kKeyElements) {
        keys.push_back({begin, std::min(begin + kKeyElements, elements)});
    }
    return keys;
}

/// p' = p - g.
OptimizerSpec plainSgd() {
    OptimizerSpec spec;
    spec.learningRate = 1;
    spec.momentum = 0;
    return spec;
}

std::uint32_t stepsOf(const ParameterServerBenchOptions& options) {
    return kWarmUps + options.iterations;
}

/// Until the workers leave, which they do together.
Result<void> serve(const ParameterServerBenchOptions& options, std::unique_ptr<Mesh> mesh) {
    ServerSeat seat{mesh->membership(), 0, options.workers, {}, std::vector<bool>(mesh->size())};
    for (std::uint32_t server = 0; server < options.servers; ++server) {
        seat.servers.push_back({server, NodeId(fmt::format("node-{}", server)), true});
    }
    ShardServer<float> server({options.servers, options.backup, plainSgd(), GradientSums::Float});
    LONGSHIP_TRY(server.enter(std::move(mesh), seat));
    while (server.advance(BootClock::now() + kTimeout)) {
    }
    return {};
}

/// One worker of the bench.
class Worker {
public:
    Worker(const ParameterServerBenchOptions& options, std::unique_ptr<Mesh> mesh)
        : m_options(options),
          m_communicator(std::move(mesh), {.timeout = kTimeout, .members = options.workers}) {}

    Result<void> run(std::size_t bytes, const BenchChannel& parent) {
        LONGSHIP_ASSIGN(const auto times, measure(bytes / sizeof(float)));
        sendTimes(parent, times);
        return m_communicator.barrier();
    }

private:
    Result<std::vector<Duration>> measure(std::size_t elements) {
        ShardClient<float> client(keysOf(elements), m_options.servers, GradientSums::Float);
        std::vector<float> gradient(elements);
        for (std::size_t i = 0; i < elements; ++i) {
            gradient[i] = valueAt(m_communicator.rank(), i);
        }
        std::vector<float> parameters(elements);
        const ShardClient<float>::Source source{parameters};
        LONGSHIP_TRY(m_communicator.perform([&](Exchange& exchange) {
            return client.enter(exchange, 0, m_communicator.rank() == 0 ? &source : nullptr);
        }));
        std::vector<Duration> times;
        for (Step step = 0; step < stepsOf(m_options); ++step) {
            LONGSHIP_TRY(m_communicator.barrier());
            const TimePoint start = BootClock::now();
            client.beginStep(step, parameters);
            LONGSHIP_TRY(m_communicator.perform(
                [&](Exchange& exchange) { return exchangeAll(exchange, client, gradient); }));
            if (step >= kWarmUps) {
                times.push_back(BootClock::now() - start);
            }
            if (step == 0 || step + 1 == stepsOf(m_options)) {
                LONGSHIP_TRY(check(parameters, step));
            }
        }
        return times;
    }

    static Result<void> exchangeAll(Exchange& exchange, ShardClient<float>& client,
                                    std::span<const float> gradient) {
        for (std::uint32_t key = 0; key < client.map().buckets(); ++key) {
            LONGSHIP_TRY(
                client.push(exchange, key,
                            gradient.subspan(key * kKeyElements)
                                .first(std::min(kKeyElements, gradient.size() - key * kKeyElements))));
        }
        for (std::uint32_t key = 0; key < client.map().buckets(); ++key) {
            LONGSHIP_TRY(client.pull(exchange, key));
        }
        return client.finishStep(exchange);
    }

    Result<void> check(const std::vector<float>& parameters, Step step) const {
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            float expected = 0;
            for (Rank worker = 0; worker < m_options.workers; ++worker) {
                expected -= static_cast<float>(step + 1) * valueAt(worker, i);
            }
            if (parameters[i] != expected) {
                return failure(
                    ErrorKind::Internal,
                    fmt::format("Wrong parameter {} of {} after {} steps at worker {}: {} instead of {}.", i,
                                parameters.size(), step + 1, m_communicator.rank(), parameters[i], expected));
            }
        }
        return {};
    }

    const ParameterServerBenchOptions& m_options;
    Communicator m_communicator;
};

Result<void> checkOptions(const ParameterServerBenchOptions& options) {
    if (options.workers < 1 || options.servers < 1 ||
        options.workers + options.servers > BenchCrew::kMembersMax) {
        return failure(
            ErrorKind::BadInput,
            fmt::format("The bench needs a worker, a server and together at most {}, not {} and {}.",
                        BenchCrew::kMembersMax, options.workers, options.servers));
    }
    for (const std::size_t bytes : options.sizes) {
        if (bytes == 0 || bytes % sizeof(float) != 0) {
            return failure(ErrorKind::BadInput,
                           fmt::format("A size of {} bytes is no whole number of float32 values.", bytes));
        }
    }
    if (options.iterations == 0 || options.iterations > kIterationsMax) {
        return failure(ErrorKind::BadInput, fmt::format("The bench takes 1 to {} iterations, not {}.",
                                                        kIterationsMax, options.iterations));
    }
    return {};
}

}  // namespace

Result<void> runParameterServerBench(const ParameterServerBenchOptions& options,
                                     const std::function<void(const ParameterServerBenchResult&)>& report) {
    LONGSHIP_TRY(checkOptions(options));
    for (const std::size_t bytes : options.sizes) {
        BenchCrew crew;
        LONGSHIP_TRY(crew.start(options.workers + options.servers, options.encrypted,
                                [&](std::unique_ptr<Mesh> mesh, const BenchChannel& parent) {
                                    return mesh->rank() < options.workers
                                               ? Worker(options, std::move(mesh)).run(bytes, parent)
                                               : serve(options, std::move(mesh));
                                }));
        LONGSHIP_ASSIGN(const double median, crew.collectMedian(options.workers));
        report({options.workers, options.servers, bytes, options.encrypted, options.backup, median / 1e6,
                2 * 8 * static_cast<double>(bytes) / median});
        crew.join();
    }
    return {};
}

}  // namespace longship
