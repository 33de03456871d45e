#include "core/protocol/agent_machine.h"

#include <gtest/gtest.h>

#include "tests/core/protocol/render.h"

namespace longship {
namespace {

using std::chrono::milliseconds;

const RunId kRun("20260101-000000-test");
const TaskKey kKey{kRun, TaskId("worker-1"), 1};

/// node-b, whose leader is node-a. What it does comes back as lines: "leader < …", "worker-1 < …", "spawn …",
/// "kill … 1000", "rows 2". Heartbeats and pings are left out unless asked for.
class Bench {
public:
    explicit Bench(const char* self = "node-b")
        : m_now(std::chrono::hours(1)), m_agent(options(self), m_now) {}

    AgentMachine& agent() { return m_agent; }
    TimePoint now() const { return m_now; }

    void connect() { m_agent.leaderConnected(m_now); }
    void hear(const Message& message) { m_agent.handleLeader(message, m_now, UtcTime()); }
    void worker(const Message& message) { m_agent.handleWorker(kKey, message, m_now); }

    /// Time passes in steps of 250 ms; the leader answers heartbeats if `answered`, the worker pings if
    /// `ponged`.
    void wait(int ms, bool answered = true, bool ponged = true) {
        for (int passed = 0; passed < ms; passed += 250) {
            m_now += milliseconds(250);
            m_agent.handleTimeout(m_now, UtcTime());
            drain();
            for (const Message& message : std::exchange(m_toAnswer, {})) {
                const auto* beat = std::get_if<Heartbeat>(&message);
                const auto* ping = std::get_if<Ping>(&message);
                if (beat != nullptr && answered) {
                    hear(HeartbeatAck{m_agent.term(), beat->number});
                } else if (ping != nullptr && ponged) {
                    worker(Pong{ping->number, 1, 2, 3});
                }
            }
        }
    }

    /// A task whose process is there and connected.
    void startWorker() {
        connect();
        hear(StartTask{1, kKey, "job"});
        m_agent.workerStarted(kKey, m_now);
        m_agent.workerConnected(kKey, m_now);
        said();
    }

    std::string said() {
        drain();
        return std::exchange(m_said, {});
    }

private:
    static AgentMachine::Options options(const char* self) {
        AgentMachine::Options options;
        options.self = NodeId(self);
        options.leader = NodeId("node-a");
        return options;
    }

    void drain() {
        while (const auto rows = m_agent.pollRows()) {
            m_said += "rows " + std::to_string(rows->rows.size()) + "\n";
        }
        while (const auto action = m_agent.pollAction()) {
            if (const auto* kill = std::get_if<KillWorker>(&*action)) {
                m_said += "kill " + kill->key.task.value + " " + std::to_string(kill->grace.count()) + "\n";
            } else {
                m_said += "spawn " + std::get<SpawnWorker>(*action).key.task.value + "\n";
            }
        }
        while (const auto out = m_agent.pollTransmit()) {
            const bool routine =
                std::holds_alternative<Heartbeat>(out->message) || std::holds_alternative<Ping>(out->message);
            if (routine) {
                m_toAnswer.push_back(out->message);
            } else {
                m_said += (out->worker ? out->worker->task.value : "leader") + " < " +
                          test::render(out->message) + "\n";
            }
        }
    }

