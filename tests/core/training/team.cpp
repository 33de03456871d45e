#include "tests/core/training/team.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "core/domain/job_yaml.h"
#include "core/training/memory_dataset.h"

namespace longship::test {
namespace {

std::unique_ptr<CollectiveThread> startCollectives(std::unique_ptr<Mesh> mesh, std::uint32_t workers) {
    // A std::function must be copyable; the mesh moves on when the thread calls it.
    const auto held = std::make_shared<std::unique_ptr<Mesh>>(std::move(mesh));
    auto thread = std::make_unique<CollectiveThread>([held,
                                                      workers]() -> Result<std::unique_ptr<Communicator>> {
        return std::make_unique<Communicator>(std::move(*held), Communicator::Options{.members = workers});
    });
    EXPECT_TRUE(thread->started());
    return thread;
}

}  // namespace

Team::Team(const JobSpec& job, const Trainer::Options& options, const std::vector<TrainingData>& data)
    : m_job(job), m_options(options), m_data(data) {
    for (std::size_t member = 0; member < data.size(); ++member) {
        m_members.push_back(std::make_unique<Member>());
        m_members[member]->trainer = makeTrainer(member);
    }
    if (job.strategy.kind == StrategyKind::ParameterServer && options.precision == Precision::Float64) {
        m_servers = std::make_unique<ServerCrewOf<double>>(job);
    } else if (job.strategy.kind == StrategyKind::ParameterServer) {
        m_servers = std::make_unique<ServerCrewOf<float>>(job);
    }
}

void Team::leave() {
    for (const auto& member : m_members) {
        member->collectives.reset();
    }
    if (m_servers) {
        m_servers->join();
    }
}

std::unique_ptr<Trainer> Team::makeTrainer(std::size_t member) const {
    auto trainer = createTrainer(m_job, m_options, m_data[member]);
    if (!trainer) {
        ADD_FAILURE() << trainer.error().text;
        std::abort();
    }
    return std::move(*trainer);
}

void Team::restart(std::size_t member) {
    auto fresh = std::make_unique<Member>();
    fresh->trainer = makeTrainer(member);
    fresh->hasState = false;
    m_members[member] = std::move(fresh);
}

void Team::restartAll() {
    leave();
    for (std::size_t member = 0; member < size(); ++member) {
        restart(member);
    }
    if (m_servers) {
        m_servers->restartAll();
    }
}

void Team::enter(const std::vector<std::uint32_t>& shares, const WrapMesh& wrap) {
    std::vector<std::size_t> all(m_members.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    begin(all, shares, wrap);
}

void Team::enterAs(const std::vector<std::size_t>& members, const WrapMesh& wrap) {
    begin(members, std::vector<std::uint32_t>(members.size(), 1), wrap);
}

void Team::begin(const std::vector<std::size_t>& members, const std::vector<std::uint32_t>& shares,
                 const WrapMesh& wrap) {
    m_present = members;
    const auto number = static_cast<MembershipNumber>(m_memberships.size() + 1);
    TrainingSeat seat{.membership = number, .baseStep = 0, .shares = shares, .hasState = {}};
    for (const std::size_t index : members) {
        Member& member = *m_members[index];
        member.failed = false;
        member.finished = false;
        seat.hasState.push_back(member.hasState);
        if (member.hasState) {
            EXPECT_TRUE(member.trainer->hasState());
            seat.baseStep = std::max(seat.baseStep, member.trainer->stepsApplied());
        }
    }
    leave();
    // At first nobody holds anything; after a return to a checkpoint nobody does again.
    EXPECT_TRUE(!m_servers || m_servers->holdsAll(seat.baseStep) || !m_servers->holdAny());
    MembershipCommitted& committed = m_memberships.emplace_back();
    committed.number = number;
    committed.baseStep = seat.baseStep;
    const auto workers = static_cast<std::uint32_t>(members.size());
    const auto servers = static_cast<std::uint32_t>(m_servers ? m_servers->size() : 0);
    if (workers + servers > 1) {
        auto meshes = makeMemoryMeshes(workers + servers, number);
        for (Rank rank = 0; wrap && rank < meshes.size(); ++rank) {
            meshes[rank] = wrap(rank, std::move(meshes[rank]));
        }
        for (Rank rank = 0; rank < workers; ++rank) {
            m_members[members[rank]]->collectives = startCollectives(std::move(meshes[rank]), workers);
        }
        meshes.erase(meshes.begin(), meshes.begin() + workers);
        if (m_servers) {
            m_servers->enter(std::move(meshes), number, seat.baseStep, workers);
        }
    }
    onAll([&](Member& member) {
        const auto entered = member.trainer->enter(seat, member.collectives.get());
        member.applied = member.trainer->stepsApplied();
        if (entered) {
            member.hasState = member.trainer->hasState();
            return;
        }
        member.failed = true;
        member.error = entered.error();
    });
}

void Team::runTo(Step steps) {
    advanceWhile([steps](const Member& member) { return member.trainer->stepsApplied() < steps; });
}

void Team::finish() {
    advanceWhile([](const Member& member) { return !member.finished; });
}

void Team::finishEvaluation() {
    advanceWhile([](const Member& member) { return member.last.phase == RunState::Evaluating; });
}

void Team::advanceOnce() {
    onAll([this](Member& member) { advance(member); });
}

void Team::advance(Member& member) {
    auto progress = member.trainer->advance();
    member.applied = member.trainer->stepsApplied();
    if (progress) {
        member.rows.insert(member.rows.end(), progress->finalRows.begin(), progress->finalRows.end());
        if (progress->evaluation) {
            member.evaluations.push_back(*progress->evaluation);
        }
        member.hasState = member.hasState || progress->caughtUp;
        member.last = std::move(*progress);
        member.finished = member.last.finished;
        return;
    }
    member.failed = true;
    member.error = progress.error();
    for (const std::size_t other : m_present) {
        if (m_members[other]->collectives) {
            m_members[other]->collectives->interrupt();
        }
    }
}

void Team::advanceWhile(const std::function<bool(const Member&)>& more) {
    onAll([&](Member& member) {
        while (!member.failed && more(member)) {
            advance(member);
        }
    });
}

void Team::onAll(const std::function<void(Member&)>& work) {
    std::vector<std::thread> threads;
    for (const std::size_t index : m_present) {
        threads.emplace_back([&work, member = m_members[index].get()] { work(*member); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

bool Team::anyFailed() const {
    return std::any_of(m_present.begin(), m_present.end(),
                       [this](std::size_t member) { return m_members[member]->failed; });
}

std::string Team::hash() const {
    const std::string first = m_members[m_present.front()]->trainer->parameterHash();
    for (const std::size_t member : m_present) {
        EXPECT_FALSE(m_members[member]->failed) << m_members[member]->error.text;
        EXPECT_EQ(m_members[member]->trainer->parameterHash(), first);
    }
    return first;
}

RunSnapshot Team::snapshot() const {
    RunSnapshot run;
    run.run = RunId("run");
    JobSpec job = m_job;
    job.strategy = {};  // The proof is about samples, whoever adds the gradients up.
    run.jobYaml = toYaml(job);
    run.prepared = m_members[m_present.front()]->trainer->prepared();
    run.memberships = m_memberships;
    return run;
}

std::vector<TrainingData> shared(const TrainingData& data, std::size_t count) {
    return std::vector<TrainingData>(count, data);
}

TrainingData syntheticData(std::vector<std::int64_t> shape, std::size_t classes, std::uint64_t training,
                           std::uint64_t test) {
    TrainingData data;
    data.training = makeSyntheticDataset(shape, classes, training, 11);
    data.test = makeSyntheticDataset(shape, classes, test, 12);
    data.name = "synthetic";
    data.preprocessing.description = "{}";
    return data;
}

}  // namespace longship::test
