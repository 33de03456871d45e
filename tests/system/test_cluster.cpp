#include "tests/system/test_cluster.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>
#include <sstream>

#include "core/base/files.h"
#include "core/client/agent_process.h"
#include "core/client/agent_talk.h"
#include "core/domain/job_yaml.h"

namespace longship::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 5ms;

std::string statOf(pid_t process) {
    return readFile(fmt::format("/proc/{}/stat", process)).value_or(std::string());
}

/// The words behind the name: state, parent …
std::istringstream statFields(pid_t process) {
    const std::string stat = statOf(process);
    const std::size_t name = stat.rfind(')');
    return std::istringstream(name == std::string::npos ? std::string() : stat.substr(name + 1));
}

/// Numbers of the sockets that the process holds.
std::set<std::string> socketsOf(pid_t process) {
    std::set<std::string> sockets;
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", process), error)) {
        const std::string target = std::filesystem::read_symlink(entry.path(), error).string();
        if (target.starts_with("socket:[")) {
            sockets.insert(target.substr(8, target.size() - 9));
        }
    }
    return sockets;
}

}  // namespace

bool waitUntil(const std::function<bool()>& condition, std::chrono::milliseconds patience) {
    const TimePoint deadline = BootClock::now() + patience;
    while (!condition()) {
        if (BootClock::now() >= deadline) {
            return false;
        }
        ::poll(nullptr, 0, static_cast<int>(kLook.count()));
    }
    return true;
}

bool isGone(pid_t process) {
    const std::string stat = statOf(process);
    const std::size_t name = stat.rfind(')');
    if (name == std::string::npos) {
        return true;
    }
    std::istringstream words(stat.substr(name + 1));
    const std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
    // A killed process is a zombie as soon as its first thread is gone: the others still hold its files.
    constexpr std::size_t kState = 0;
    constexpr std::size_t kThreads = 17;
    return fields.size() <= kThreads || fields[kState] == "X" ||
           (fields[kState] == "Z" && std::stoi(fields[kThreads]) <= 1);
}

std::vector<pid_t> childrenOf(pid_t process) {
    std::vector<pid_t> children;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename().string();
        pid_t id = 0;
        const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), id);
        std::string state;
        pid_t parent = 0;
        if (code == std::errc{} && end == name.data() + name.size() && statFields(id) >> state >> parent &&
            parent == process && state != "Z") {
            children.push_back(id);
        }
    }
    return children;
}

std::vector<int> listeningPorts(pid_t process) {
    const std::set<std::string> sockets = socketsOf(process);
    std::vector<int> ports;
    std::ifstream table(fmt::format("/proc/{}/net/tcp", process));
    std::string line;
    std::getline(table, line);
    while (std::getline(table, line)) {
        // sl local remote state queues timer retransmits uid timeout inode …
        std::istringstream fields(line);
        std::vector<std::string> words{std::istream_iterator<std::string>(fields), {}};
        constexpr std::string_view kListening = "0A";
        if (words.size() > 9 && words[3] == kListening && sockets.contains(words[9])) {
            ports.push_back(std::stoi(words[1].substr(words[1].find(':') + 1), nullptr, 16));
        }
    }
    return ports;
}

TestCluster::TestCluster(std::filesystem::path worker, unsigned nodes)
    : m_home{m_folder.path() / "data", m_folder.path() / "config"},
      m_files{"test", m_home.data / "clusters" / "test"},
      m_worker(std::move(worker)),
      m_nodes(nodes),
      m_agents(nodes) {
    EXPECT_TRUE(makePrivateFolder(m_files.folder));
    m_keys = loadClientKey(m_files).value();
}

TestCluster::~TestCluster() {
    m_client.reset();
    if (::testing::Test::HasFailure()) {
        for (unsigned index = 0; index < m_nodes; ++index) {
            std::cerr << "--- " << node(index).value << "\n" << agentLog(index);
        }
    }
}

void TestCluster::start() {
    for (unsigned index = 0; index < m_nodes; ++index) {
        startAgent(index);
    }
    join(m_nodes);
}

void TestCluster::join(unsigned nodes) {
    const auto handedOut = handOutRoster(nodes);
    ASSERT_TRUE(handedOut) << handedOut.error().text;
    if (m_client == nullptr) {
        auto client = openClient(m_home, m_files);
        ASSERT_TRUE(client) << client.error().text;
        m_client = std::move(*client);
    }
    ASSERT_TRUE(waitUntil([&] {
        const ClusterView view = m_client->cluster();
        return view.nodes.size() == nodes &&
               std::all_of(view.nodes.begin(), view.nodes.end(),
                           [](const NodeView& one) { return one.state == NodeState::Ready; });
    })) << "not all nodes became ready";
}

