#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <thread>

#include "core/base/random.h"
#include "core/collective/communicator.h"
#include "core/parameter_server/shard_client.h"
#include "core/parameter_server/shard_server.h"
#include "core/transport/data_mesh.h"
#include "tests/core/training/faulty_mesh.h"

// A run through many memberships, each of which ends with the death of somebody in the middle of something:
// a fill, a push, a backup, an acknowledgement, a pull. Whatever happens, the bits are those of a plain loop.
namespace longship {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kWorkers = 2;
constexpr std::uint32_t kShards = 3;
constexpr Step kStepsTotal = 40;
constexpr auto kTimeout = 30s;
const std::vector<Stretch> kBuckets{{0, 3500}, {3504, 3600}, {3600, 8000}};
constexpr std::size_t kElements = 8000;

using Values = std::vector<float>;

OptimizerSpec momentum() {
    OptimizerSpec spec;
    spec.learningRate = 0.1;
    spec.momentum = 0.9;
    return spec;
}

Values gradient(Step step, Rank worker) {
    SeededRandom random(keyOf({step, worker}));
    Values values(kElements);
    std::ranges::generate(values, [&] {
        return static_cast<float>(std::ldexp(random.unit() - 0.5, -static_cast<int>(random.below(12))));
    });
    return values;
}

/// Parameters and momentum after a number of steps.
struct State {
    Values parameters = Values(kElements);
    Values momentum = Values(kElements);
};

/// By steps applied.
const std::vector<State>& reference() {
    static const std::vector<State> all = [] {
        std::vector<State> states(1);
        const auto optimizer = Optimizer<float>::make(momentum());
        for (Step step = 0; step < kStepsTotal; ++step) {
            State next = states.back();
            Values sum = gradient(step, 0);
            for (Rank worker = 1; worker < kWorkers; ++worker) {
                std::ranges::transform(sum, gradient(step, worker), sum.begin(), std::plus<>());
            }
            optimizer->update(step,
                              {next.parameters, sum, {next.momentum}, next.parameters, {next.momentum}});
            states.push_back(std::move(next));
        }
        return states;
    }();
    return all;
}

struct Worker {
    std::unique_ptr<ShardClient<float>> client =
        std::make_unique<ShardClient<float>>(kBuckets, kShards, GradientSums::Float);
    Values parameters = Values(kElements);
    Step steps = 0;
    bool hasState = true;
    std::unique_ptr<Communicator> communicator{};
    Error error{};
};

struct Server {
    std::uint32_t number = 0;
    std::unique_ptr<ShardServer<float>> shards{};
    bool hasState = false;  ///< It was ready in a membership.
    Error error{};
};

class DoomedRun {
public:
    DoomedRun(std::uint64_t seed, bool backup) : m_random(seed), m_backup(backup) {
        m_workers.resize(kWorkers);
        m_servers.resize(kShards);
        for (std::uint32_t number = 0; number < kShards; ++number) {
            m_servers[number].number = number;
            restart(m_servers[number]);
        }
    }

    void finish() {
        while (m_workers[0].steps < kStepsTotal) {
            round();
            if (testing::Test::HasFatalFailure()) {
                return;
            }
        }
    }

    int memberships() const { return static_cast<int>(m_membership); }
    int returns() const { return m_returns; }

private:
    void restart(Server& server) const {
        server.hasState = false;
        server.shards = std::make_unique<ShardServer<float>>(
            ShardServer<float>::Options{kShards, m_backup, momentum(), GradientSums::Float});
    }

