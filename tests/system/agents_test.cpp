#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>

#include "core/base/files.h"
#include "core/history/history.h"
#include "tests/system/test_cluster.h"

// Agents as real processes on loopback, with a scripted worker. What a person sees is asked of a real client.
namespace longship::test {
namespace {

using namespace std::chrono_literals;

// Longest time from a death to the first step without the dead: several times what it takes on a busy
// machine.
constexpr auto kPatience = 10s;

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

class Agents : public ::testing::Test {
protected:
    /// A run that goes on until something ends it.
    RunId startEndlessRun() {
        const RunId run = m_cluster.submit(scriptedJob("endless", 1'000'000));
        EXPECT_TRUE(m_cluster.waitForTraining(run));
        m_workers = m_cluster.allWorkers();
        EXPECT_EQ(m_workers.size(), 3u);
        return run;
    }

    /// Until so many members train in a later membership than the first.
    void expectToGoOn(const RunId& run, std::size_t members) {
        EXPECT_TRUE(waitUntil(
            [&] {
                const auto snapshot = m_cluster.run(run);
                const MembershipCommitted& current = snapshot->memberships.back();
                const auto rows = m_cluster.client().rows(run, RowKey{current.number, 0}, 1);
                return snapshot->state == RunState::Training && current.number > 1 &&
                       current.members.size() == members && !rows.empty();
            },
            kPatience))
            << "still " << toString(m_cluster.stateOf(run)) << " in membership "
            << m_cluster.run(run)->memberships.back().number;
    }

    /// The first incident names the node and says this.
    void expectIncident(const RunId& run, unsigned index, const std::string& text) {
        const auto snapshot = m_cluster.run(run);
        ASSERT_FALSE(snapshot->incidents.empty());
        const IncidentRaised& incident = snapshot->incidents.front().incident;
        EXPECT_EQ(incident.node, m_cluster.node(index)) << incident.what;
        EXPECT_TRUE(contains(incident.what + incident.why, text)) << incident.what << " / " << incident.why;
    }

    void stop(const RunId& run) {
        const auto stopped = m_cluster.client().stop(run);
        EXPECT_TRUE(stopped) << stopped.error().text;
        EXPECT_TRUE(m_cluster.waitForEnd(run, 30s));
        EXPECT_EQ(m_cluster.stateOf(run), RunState::Stopped);
        EXPECT_TRUE(waitUntil([&] { return m_cluster.allWorkers().empty(); })) << "a worker stayed behind";
    }

    /// The workers of these nodes are the processes that they were at the start.
    void expectSameWorkers(const std::vector<unsigned>& nodes) {
        for (const unsigned index : nodes) {
            for (const pid_t worker : m_cluster.workersOf(index)) {
                EXPECT_TRUE(std::ranges::find(m_workers, worker) != m_workers.end());
            }
        }
    }

    TestCluster m_cluster{SCRIPTED_WORKER};
    std::vector<pid_t> m_workers;
};

TEST_F(Agents, ARunCompletesWithAllItsRecords) {
    m_cluster.start();
    const RunId run = m_cluster.submit(scriptedJob("short", 2));
    ASSERT_TRUE(m_cluster.waitForEnd(run, 30s));
    ASSERT_EQ(m_cluster.stateOf(run), RunState::Completed);

    ASSERT_TRUE(waitUntil([&] { return m_cluster.client().rows(run, std::nullopt, 1000).size() == 20; }));
    const auto rows = m_cluster.client().rows(run, std::nullopt, 1000);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(rows[i].key, (RowKey{1, i}));
    }
    const auto events = m_cluster.client().events(run);
    for (std::size_t i = 0; i < events.size(); ++i) {
        EXPECT_EQ(events[i].sequence, i + 1);
    }
    const auto proof = m_cluster.client().verify(run);
    ASSERT_TRUE(proof) << proof.error().text;
    EXPECT_TRUE(proof->exact()) << proof->summary();

