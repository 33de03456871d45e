#include "agent/worker/training_work.h"

#include <gtest/gtest.h>

#include <cmath>
#include <condition_variable>
#include <fstream>
#include <future>
#include <map>
#include <set>

#include "agent/member/member_thread.h"
#include "core/base/random.h"
#include "core/domain/job_yaml.h"
#include "tests/support/temp_folder.h"

// The threads of workers as the control threads of several workers see them: real sockets, real training.
namespace longship {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 60s;
constexpr std::uint64_t kSamples = 450;  // For training, in batches of 50.
constexpr Step kStepsPerEpoch = 9;

JobSpec tableJob(const std::filesystem::path& table) {
    std::ofstream file(table);
    SeededRandom random(7);
    file << "x,y,kind\n";
    for (int i = 0; i < 500; ++i) {
        const auto kind = random.below(3);
        file << std::cos(2.1 * static_cast<double>(kind)) + 0.4 * random.unit() << "," << random.unit() << ","
             << std::string(1, static_cast<char>('a' + kind)) << "\n";
    }
    JobSpec job;
    job.name = "table";
    job.dataset.csv = table.string();
    job.dataset.label = "kind";
    job.model.name = "mlp";
    job.model.hidden = {16};
    job.globalBatch = 50;
    job.microBatch = 5;
    job.epochs = 6;
    job.numerics = Numerics::Reproducible;
    return job;
}

/// A worker without its control thread: the test is that.
class Hand {
public:
    Hand(const std::filesystem::path& folder, const JobSpec& job, const std::string& name,
         const std::vector<CheckpointRef>& checkpoints = {})
        : task(name),
          m_thread(configOf(folder, job, name, checkpoints), std::make_unique<TrainingWork>(), [this] {
              const std::lock_guard lock(m_mutex);
              m_woken = true;
              m_wake.notify_one();
          }) {
        m_thread.start();
        ready = waitFor<MemberReady>();
    }

    /// Takes events until one of this kind comes, noting what the others say.
    template <typename Event>
    std::optional<Event> waitFor() {
        const TimePoint deadline = BootClock::now() + kPatience;
        while (BootClock::now() < deadline) {
            while (auto event = m_thread.poll()) {
                note(*event);
                if (auto* found = std::get_if<Event>(&*event)) {
                    return std::move(*found);
                }
            }
            std::unique_lock lock(m_mutex);
            m_wake.wait_for(lock, 100ms, [this] { return m_woken; });
            m_woken = false;
        }
        ADD_FAILURE() << "waited for " << typeid(Event).name();
        return std::nullopt;
    }

    std::optional<MemberFrozen> freeze(MembershipNumber number) {
        m_thread.freeze(number);
        return waitFor<MemberFrozen>();
    }

    MemberThread& thread() { return m_thread; }
    const std::vector<StepRow>& rows() const { return m_rows; }
    const std::vector<CheckpointWritten>& kept() const { return m_kept; }

    const TaskId task;
    std::optional<MemberReady> ready;

private:
    static WorkerConfig configOf(const std::filesystem::path& folder, const JobSpec& job,
                                 const std::string& task, const std::vector<CheckpointRef>& checkpoints) {
        WorkerConfig config;
        config.checkpoints = checkpoints;
        config.key = {RunId("run"), TaskId(task), 1};
        config.node = NodeId("node-of-" + task);
        config.dataEndpoint = "tcp://127.0.0.1:*";
        config.jobYaml = toYaml(job);
        config.folder = folder;
        return config;
    }

    void note(const MemberEvent& event) {
        if (const auto* progress = std::get_if<MemberProgress>(&event)) {
            m_rows.insert(m_rows.end(), progress->rows.begin(), progress->rows.end());
        } else if (const auto* checkpoint = std::get_if<MemberCheckpoint>(&event)) {
            m_kept.push_back(checkpoint->written);
        } else if (const auto* failed = std::get_if<MemberFailed>(&event)) {
            ADD_FAILURE() << failed->error.text;
        }
    }

    std::mutex m_mutex;
    std::condition_variable m_wake;
    bool m_woken = false;
    std::vector<StepRow> m_rows;
    std::vector<CheckpointWritten> m_kept;
    MemberThread m_thread;
};

class TrainingWorks : public testing::Test {
protected:
    std::unique_ptr<Hand> hire(const std::string& task) {
        return std::make_unique<Hand>(m_folder.path(), m_job, task);
    }