    /// One membership, in which one member dies (or none), and the restart of who died.
    void round() {
        const Step base = decideBase();
        ++m_membership;
        const Rank victim = static_cast<Rank>(m_random.below(kWorkers + kShards + 1));
        const Step target = std::min<Step>(kStepsTotal, base + 1 + m_random.below(8));
        m_hadState.clear();
        std::ranges::transform(m_servers, std::back_inserter(m_hadState), &Server::hasState);
        auto meshes = makeMemoryMeshes(kWorkers + kShards, m_membership);
        std::vector<std::thread> threads;
        for (Rank rank = 0; rank < meshes.size(); ++rank) {
            const auto fault = std::make_shared<test::Fault>();
            if (rank == victim) {
                fault->sendsLeft = static_cast<int>(m_random.below(m_random.below(2) == 0 ? 12 : 200));
            }
            auto mesh = std::make_unique<test::FaultyMesh>(std::move(meshes[rank]), fault);
            threads.emplace_back([this, rank, base, target, mesh = std::move(mesh)]() mutable {
                rank < kWorkers ? work(rank, std::move(mesh), base, target)
                                : serve(m_servers[rank - kWorkers], std::move(mesh), base);
            });
        }
        join(threads);
        checkAll(victim);
        bury(victim, target);
    }

    /// Workers end by themselves; servers when there is nobody left to serve.
    void join(std::vector<std::thread>& threads) {
        for (Rank rank = 0; rank < kWorkers; ++rank) {
            threads[rank].join();
        }
        for (Worker& worker : m_workers) {
            worker.communicator.reset();
        }
        for (std::uint32_t server = 0; server < kShards; ++server) {
            threads[kWorkers + server].join();
            m_servers[server].shards->leave();
        }
    }

    /// What everybody holds is what the plain loop has at that step; errors are those of a broken link.
    void checkAll(Rank victim) {
        for (const Worker& worker : m_workers) {
            ASSERT_TRUE(equal(worker.parameters, reference()[worker.steps].parameters)) << worker.steps;
            ASSERT_TRUE(worker.error.text.empty() || worker.error.kind == ErrorKind::Unavailable)
                << worker.error.text;
        }
        for (const Server& server : m_servers) {
            ASSERT_EQ(server.error.kind, ErrorKind::Unavailable) << server.error.text << " victim " << victim;
        }
    }

    static bool equal(const Values& a, const Values& b) {
        return std::ranges::all_of(kBuckets, [&](const Stretch& bucket) {
            return std::equal(a.begin() + static_cast<std::ptrdiff_t>(bucket.begin),
                              a.begin() + static_cast<std::ptrdiff_t>(bucket.end),
                              b.begin() + static_cast<std::ptrdiff_t>(bucket.begin));
        });
    }

    /// Whoever died comes back without anything.
    void bury(Rank victim, Step target) {
        const bool allReady = std::ranges::all_of(m_servers, &Server::hasState);
        m_serversLost = allReady ? 0 : m_serversLost;
        const bool died = std::ranges::any_of(m_workers, [&](const Worker& w) { return w.steps < target; });
        if (!died || victim >= kWorkers + kShards) {
            return;  // It had not sent as much as it was to die after.
        }
        if (victim < kWorkers) {
            m_workers[victim] = Worker();
            m_workers[victim].hasState = false;
        } else {
            restart(m_servers[victim - kWorkers]);
            ++m_serversLost;
        }
    }

    /// The highest step that a worker applied, at which every shard is held by somebody; else the run goes
    /// back to its last checkpoint.
    Step decideBase() {
        Step base = 0;
        for (const Worker& worker : m_workers) {
            base = worker.hasState ? std::max(base, worker.steps) : base;
        }
        m_rootHasState = base == 0;
        if (m_membership > 0 && !isHeld(base)) {
            EXPECT_TRUE(m_serversLost > 1 || (m_serversLost == 1 && !m_backup) || base == 0)
                << "a shard was lost with " << m_serversLost << " of its hosts";
            base -= base % 10;
            ++m_returns;
            m_rootHasState = true;
            std::ranges::for_each(m_servers, [this](Server& server) { restart(server); });
            std::ranges::for_each(m_workers, [&](Worker& worker) { worker.hasState = false; });
        }
        for (Worker& worker : m_workers) {
            if (!worker.hasState || worker.steps != base) {
                worker.parameters = reference()[base].parameters;
                worker.steps = base;
                worker.hasState = true;
            }
        }
        return base;
    }

