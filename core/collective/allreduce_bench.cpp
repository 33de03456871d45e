#include "core/collective/allreduce_bench.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/random.h"
#include "core/collective/bench_crew.h"

namespace longship {
namespace {

constexpr std::size_t kSmallBytes = std::size_t{1} << 20;
constexpr std::uint32_t kSmallIterations = 200;
constexpr std::uint32_t kWarmUps = 5;

/// Whole numbers, so that the sum is exact in any order.
float valueAt(Rank rank, std::size_t index) {
    return static_cast<float>(mix64(keyOf({rank}) + index) % 2001) - 1000.0F;
}

std::uint32_t iterationsFor(const AllreduceBenchOptions& options, std::size_t bytes) {
    return bytes < kSmallBytes ? std::max(options.iterations, kSmallIterations) : options.iterations;
}

/// One process of the bench.
class Member {
public:
    Member(const AllreduceBenchOptions& options, std::unique_ptr<Mesh> mesh)
        : m_options(options), m_communicator(std::move(mesh), options.communicator) {}

    Result<void> run(const BenchChannel& parent) {
        for (const std::size_t bytes : m_options.sizes) {
            LONGSHIP_ASSIGN(const auto times, measure(bytes / sizeof(float)));
            sendTimes(parent, times);
        }
        // Nobody leaves before everybody is done.
        return m_communicator.barrier();
    }

private:
    Result<std::vector<Duration>> measure(std::size_t count) {
        std::vector<float> input(count);
        for (std::size_t i = 0; i < count; ++i) {
            input[i] = valueAt(m_communicator.rank(), i);
        }
        std::vector<float> values(count);
        std::vector<Duration> times;
        const std::uint32_t iterations = iterationsFor(m_options, count * sizeof(float));
        for (std::uint32_t i = 0; i < kWarmUps + iterations; ++i) {
            values = input;
            LONGSHIP_TRY(m_communicator.barrier());
            const TimePoint start = BootClock::now();
            LONGSHIP_TRY(m_communicator.allreduce(std::span(values)));
            const Duration elapsed = BootClock::now() - start;
            if (i == 0 || i + 1 == kWarmUps + iterations) {
                LONGSHIP_TRY(check(values));
            }
            if (i >= kWarmUps) {
                times.push_back(elapsed);
            }
        }
        return times;
    }

    Result<void> check(const std::vector<float>& values) const {
        for (std::size_t i = 0; i < values.size(); ++i) {
            float expected = 0;
            for (Rank rank = 0; rank < m_options.nodes; ++rank) {
                expected += valueAt(rank, i);
            }
            if (values[i] != expected) {
                return failure(ErrorKind::Internal,
                               fmt::format("Wrong sum at element {} of {} on rank {}: {} instead of {}.", i,
                                           values.size(), m_communicator.rank(), values[i], expected));
            }
        }
        return {};
    }

    const AllreduceBenchOptions& m_options;
    Communicator m_communicator;
};

Result<void> checkOptions(const AllreduceBenchOptions& options) {
    if (options.nodes < 2 || options.nodes > BenchCrew::kMembersMax) {
        return failure(ErrorKind::BadInput, fmt::format("The bench needs 2 to {} nodes, not {}.",
                                                        BenchCrew::kMembersMax, options.nodes));
    }
    for (const std::size_t bytes : options.sizes) {
        if (bytes == 0 || bytes % sizeof(float) != 0) {
            return failure(ErrorKind::BadInput,
                           fmt::format("A size of {} bytes is no whole number of float32 values.", bytes));
        }
    }
    if (options.iterations == 0) {
        return failure(ErrorKind::BadInput, "The bench needs at least one iteration.");
    }
    return {};
}

}  // namespace

Result<void> runAllreduceBench(const AllreduceBenchOptions& options,
                               const std::function<void(const AllreduceBenchResult&)>& report) {
    LONGSHIP_TRY(checkOptions(options));
    BenchCrew crew;
    LONGSHIP_TRY(crew.start(options.nodes, options.encrypted,
                            [&](std::unique_ptr<Mesh> mesh, const BenchChannel& parent) {
                                return Member(options, std::move(mesh)).run(parent);
                            }));
    for (const std::size_t bytes : options.sizes) {
        LONGSHIP_ASSIGN(const double median, crew.collectMedian(options.nodes));
        const double share = 2.0 * (options.nodes - 1) / options.nodes;
        report({options.nodes, bytes, options.encrypted, median / 1e6,
                share * static_cast<double>(bytes) / median});
    }
    crew.join();
    return {};
}

}  // namespace longship