    TimePoint m_now;
    AgentMachine m_agent;
    std::string m_said;
    std::vector<Message> m_toAnswer;
};

AssignMembership membership(MembershipNumber number = 1) {
    return {1, kRun, number, 0, "token", {{{1, kKey.task, 1, NodeId("node-b"), 1}, "tcp", "key"}}};
}

TEST(AgentMachine, startsAWorkerAndPassesItsWordsOn) {
    Bench b;
    b.connect();
    b.hear(StartTask{1, kKey, "job"});
    EXPECT_EQ(b.said(), "spawn worker-1\n");
    b.agent().workerStarted(kKey, b.now());
    b.agent().workerConnected(kKey, b.now());
    b.worker(WorkerReady{kKey, "tcp", "key", {}});
    EXPECT_EQ(b.said(), "leader < WorkerReady worker-1\n");
    b.hear(membership());
    EXPECT_EQ(b.said(), "worker-1 < AssignMembership 1: worker-1@tcp (no state)\n");
    b.worker(MembershipEntered{kKey, 1});
    b.worker(StepsDone{kKey, {StepRow{}, StepRow{}}});
    EXPECT_EQ(b.said(), "rows 2\nleader < MembershipEntered worker-1 1\nleader < StepsDone worker-1 2\n");
}

TEST(AgentMachine, signsTheModelWithItsNode) {
    Bench b;
    b.startWorker();
    b.worker(WorkerFinished{kKey, 1, 2, "h", false, ModelSaved{NodeId(), 3, "s"}});
    EXPECT_EQ(b.said(), "leader < WorkerFinished worker-1 with a model on node-b\n");
}

TEST(AgentMachine, aStartGivenTwiceStartsOnce) {
    Bench b;
    b.startWorker();
    b.hear(StartTask{1, kKey, "job"});
    EXPECT_EQ(b.said(), "");
}

TEST(AgentMachine, aServerIsNotToldToStop) {
    Bench b;
    b.startWorker();
    const TaskKey server{kRun, TaskId("server-0"), 1};
    b.hear(StartTask{1, server, "job"});
    b.agent().workerConnected(server, b.now());
    b.said();
    b.hear(StopWork{1, kRun, "enough"});
    EXPECT_EQ(b.said(), "worker-1 < StopWork \"enough\"\n");
    b.hear(Freeze{1, kRun, 2, "why"});
    EXPECT_EQ(b.said(), "server-0 < Freeze 2 \"why\"\nworker-1 < Freeze 2 \"why\"\n");
}

TEST(AgentMachine, whatIsMeantForAWorkerWaitsUntilItIsConnected) {
    Bench b;
    b.connect();
    b.hear(StartTask{1, kKey, "job"});
    b.hear(StopWork{1, kRun, "enough"});
    EXPECT_EQ(b.said(), "spawn worker-1\n");
    b.agent().workerConnected(kKey, b.now());
    EXPECT_EQ(b.said(), "worker-1 < StopWork \"enough\"\n");
}

TEST(AgentMachine, asksAWorkerToEndAndThenKillsIt) {
    Bench b;
    b.startWorker();
    b.hear(KillTask{1, kKey, "over"});
    EXPECT_EQ(b.said(), "kill worker-1 1000\nworker-1 < KillTask worker-1 \"over\"\n");
    b.hear(KillTask{1, kKey, "over"});
    b.wait(1750);
    EXPECT_EQ(b.said(), "");
    b.wait(250);
    EXPECT_EQ(b.said(), "kill worker-1 0\n");
    b.agent().workerExited(kKey, "killed by signal 9 (SIGKILL)", "log", b.now());
    EXPECT_EQ(b.said(), "leader < TaskExited worker-1 expected \"killed by signal 9 (SIGKILL)\"\n");
    EXPECT_TRUE(b.agent().isIdle());
}

TEST(AgentMachine, aWorkerThatConnectsWhileItIsEndedIsToldSo) {
    Bench b;
    b.connect();
    b.hear(StartTask{1, kKey, "job"});
    b.hear(KillTask{1, kKey, "over"});
    EXPECT_EQ(b.said(), "spawn worker-1\nkill worker-1 1000\n");
    b.agent().workerConnected(kKey, b.now());
    EXPECT_EQ(b.said(), "worker-1 < KillTask worker-1 \"over\"\n");
}

TEST(AgentMachine, aTaskKilledBeforeItBeganIsNeverStarted) {
    Bench b;
    b.connect();
    b.hear(KillTask{1, kKey, "over"});
    EXPECT_EQ(b.said(), "leader < TaskExited worker-1 expected \"it is not running\"\n");
    b.hear(StartTask{1, kKey, "job"});
    EXPECT_EQ(b.said(), "leader < TaskExited worker-1 expected \"it has ended before\"\n");
}

TEST(AgentMachine, tellsDeathsApart) {
    Bench died;
    died.startWorker();
    died.agent().workerExited(kKey, "exit status 1", "log", died.now());
    EXPECT_EQ(died.said(), "leader < TaskExited worker-1 \"exit status 1\"\n");
    Bench finished;
    finished.startWorker();
    finished.worker(WorkerFinished{kKey, 1, 2, "h", false, std::nullopt});
    finished.agent().workerExited(kKey, "exit status 0", "log", finished.now());
    EXPECT_EQ(finished.said(),
              "leader < WorkerFinished worker-1\n"
              "leader < TaskExited worker-1 expected \"exit status 0\"\n");
    Bench unborn;
    unborn.connect();
    unborn.hear(StartTask{1, kKey, "job"});
    unborn.agent().spawnFailed(kKey, {ErrorKind::NotFound, "no such program"}, unborn.now());
    EXPECT_EQ(unborn.said(),
              "spawn worker-1\n"
              "leader < TaskExited worker-1 \"it could not be started: no such program\"\n");
}

TEST(AgentMachine, killsAWorkerThatHangs) {
    Bench b;
    b.startWorker();
    b.wait(10'000);
    EXPECT_EQ(b.said(), "");
    b.wait(3'750, true, false);
    EXPECT_EQ(b.said(), "");
    b.wait(1'000, true, false);
    EXPECT_EQ(b.said(),
              "kill worker-1 1000\n"
              "leader < WorkerFailed worker-1 \"It hangs: it has not answered its agent for 3.0 s.\"\n"
              "worker-1 < KillTask worker-1 \"it hangs\"\n");
}

TEST(AgentMachine, aSuspendedAgentDoesNotBlameItsWorkers) {
    Bench b("node-a");  // The leader's own: it does not lose its leader meanwhile.
    b.startWorker();
    b.wait(1'000, true, false);
    for (int i = 0; i < 2; ++i) {
        b.agent().handleTimeout(b.now() + std::chrono::hours(1 + i), UtcTime());
    }
    EXPECT_EQ(b.said(), "");
}

TEST(AgentMachine, keepsTheWorkersCounters) {
    Bench b;
    b.startWorker();
    EXPECT_FALSE(b.agent().progressOf(kKey));
    b.wait(1'250);
    EXPECT_EQ(b.agent().progressOf(kKey), (Pong{1, 1, 2, 3}));
}

TEST(AgentMachine, heartbeatsTellTasksAndTheSampleOnce) {
    Bench b;
    b.agent().setSample({});
    b.connect();
    const auto first = b.agent().pollTransmit();
    ASSERT_TRUE(first.has_value());
    EXPECT_TRUE(std::get<Heartbeat>(first->message).sample.has_value());
    b.hear(StartTask{1, kKey, "job"});
    b.agent().handleTimeout(b.now() + milliseconds(250), UtcTime());
    const auto second = b.agent().pollTransmit();
    ASSERT_TRUE(second.has_value());
    EXPECT_EQ(test::render(second->message), "Heartbeat 2 worker-1");
    EXPECT_FALSE(std::get<Heartbeat>(second->message).sample.has_value());
    EXPECT_EQ(std::get<Heartbeat>(second->message).term, 1u);
}

TEST(AgentMachine, repeatsReportsThatTheLeaderMayNotHave) {
    Bench b;
    b.startWorker();
    b.worker(WorkerReady{kKey, "tcp", "key", {}});
    b.wait(250);  // A heartbeat after it is answered: the leader has it.
    b.worker(WorkerFinished{kKey, 1, 2, "h", false, std::nullopt});
    b.said();
    b.agent().leaderDisconnected(b.now());
    b.agent().workerExited(kKey, "exit status 0", "", b.now());
    EXPECT_EQ(b.said(), "");
    b.connect();
    EXPECT_EQ(b.said(),
              "leader < WorkerFinished worker-1\n"
              "leader < TaskExited worker-1 expected \"exit status 0\"\n");
    b.wait(250);
    b.agent().leaderDisconnected(b.now());
    b.connect();
    EXPECT_EQ(b.said(), "");
}

TEST(AgentMachine, anAnswerFromBeforeTheBreakProvesNothing) {
    Bench b;
    b.startWorker();  // Heartbeat 1.
    b.worker(WorkerFinished{kKey, 1, 2, "h", false, std::nullopt});
    b.agent().handleTimeout(b.now() + milliseconds(250), UtcTime());  // Heartbeat 2, after the report.
    b.agent().leaderDisconnected(b.now());
    b.connect();  // The report again, and heartbeat 3.
    b.said();
    b.hear(HeartbeatAck{1, 2});
    b.agent().leaderDisconnected(b.now());
    b.connect();
    EXPECT_EQ(b.said(), "leader < WorkerFinished worker-1\n");
}

TEST(AgentMachine, freezesItsWorkersWhenTheLeaderIsLostAndEndsThemOnlyMuchLater) {
    Bench b;
    b.startWorker();
    b.hear(membership());
    b.wait(2'750, false);
    b.said();
    EXPECT_TRUE(b.agent().leaderHeard(b.now()));
    b.wait(250, false);
    EXPECT_FALSE(b.agent().leaderHeard(b.now()));
    EXPECT_EQ(b.said(),
              "worker-1 < Freeze 2 \"leader node-a was lost: nothing was heard from it for 3.0 s\"\n");
    b.wait(26'750, false);
    EXPECT_EQ(b.said(), "");
    b.wait(250, false);
    EXPECT_EQ(b.said(), R"~(kill worker-1 1000
worker-1 < KillTask worker-1 "leader node-a was not heard for 30 s"
)~");
}

TEST(AgentMachine, aLeaderThatIsBackFindsTheWorkersFrozen) {
    Bench b;
    b.startWorker();
    b.hear(membership());
    b.wait(4'000, false);
    b.said();
    b.worker(Frozen{kKey, 2, 1, 17, "tcp", "key"});
    b.wait(40'000);
    EXPECT_EQ(b.said(), "leader < Frozen worker-1 for 2 at step 17 of 1\n");
    b.hear(Freeze{1, kRun, 2, "node-b was cut off"});
    EXPECT_EQ(b.said(), "worker-1 < Freeze 2 \"node-b was cut off\"\n");
    b.hear(membership(2));
    EXPECT_EQ(b.said(), "worker-1 < AssignMembership 2: worker-1@tcp (no state)\n");
}

TEST(AgentMachine, aRefusedLinkLosesTheLeaderAtOnce) {
    Bench b;
    b.startWorker();
    b.hear(membership());
    b.said();
    b.agent().leaderRefused(b.now(), UtcTime());
    EXPECT_EQ(b.said(), "worker-1 < Freeze 2 \"leader node-a was lost: the connection to it was refused\"\n");
    Bench young;
    young.agent().leaderRefused(young.now(), UtcTime());
    EXPECT_EQ(young.said(), "");  // It may not be up yet.
}

TEST(AgentMachine, passesComplaintsOn) {
    Bench b;
    b.startWorker();
    b.worker(MembershipBroken{kKey, 1, 5, {ErrorKind::Unavailable, "worker-0 is gone"}, TaskId()});
    EXPECT_EQ(b.said(), "leader < MembershipBroken worker-1 1 \"worker-0 is gone\"\n");
}

TEST(AgentMachine, theLeadersOwnAgentNeverLosesItself) {
    Bench b("node-a");
    b.startWorker();
    b.wait(10'000, false);
    EXPECT_EQ(b.said(), "");
}

TEST(AgentMachine, refusesOrdersOfAnEarlierLeadership) {
    Bench b;
    b.connect();
    b.hear(HeartbeatAck{5, 1});
    EXPECT_EQ(b.agent().term(), 5u);
    b.hear(StartTask{4, kKey, "job"});
    b.hear(KillTask{4, kKey, ""});
    b.hear(Freeze{4, kRun, 2, ""});
    EXPECT_EQ(b.agent().counters().oldTerm, 3u);
    EXPECT_EQ(b.said(), "");
}

TEST(AgentMachine, refusesMembershipsThatAreNotNewer) {
    Bench b;
    b.startWorker();
    b.hear(membership(2));
    b.said();
    b.hear(membership(2));
    b.hear(membership(1));
    b.worker(MembershipEntered{kKey, 1});
    EXPECT_EQ(b.agent().counters().oldMembership, 3u);
    AssignMembership others = membership(3);
    others.seats[0].member.generation = 2;
    b.hear(others);
    EXPECT_EQ(b.agent().counters().unknownTask, 1u);
    EXPECT_EQ(b.said(), "");
}

TEST(AgentMachine, countsWhatHasNoPlaceHere) {
    Bench b;
    b.startWorker();
    b.hear(Ping{});
    b.worker(WorkerReady{{kRun, TaskId("worker-2"), 1}, "", "", {}});
    b.worker(HeartbeatAck{});
    EXPECT_EQ(b.agent().counters().unexpected, 3u);
    b.agent().handleWorker({kRun, kKey.task, 2}, Pong{}, b.now());
    b.agent().workerConnected({kRun, kKey.task, 2}, b.now());
    b.agent().workerExited({kRun, kKey.task, 2}, "", "", b.now());
    EXPECT_EQ(b.agent().counters().unknownTask, 3u);
    EXPECT_EQ(b.said(), "");
}

TEST(AgentMachine, aShutdownEndsAllTasksAndTakesNoMore) {
    Bench b;
    b.startWorker();
    b.agent().shutdown("the demo is over", b.now());
    EXPECT_FALSE(b.agent().isIdle());
    EXPECT_EQ(b.said(), "kill worker-1 1000\nworker-1 < KillTask worker-1 \"the demo is over\"\n");
    b.hear(StartTask{1, {kRun, TaskId("worker-2"), 1}, "job"});
    EXPECT_EQ(b.said(), "leader < TaskExited worker-2 \"not started: the demo is over\"\n");
    b.agent().workerExited(kKey, "exit status 0", "", b.now());
    EXPECT_TRUE(b.agent().isIdle());
}

TEST(AgentMachine, followsAnElectedLeaderAndTellsItWhatTheLastOneMayNotHave) {
    Bench b;
    b.startWorker();
    b.agent().workerExited(kKey, "exit status 1", "", b.now());
    const std::string told = b.said();
    EXPECT_EQ(told, "leader < TaskExited worker-1 \"exit status 1\"\n");

    b.agent().leaderChanged(NodeId("node-c"), 2, b.now());
    EXPECT_EQ(b.said(), "") << "no link to it yet";
    b.connect();
    EXPECT_EQ(b.said(), told);
    EXPECT_TRUE(b.agent().leaderHeard(b.now()));

    b.hear(StartTask{1, {kRun, TaskId("worker-2"), 1}, "job"});
    EXPECT_EQ(b.said(), "") << "the last one gives no more orders";
    EXPECT_EQ(b.agent().counters().oldTerm, 1U);
    b.agent().leaderChanged(NodeId("node-a"), 1, b.now());
    EXPECT_EQ(b.agent().counters().oldTerm, 2U) << "nor is it followed again in its old term";
    b.hear(StartTask{2, {kRun, TaskId("worker-2"), 1}, "job"});
    EXPECT_NE(b.said().find("spawn worker-2"), std::string::npos);
}

TEST(AgentMachine, doesNotSayToTheNewLeaderWhatWasMeantForTheLast) {
    Bench b;
    b.connect();
    b.agent().leaderChanged(NodeId("node-c"), 2, b.now());
    EXPECT_FALSE(b.agent().pollTransmit().has_value()) << "the heartbeat was for node-a";
    b.agent().leaderChanged(NodeId("node-c"), 3, b.now());
    EXPECT_EQ(b.agent().term(), 3U);
}

}  // namespace
}  // namespace longship