    /// Seats these, in the order of ranks, without waiting for anything.
    static void seat(MembershipNumber number, Step base, const std::vector<Hand*>& hands,
                     const std::set<Hand*>& joiners = {}) {
        AssignMembership assignment;
        assignment.run = RunId("run");
        assignment.number = number;
        assignment.baseStep = base;
        for (Hand* hand : hands) {
            Seat& place = assignment.seats.emplace_back();
            place.member.rank = static_cast<Rank>(assignment.seats.size() - 1);
            place.member.share = 1;
            place.member.task = hand->task;
            place.member.node = NodeId("node-of-" + hand->task.value);
            place.endpoint = hand->ready->endpoint;
            place.publicKey = hand->ready->publicKey;
            place.hasState = !joiners.contains(hand);
        }
        for (std::size_t rank = 0; rank < hands.size(); ++rank) {
            hands[rank]->thread().enter({assignment, static_cast<Rank>(rank)});
        }
    }

    Step steps() const { return m_job.epochs * kStepsPerEpoch; }

    void expectFinish(const std::vector<Hand*>& hands, const std::string& hash) const {
        // All of them are listened to: one whose queue of events is full makes the others wait.
        std::vector<std::future<std::optional<MemberFinished>>> ends;
        for (Hand* hand : hands) {
            ends.push_back(
                std::async(std::launch::async, [hand] { return hand->waitFor<MemberFinished>(); }));
        }
        for (auto& end : ends) {
            const auto finished = end.get();
            ASSERT_TRUE(finished);
            EXPECT_EQ(finished->finish.steps, steps());
            EXPECT_EQ(finished->finish.samples, m_job.epochs * kSamples);
            EXPECT_FALSE(finished->finish.stopped);
            EXPECT_EQ(finished->finish.parameterHash, hash);
        }
    }

    /// Of one worker that nobody disturbed.
    std::string undisturbed() {
        const auto alone = hire("alone");
        seat(1, 0, {alone.get()});
        const auto finished = alone->waitFor<MemberFinished>();
        return finished ? finished->finish.parameterHash : "";
    }