    const auto model = m_cluster.files().folder / "copy.safetensors";
    const auto saved = m_cluster.client().saveModel(run, model);
    ASSERT_TRUE(saved) << saved.error().text;
    EXPECT_EQ(std::filesystem::file_size(model), 3'000'000u);
    const auto log = m_cluster.client().taskLog(run, {TaskId("worker-1"), m_cluster.node(1)});
    ASSERT_TRUE(log) << log.error().text;
    EXPECT_EQ(*log, (TaskLog{"connected\n", false, m_cluster.node(1)}));
    EXPECT_TRUE(waitUntil([&] { return m_cluster.allWorkers().empty(); }));
}

TEST_F(Agents, AStoppedRunIsStopped) {
    m_cluster.start();
    const RunId run = startEndlessRun();
    const auto stopped = m_cluster.client().stop(run);
    ASSERT_TRUE(stopped) << stopped.error().text;
    ASSERT_TRUE(m_cluster.waitForEnd(run, 10s));
    EXPECT_EQ(m_cluster.stateOf(run), RunState::Stopped);
    EXPECT_TRUE(waitUntil([&] { return std::all_of(m_workers.begin(), m_workers.end(), isGone); }));
}

TEST_F(Agents, AKilledWorkerIsStartedAgainWhileTheOthersGoOn) {
    m_cluster.start();
    const RunId run = startEndlessRun();
    ::kill(m_cluster.workersOf(1).at(0), SIGKILL);
    expectToGoOn(run, 3);
    expectIncident(run, 1, "SIGKILL");
    expectSameWorkers({0, 2});
    EXPECT_EQ(m_cluster.run(run)->tasks.at(TaskId("worker-1")).generation, 2u);
    stop(run);
}

TEST_F(Agents, AWorkerThatFailsSaysWhy) {
    m_cluster.start();
    const RunId run = m_cluster.submit(scriptedJob("fails", 1000));
    ASSERT_TRUE(m_cluster.waitForEnd(run, 30s));
    const auto snapshot = m_cluster.run(run);
    EXPECT_EQ(snapshot->state, RunState::Failed);
    EXPECT_TRUE(contains(snapshot->finished->cause, "the script says so")) << snapshot->finished->cause;
    EXPECT_TRUE(waitUntil([&] { return m_cluster.allWorkers().empty(); }));
}

TEST_F(Agents, AWorkerThatHangsIsFoundAndKilled) {
    m_cluster.start();
    const RunId run = m_cluster.submit(scriptedJob("hangs", 1000));
    ASSERT_TRUE(m_cluster.waitForEnd(run, 30s));
    EXPECT_EQ(m_cluster.stateOf(run), RunState::Failed);
    EXPECT_TRUE(waitUntil([&] { return m_cluster.allWorkers().empty(); }));
}

TEST_F(Agents, TheOthersGoOnWithoutAKilledAgent) {
    m_cluster.start();
    const RunId run = startEndlessRun();
    ::kill(m_cluster.agent(2).id(), SIGKILL);
    expectToGoOn(run, 2);
    expectIncident(run, 2, "");
    expectSameWorkers({0, 1});
    EXPECT_TRUE(waitUntil([&] { return std::ranges::count_if(m_workers, isGone) == 1; })) << "its worker";
    stop(run);
}

TEST_F(Agents, AStoppedAgentIsSilentAndComesBack) {
    m_cluster.start();
    const RunId run = startEndlessRun();
    ::kill(m_cluster.agent(2).id(), SIGSTOP);
    expectToGoOn(run, 2);
    // It wakes up into a world that went on without it.
    ::kill(m_cluster.agent(2).id(), SIGCONT);
    expectToGoOn(run, 3);
    expectSameWorkers({0, 1});
    stop(run);
}

TEST_F(Agents, ARunSurvivesTheDeathOfItsLeader) {
    m_cluster.start();
    const RunId run = startEndlessRun();
    const RosterEntry before = m_cluster.entry(0);
    ::kill(m_cluster.agent(0).id(), SIGKILL);
    ASSERT_TRUE(waitUntil([&] { return isGone(m_cluster.agent(0).id()); }));
    m_cluster.startAgent(0);
    EXPECT_EQ(m_cluster.entry(0).endpoint, before.endpoint) << "the others look for it there";
    expectToGoOn(run, 3);
    expectSameWorkers({1, 2});
    stop(run);
}

TEST_F(Agents, AFollowerThatComesBackLearnsWhatItMissedAndTakesPart) {
    m_cluster.start();
    const RunId run = startEndlessRun();
    ::kill(m_cluster.agent(1).id(), SIGKILL);
    expectToGoOn(run, 2);
    m_cluster.startAgent(1);
    expectToGoOn(run, 3);
    expectSameWorkers({0, 2});
    stop(run);
    const auto history = History::open(m_cluster.nodeFolder(1) / "history.db");
    ASSERT_TRUE(history) << history.error().text;
    EXPECT_TRUE(waitUntil([&] {
        const auto its = (*history)->snapshot(run);
        return its && its->state == RunState::Stopped && its->sequence == m_cluster.run(run)->sequence;
    })) << "node-b does not know how the run ended";
}

TEST_F(Agents, AnAgentToldToEndTakesItsWorkersAlong) {
    m_cluster.start();
    const RunId run = startEndlessRun();
    const std::vector<pid_t> itsWorkers = m_cluster.workersOf(1);
    m_cluster.agent(1).terminate();
    ASSERT_TRUE(waitUntil([&] { return isGone(m_cluster.agent(1).id()); }, 10s));
    EXPECT_EQ(m_cluster.agent(1).poll().value().describe(), "exit status 0");
    EXPECT_TRUE(std::ranges::all_of(itsWorkers, isGone));
    EXPECT_FALSE(std::filesystem::exists(m_cluster.nodeFolder(1) / "endpoint"));
    expectToGoOn(run, 2);
    stop(run);
}

TEST_F(Agents, OneHomeHoldsOneAgent) {
    m_cluster.startAgent(0);
    ChildProcess::Plan second;
    second.program = LONGSHIP_AGENT;
    second.arguments = {"--home",      m_cluster.nodeFolder(0).string(),
                        "--owner-key", m_cluster.ownerKeys().publicKey,
                        "--node",      "node-a",
                        "--worker",    SCRIPTED_WORKER};
    second.log = m_cluster.files().folder / "second.log";
    auto process = ChildProcess::start(second);
    ASSERT_TRUE(process);
    ASSERT_TRUE(waitUntil([&] { return process->poll().has_value(); }));
    EXPECT_EQ(process->poll()->exitStatus, 2);
    const std::string said = readFile(second.log).value();
    EXPECT_TRUE(contains(said, "Another agent already runs in")) << said;
    EXPECT_TRUE(contains(said, std::to_string(m_cluster.agent(0).id()))) << said;
    EXPECT_FALSE(isGone(m_cluster.agent(0).id()));
}

TEST_F(Agents, DamagedFilesArePutAsideAndNamed) {
    m_cluster.start();
    const RunId run = m_cluster.submit(scriptedJob("short", 1));
    ASSERT_TRUE(m_cluster.waitForEnd(run, 30s));
    m_cluster.agent(1).terminate();
    ASSERT_TRUE(waitUntil([&] { return isGone(m_cluster.agent(1).id()); }, 10s));
    const auto folder = m_cluster.nodeFolder(1);
    std::ofstream(folder / "roster.json", std::ios::trunc) << "{\"cluster\": ";
    std::ofstream(folder / "history.db", std::ios::trunc) << std::string(9000, '#');
    m_cluster.startAgent(1);
    EXPECT_TRUE(contains(m_cluster.agentLog(1), "roster.json is damaged")) << m_cluster.agentLog(1);
    EXPECT_TRUE(contains(m_cluster.agentLog(1), "history.db")) << m_cluster.agentLog(1);
    ASSERT_TRUE(m_cluster.handOutRoster());
    const RunId next = m_cluster.submit(scriptedJob("short", 1));
    ASSERT_TRUE(m_cluster.waitForEnd(next, 30s));
    EXPECT_EQ(m_cluster.stateOf(next), RunState::Completed);
}

TEST_F(Agents, BadArgumentsAreNamed) {
    struct Case {
        std::vector<std::string> arguments;
        std::string expected;
    };
    const std::string home = (m_cluster.files().folder / "bad").string();
    const std::string key = m_cluster.ownerKeys().publicKey;
    const std::vector<Case> cases = {
        {{"--home", home, "--owner-key", "short", "--node", "a", "--worker", "w"}, "--owner-key"},
        {{"--home", home, "--owner-key", key, "--node", "../a", "--worker", "w"}, "--node"},
        {{"--home", home, "--owner-key", key, "--node", "a", "--worker", "w", "--listen", "localhost"},
         "--listen localhost"},
        {{"--home", home, "--owner-key", key, "--node", "a", "--worker", "w", "--listen", "127.0.0.1:99999"},
         "--listen 127.0.0.1:99999"},
        {{"--home", home}, "--owner-key"},
    };
    for (const Case& one : cases) {
        ChildProcess::Plan plan;
        plan.program = LONGSHIP_AGENT;
        plan.arguments = one.arguments;
        plan.log = m_cluster.files().folder / fmt::format("bad-{}.log", &one - cases.data());
        auto process = ChildProcess::start(plan);
        ASSERT_TRUE(process);
        ASSERT_TRUE(waitUntil([&] { return process->poll().has_value(); }));
        EXPECT_EQ(process->poll()->exitStatus, 2);
        const std::string said = readFile(plan.log).value();
        EXPECT_TRUE(contains(said, one.expected)) << said;
    }
}

TEST_F(Agents, APortInUseIsNamed) {
    m_cluster.startAgent(0);
    const std::string endpoint = m_cluster.entry(0).endpoint;
    const std::string address = endpoint.substr(endpoint.rfind('/') + 1);
    ChildProcess::Plan plan;
    plan.program = LONGSHIP_AGENT;
    plan.arguments = {"--home",      (m_cluster.files().folder / "other").string(),
                      "--owner-key", m_cluster.ownerKeys().publicKey,
                      "--node",      "other",
                      "--worker",    SCRIPTED_WORKER,
                      "--listen",    address};
    plan.log = m_cluster.files().folder / "other.log";
    auto process = ChildProcess::start(plan);
    ASSERT_TRUE(process);
    ASSERT_TRUE(waitUntil([&] { return process->poll().has_value(); }));
    EXPECT_EQ(process->poll()->exitStatus, 2);
    const std::string said = readFile(plan.log).value();
    EXPECT_TRUE(contains(said, address.substr(address.find(':') + 1))) << said;
}

TEST_F(Agents, AnAgentThatNobodyNeedsEnds) {
    m_cluster.startAgent(0, {"--idle-exit", "1"});
    ASSERT_TRUE(waitUntil([&] { return m_cluster.agent(0).poll().has_value(); }, 10s));
    EXPECT_EQ(m_cluster.agent(0).poll()->describe(), "exit status 0");
    EXPECT_TRUE(contains(m_cluster.agentLog(0), "no run and no client for 1 s")) << m_cluster.agentLog(0);
}

TEST(SupervisedAgents, AreStartedAgainWhenTheyDie) {
    const TempFolder folder;
    const HomeFolders home{folder.path() / "data", folder.path() / "config"};
    LocalClusterOptions options;
    options.name = "supervised";
    options.nodes = 2;
    options.agentProgram = LONGSHIP_AGENT;
    options.workerProgram = SCRIPTED_WORKER;
    const auto files = ensureLocalCluster(home, options);
    ASSERT_TRUE(files) << files.error().text;
    const auto agentOf = [&](const char* node) {
        const auto published = readPublishedEndpoint(nodeHome(*files, NodeId(node)));
        return published ? published->pid : 0;
    };
    const pid_t first = agentOf("node-a");
    ASSERT_FALSE(isGone(first));
    ::kill(first, SIGKILL);
    EXPECT_TRUE(waitUntil([&] { return agentOf("node-a") != first && !isGone(agentOf("node-a")); }));
    const std::vector<pid_t> agents = {agentOf("node-a"), agentOf("node-b")};
    EXPECT_TRUE(ensureLocalCluster(home, options)) << "calling it again finds the running one";
    EXPECT_EQ(agentOf("node-b"), agents[1]);
    const auto stopped = stopLocalCluster(*files);
    EXPECT_TRUE(stopped) << stopped.error().text;
    EXPECT_TRUE(isGone(agents[0]) && isGone(agents[1]));
    EXPECT_TRUE(
        contains(readFile(nodeHome(*files, NodeId("node-a")) / "agent.log").value(), "started again"));
}

}  // namespace
}  // namespace longship::test