void TestCluster::startAgent(unsigned index, std::vector<std::string> moreArguments) {
    ASSERT_TRUE(makePrivateFolder(nodeFolder(index)));
    ASSERT_TRUE(makePrivateFolder(failpointFolder(index)));
    std::error_code ignored;
    std::filesystem::remove(nodeFolder(index) / "endpoint", ignored);
    ChildProcess::Plan plan;
    plan.program = LONGSHIP_AGENT;
    plan.arguments = {"--home",      nodeFolder(index).string(), "--listen", "127.0.0.1:0",
                      "--owner-key", m_keys.publicKey,           "--node",   node(index).value,
                      "--worker",    m_worker.string()};
    plan.arguments.insert(plan.arguments.end(), moreArguments.begin(), moreArguments.end());
    plan.environment = {
        {"XDG_RUNTIME_DIR", m_folder.path().string()},  // A killed agent leaves its socket there.
        {"LONGSHIP_FAILPOINTS", failpointFolder(index).string()}};
    plan.log = nodeFolder(index) / "test.log";
    auto process = ChildProcess::start(plan);
    ASSERT_TRUE(process) << process.error().text;
    m_agents.at(index) = std::move(*process);
    const auto published = waitForAgent(node(index), nodeFolder(index), BootClock::now() + 20s);
    ASSERT_TRUE(published) << published.error().text << "\n" << agentLog(index);
}

Result<void> TestCluster::handOutRoster(unsigned nodes) {
    ClusterRecord record{m_files.name, true, {}};
    for (unsigned index = 0; index < nodes; ++index) {
        record.nodes.push_back(entry(index));
    }
    LONGSHIP_TRY(writeClusterRecord(m_files, record));
    LONGSHIP_ASSIGN(AgentTalk talk, AgentTalk::open(m_keys, record.nodes, "test"));
    LONGSHIP_TRY(talk.greet(BootClock::now() + 10s));
    return talk.handOut(record.roster(), BootClock::now() + 10s);
}

NodeId TestCluster::node(unsigned index) const {
    return NodeId(std::string("node-") + static_cast<char>('a' + index));
}

std::filesystem::path TestCluster::nodeFolder(unsigned index) const {
    return nodeHome(m_files, node(index));
}

std::filesystem::path TestCluster::failpointFolder(unsigned index) const {
    return nodeFolder(index) / "failpoints";
}

std::string TestCluster::agentLog(unsigned index) const {
    return readFile(nodeFolder(index) / "test.log").value_or(std::string());
}

RosterEntry TestCluster::entry(unsigned index) const {
    RosterEntry entry = readPublishedEndpoint(nodeFolder(index)).value().entry;
    entry.node = node(index);
    return entry;
}

/// By the task that the agent gave each, for people who look at ps.
std::vector<pid_t> TestCluster::tasksOf(unsigned index, const std::string& kind) {
    std::vector<pid_t> tasks = childrenOf(agent(index).id());
    std::erase_if(tasks, [&](pid_t process) {
        std::ifstream file(fmt::format("/proc/{}/cmdline", process));
        const std::string words(std::istreambuf_iterator<char>(file), {});
        return words.find(std::string(1, '\0') + kind) == std::string::npos;
    });
    return tasks;
}

std::vector<pid_t> TestCluster::allWorkers() {
    std::vector<pid_t> workers;
    for (unsigned index = 0; index < m_nodes; ++index) {
        const auto some = childrenOf(agent(index).id());
        workers.insert(workers.end(), some.begin(), some.end());
    }
    return workers;
}

unsigned TestCluster::leader() {
    unsigned found = 0;
    EXPECT_TRUE(waitUntil([&] {
        const ClusterView view = m_client->cluster();
        for (found = 0; found < view.nodes.size(); ++found) {
            const NodeView& node = view.nodes[found];
            if (node.leader && (node.state == NodeState::Ready || node.state == NodeState::Busy)) {
                return true;
            }
        }
        return false;
    })) << "nobody leads";
    return found;
}

void TestCluster::killAgent(unsigned index) {
    const std::vector<pid_t> workers = workersOf(index);
    const pid_t process = agent(index).id();
    EXPECT_EQ(::kill(process, SIGKILL), 0);
    EXPECT_TRUE(waitUntil([&] { return isGone(process) && std::ranges::all_of(workers, isGone); }));
}

RunId TestCluster::submit(const JobSpec& job) {
    const auto run = m_client->submit(job);
    EXPECT_TRUE(run) << run.error().text;
    return run.value_or(RunId());
}

RunState TestCluster::stateOf(const RunId& id) {
    const auto snapshot = run(id);
    return snapshot ? snapshot->state : RunState::Queued;
}

bool TestCluster::waitForTraining(const RunId& id) {
    return waitUntil([&] { return m_client->rows(id, std::nullopt, 5).size() == 5; }, 60s);
}

bool TestCluster::waitForEnd(const RunId& id, std::chrono::milliseconds patience) {
    return waitUntil([&] { return isTerminal(stateOf(id)); }, patience);
}

JobSpec scriptedJob(const std::string& name, std::uint64_t epochs) {
    JobSpec job = demoJob();
    job.name = name;
    job.epochs = epochs;
    job.globalBatch = 100;
    return job;
}

}  // namespace longship::test