    bool isHeld(Step base) const {
        std::set<std::uint32_t> shards;
        for (const Server& server : m_servers) {
            for (const ShardHeld& held : server.shards->held()) {
                if (server.hasState && held.isAt(base)) {
                    shards.insert(held.shard);
                }
            }
        }
        return shards.size() == kShards;
    }

    void work(Rank rank, std::unique_ptr<Mesh> mesh, Step base, Step target) {
        Worker& worker = m_workers[rank];
        worker.error = {};
        worker.communicator = std::make_unique<Communicator>(
            std::move(mesh), Communicator::Options{.timeout = kTimeout, .members = kWorkers});
        const ShardClient<float>::Source source{
            worker.parameters, m_rootHasState
                                   ? std::vector<std::span<const float>>{reference()[base].momentum}
                                   : std::vector<std::span<const float>>{}};
        auto done = worker.communicator->perform([&](Exchange& exchange) {
            return worker.client->enter(exchange, base, rank == 0 ? &source : nullptr);
        });
        while (done && worker.steps < target) {
            done = step(worker, rank);
        }
        // Nobody leaves before all have come to the end.
        done = done ? worker.communicator->barrier() : done;
        worker.error = done ? Error{} : done.error();
    }

    static Result<void> step(Worker& worker, Rank rank) {
        const Values values = gradient(worker.steps, rank);
        Values staged(kElements);
        worker.client->beginStep(worker.steps, staged);
        LONGSHIP_TRY(worker.communicator->perform(
            [&](Exchange& exchange) { return exchangeAll(exchange, *worker.client, values); }));
        worker.parameters = std::move(staged);
        ++worker.steps;
        return {};
    }

    static Result<void> exchangeAll(Exchange& exchange, ShardClient<float>& client, const Values& values) {
        for (std::uint32_t bucket = 0; bucket < kBuckets.size(); ++bucket) {
            LONGSHIP_TRY(
                client.push(exchange, bucket,
                            std::span(values).subspan(kBuckets[bucket].begin, kBuckets[bucket].size())));
        }
        for (std::uint32_t bucket = 0; bucket < kBuckets.size(); ++bucket) {
            LONGSHIP_TRY(client.pull(exchange, bucket));
        }
        return client.finishStep(exchange);
    }

    void serve(Server& server, std::unique_ptr<Mesh> mesh, Step base) const {
        ServerSeat seat{m_membership, base, kWorkers, {}, std::vector<bool>(kWorkers, true)};
        for (const Server& other : m_servers) {
            seat.servers.push_back({other.number, NodeId(std::to_string(other.number)), true});
            seat.hasState.push_back(m_hadState[other.number]);
        }
        Mesh* const own = mesh.get();
        auto served = server.shards->enter(std::move(mesh), seat);
        server.hasState = server.hasState || served.has_value();
        while (served) {
            served = server.shards->advance(BootClock::now() + kTimeout);
        }
        server.error = served.error();
        own->abandon();
    }

    SeededRandom m_random;
    const bool m_backup;
    std::vector<Worker> m_workers;
    std::vector<Server> m_servers;
    std::vector<bool> m_hadState;  ///< Servers, when the membership began.
    MembershipNumber m_membership = 0;
    bool m_rootHasState = true;
    int m_serversLost = 0;  ///< Since all servers were ready.
    int m_returns = 0;
};

TEST(ShardRecovery, NothingIsLostWithBackups) {
    int memberships = 0;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        SCOPED_TRACE(seed);
        DoomedRun run(seed, true);
        run.finish();
        memberships += run.memberships();
    }
    EXPECT_GT(memberships, 300);
}

TEST(ShardRecovery, WithoutBackupsTheRunGoesBackToItsCheckpoint) {
    int returns = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        SCOPED_TRACE(seed);
        DoomedRun run(seed, false);
        run.finish();
        returns += run.returns();
    }
    EXPECT_GT(returns, 20);
}

}  // namespace
}  // namespace longship