    test::TempFolder m_folder;
    JobSpec m_job = tableJob(m_folder.path() / "table.csv");
};

TEST_F(TrainingWorks, GoOnAfterOneAfterTheOtherIsGone) {
    // More than fits into the queue of events: nobody finishes before the test has done its part.
    m_job.epochs = MemberThread::kEventsMax / kStepsPerEpoch + 30;
    const std::string hash = undisturbed();
    const auto a = hire("a");
    const auto b = hire("b");
    const auto c = hire("c");
    seat(1, 0, {a.get(), b.get(), c.get()});
    ASSERT_TRUE(c->waitFor<MemberEntered>());
    ASSERT_TRUE(c->waitFor<MemberProgress>());
    c->freeze(2);  // To the others it looks dead.
    std::vector<Step> applied;
    for (Hand* hand : {a.get(), b.get()}) {
        const auto broken = hand->waitFor<MemberBroken>();
        ASSERT_TRUE(broken);
        EXPECT_EQ(broken->number, 1u);
        const auto frozen = hand->freeze(2);
        ASSERT_TRUE(frozen);
        EXPECT_EQ(frozen->entered, 1u);
        EXPECT_EQ(frozen->stepsApplied, broken->step);
        applied.push_back(frozen->stepsApplied);
    }
    EXPECT_LE(std::max(applied[0], applied[1]) - std::min(applied[0], applied[1]), 1u);
    seat(2, std::max(applied[0], applied[1]), {a.get(), b.get()});
    ASSERT_TRUE(b->waitFor<MemberProgress>());
    a->freeze(3);
    ASSERT_TRUE(b->waitFor<MemberBroken>());
    const auto frozen = b->freeze(3);
    ASSERT_TRUE(frozen);
    EXPECT_EQ(frozen->entered, 2u);
    // Alone, and joined by one that has forgotten everything.
    const auto d = hire("d");
    seat(3, frozen->stepsApplied, {b.get()});
    ASSERT_TRUE(b->waitFor<MemberEntered>());
    const auto again = b->freeze(4);
    ASSERT_TRUE(again);
    EXPECT_EQ(d->freeze(4)->entered, 0u);
    seat(4, again->stepsApplied, {b.get(), d.get()}, {d.get()});
    expectFinish({b.get(), d.get()}, hash);
    ASSERT_EQ(b->rows().size(), steps());
    for (Step step = 0; step < steps(); ++step) {
        EXPECT_EQ(b->rows()[step].key.step, step);
    }
}

TEST_F(TrainingWorks, FreezeAtOnceWhileAPeerNeverComes) {
    const auto a = hire("a");
    const auto b = hire("b");
    AssignMembership assignment;
    seat(1, 0, {a.get(), b.get()});
    // Rank 1 is told to give up before it has begun, or in the middle; rank 0 waits for it or for its links.
    const TimePoint begun = BootClock::now();
    const auto second = b->freeze(2);
    const auto first = a->freeze(2);
    ASSERT_TRUE(first && second);
    EXPECT_LT(BootClock::now() - begun, 5s) << "an entry takes 10 s to give up by itself";
    const Step base = std::max(first->stepsApplied, second->stepsApplied);
    seat(2, base, {b.get(), a.get()});
    const auto entered = a->waitFor<MemberEntered>();
    ASSERT_TRUE(entered);
    EXPECT_TRUE(b->waitFor<MemberProgress>());
}

TEST_F(TrainingWorks, AFinishedOneAnswersAndFinishesAgainWithOthers) {
    const std::string hash = undisturbed();
    const auto a = hire("a");
    const auto b = hire("b");
    seat(1, 0, {a.get(), b.get()});
    expectFinish({a.get(), b.get()}, hash);
    const auto frozen = a->freeze(2);
    ASSERT_TRUE(frozen);
    EXPECT_EQ(frozen->stepsApplied, steps());
    EXPECT_EQ(frozen->entered, 1u);
    ASSERT_TRUE(b->freeze(2));
    const auto c = hire("c");
    seat(2, steps(), {b.get(), c.get()}, {c.get()});
    expectFinish({b.get(), c.get()}, hash);
    EXPECT_EQ(a->rows().size(), steps());
    EXPECT_EQ(b->rows().size(), steps()) << "nothing is published twice";
}

TEST_F(TrainingWorks, TwoOfThreeKeepTheSameCheckpointsAndANewOneBeginsWithTheLast) {
    const std::string hash = undisturbed();
    m_job.checkpoint.everySteps = 20;
    // One folder for all of them would have them write over each other's files.
    std::vector<std::unique_ptr<Hand>> hands;
    for (const char* task : {"a", "b", "c"}) {
        std::filesystem::create_directories(m_folder.path() / task);
        hands.push_back(std::make_unique<Hand>(m_folder.path() / task, m_job, task));
    }
    seat(1, 0, {hands[0].get(), hands[1].get(), hands[2].get()});
    expectFinish({hands[0].get(), hands[1].get(), hands[2].get()}, hash);
    for (int writer : {0, 1}) {
        while (hands[writer]->kept().size() < steps() / 20) {
            ASSERT_TRUE(hands[writer]->waitFor<MemberCheckpoint>());
        }
    }
    EXPECT_TRUE(hands[2]->kept().empty()) << "two replicas";
    // A slow disk may have skipped one, and says so before the one that it is still writing.
    const auto hashes = [&](std::size_t writer) {
        std::map<Step, std::string> good;
        for (const CheckpointWritten& outcome : hands[writer]->kept()) {
            EXPECT_EQ(outcome.number, 1u);
            EXPECT_EQ(outcome.step % 20, 0u);
            if (!outcome.error) {
                good[outcome.step] = outcome.sha256;
            }
        }
        return good;
    };
    const std::map<Step, std::string> first = hashes(0);
    const std::map<Step, std::string> second = hashes(1);
    ASSERT_TRUE(first.contains(20) && second.contains(20));
    std::vector<CheckpointRef> refs;
    for (const auto& [step, sha256] : first) {
        EXPECT_TRUE(!second.contains(step) || second.at(step) == sha256);
        refs.insert(refs.begin(), {step, sha256});
    }
    ASSERT_FALSE(refs.empty());
    Hand heir(m_folder.path() / "a", m_job, "a", refs);
    EXPECT_EQ(heir.ready->checkpointStep, refs.front().step);
    EXPECT_EQ(heir.ready->checkpointProblem, "");
    seat(2, refs.front().step, {&heir});
    expectFinish({&heir}, hash);

    // With its bytes changed the last one is not taken, and said to be damaged.
    std::ofstream(m_folder.path() / "b" / "checkpoint-20.safetensors") << "no longer what it was";
    Hand wary(m_folder.path() / "b", m_job, "b", {{20, first.at(20)}});
    EXPECT_EQ(wary.ready->checkpointStep, 0u);
    EXPECT_NE(wary.ready->checkpointProblem.find("is damaged"), std::string::npos);
}

TEST_F(TrainingWorks, AnOldSeatIsRefusedAfterAFreeze) {
    const auto a = hire("a");
    ASSERT_TRUE(a->freeze(5));
    seat(4, 0, {a.get()});
    const auto broken = a->waitFor<MemberBroken>();
    ASSERT_TRUE(broken);
    EXPECT_EQ(broken->error.kind, ErrorKind::Interrupted);
    seat(5, 0, {a.get()});
    EXPECT_TRUE(a->waitFor<MemberFinished>());
}

}  // namespace
}  // namespace longship
