#include "agent/daemon/worker_processes.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "agent/supervision/task_log.h"
#include "agent/supervision/worker_config.h"
#include "core/base/files.h"
#include "core/domain/task_kind.h"
#include "core/telemetry/kernel_log.h"
#include "core/transport/keys.h"

namespace longship {

WorkerProcesses::WorkerProcesses(ControlHub& hub, const AgentHome& home, Options options)
    : m_hub(hub), m_home(home), m_options(std::move(options)) {}

WorkerProcesses::~WorkerProcesses() {
    for (const auto& [key, worker] : m_workers) {
        m_hub.unwatch(worker.process.descriptor());
    }
}

Result<void> WorkerProcesses::spawn(const TaskKey& key, const std::string& jobYaml,
                                    const Placement& placement) {
    if (m_workers.contains(key)) {
        return failure(ErrorKind::Refused, fmt::format("{} runs already.", key.task.value));
    }
    LONGSHIP_ASSIGN(const auto folder, m_home.makeRunFolder(key.run));
    LONGSHIP_ASSIGN(const auto log, m_home.runFile(key.run, key.task.value + ".log"));
    LONGSHIP_TRY(writeFileAtomically(folder / "job.yaml", jobYaml, FileAccess::OwnerOnly));

    WorkerConfig config;
    config.key = key;
    config.node = m_options.node;
    config.keys = KeyPair::generate();
    config.agentEndpoint = m_options.agentEndpoint;
    config.agentKey = m_options.agentKey;
    config.dataEndpoint = fmt::format("tcp://{}:*", placement.dataHost);
    config.jobYaml = jobYaml;
    config.folder = folder;
    config.dataFolder = m_options.dataFolder;
    config.threads = placement.threads;
    config.checkpoints = placement.checkpoints;
    config.lastRow = placement.lastRow;
    config.checkpointBudget = m_options.checkpointBudget;

    ChildProcess::Plan plan;
    plan.program = isServer(key.task) ? m_options.serverProgram : m_options.workerProgram;
    plan.arguments = {"--task", key.task.value, "--run", key.run.value};  // For people who look at ps.
    // libtorch's own setting does not reach its BLAS: that one looks at its environment when it is loaded.
    const std::string threads = std::to_string(placement.threads);
    plan.environment = {
        {"OPENBLAS_NUM_THREADS", threads}, {"OMP_NUM_THREADS", threads}, {"MKL_NUM_THREADS", threads}};
    plan.input = toJson(config);
    plan.log = log;
    LONGSHIP_ASSIGN(auto process, ChildProcess::start(plan));
    m_hub.watch(process.descriptor());
    m_workers.emplace(key, Worker{std::move(process), config.keys.publicKey, log, {}, std::nullopt});
    return {};
}

void WorkerProcesses::end(const TaskKey& key, std::chrono::milliseconds grace, TimePoint now) {
    const auto found = m_workers.find(key);
    if (found == m_workers.end()) {
        return;
    }
    Worker& worker = found->second;
    if (grace.count() <= 0) {
        worker.process.kill();
        return;
    }
    if (!worker.killAt) {
        worker.process.terminate();
    }
    worker.killAt = std::min(worker.killAt.value_or(TimePoint::max()), now + grace);
}

void WorkerProcesses::killAll() {
    for (const auto& [key, worker] : m_workers) {
        worker.process.kill();
    }
}

Result<WorkerProcesses::Worker*> WorkerProcesses::workerOf(const RunId& run) {
    // A worker where there is one, else a server.
    const auto isOf = [&](const auto& worker) { return worker.first.run == run; };
    auto found = std::find_if(m_workers.begin(), m_workers.end(), [&](const auto& worker) {
        return isOf(worker) && !isServer(worker.first.task);
    });
    if (found == m_workers.end()) {
        found = std::find_if(m_workers.begin(), m_workers.end(), isOf);
    }
    if (found == m_workers.end()) {
        return failure(ErrorKind::NotFound,
                       fmt::format("{} has no worker of run {}.", m_options.node.value, run.value));
    }
    return &found->second;
}

Result<void> WorkerProcesses::killOf(const RunId& run) {
    LONGSHIP_ASSIGN(Worker* const worker, workerOf(run));
    worker->process.kill();
    return {};
}

Result<void> WorkerProcesses::pauseOf(const RunId& run, std::chrono::milliseconds heal, TimePoint now) {
    LONGSHIP_ASSIGN(Worker* const worker, workerOf(run));
    ::kill(-worker->process.id(), SIGSTOP);
    worker->continueAt = now + heal;
    return {};
}

std::optional<WorkerProcesses::Exit> WorkerProcesses::takeExit(int descriptor) {
    const auto found = std::find_if(m_workers.begin(), m_workers.end(), [&](const auto& worker) {
        return worker.second.process.descriptor() == descriptor;
    });
    if (found == m_workers.end()) {
        return std::nullopt;
    }
    const auto end = found->second.process.poll();
    if (!end) {
        return std::nullopt;
    }
    Exit exit{found->first, end->describe(), tailOf(found->second.log)};
    const bool byUs = found->second.killAt.has_value();
    if (end->signal == SIGKILL && !byUs && wasKilledForMemory(found->second.process.id())) {
        exit.detail = "killed by the kernel for lack of memory";
    }
    m_hub.unwatch(descriptor);
    m_workers.erase(found);
    return exit;
}

void WorkerProcesses::handleTimeout(TimePoint now) {
    for (auto& [key, worker] : m_workers) {
        if (worker.killAt && *worker.killAt <= now) {
            worker.process.kill();
            worker.killAt = TimePoint::max();
        }
        if (worker.continueAt && *worker.continueAt <= now) {
            ::kill(-worker.process.id(), SIGCONT);
            worker.continueAt.reset();
        }
    }
}

TimePoint WorkerProcesses::nextTimeout() const {
    TimePoint next = TimePoint::max();
    for (const auto& [key, worker] : m_workers) {
        next = std::min(
            {next, worker.killAt.value_or(TimePoint::max()), worker.continueAt.value_or(TimePoint::max())});
    }
    return next;
}

void WorkerProcesses::trimLogs() const {
    for (const auto& [key, worker] : m_workers) {
        trimLog(worker.log);
    }
}

std::set<std::string> WorkerProcesses::publicKeys() const {
    std::set<std::string> keys;
    for (const auto& [key, worker] : m_workers) {
        keys.insert(worker.publicKey);
    }
    return keys;
}

std::optional<TaskKey> WorkerProcesses::taskWithKey(const std::string& publicKey) const {
    for (const auto& [key, worker] : m_workers) {
        if (worker.publicKey == publicKey) {
            return key;
        }
    }
    return std::nullopt;
}

std::vector<pid_t> WorkerProcesses::processIds() const {
    std::vector<pid_t> ids;
    for (const auto& [key, worker] : m_workers) {
        ids.push_back(worker.process.id());
    }
    return ids;
}

std::vector<TaskKey> WorkerProcesses::tasks() const {
    std::vector<TaskKey> tasks;
    for (const auto& [key, worker] : m_workers) {
        tasks.push_back(key);
    }
    return tasks;
}

void WorkerProcesses::setConnection(const TaskKey& key, const ConnectionId& connection) {
    if (const auto found = m_workers.find(key); found != m_workers.end()) {
        found->second.connection = connection;
    }
}

std::optional<ConnectionId> WorkerProcesses::connectionOf(const TaskKey& key) const {
    const auto found = m_workers.find(key);
    if (found == m_workers.end() || found->second.connection.empty()) {
        return std::nullopt;
    }
    return found->second.connection;
}

}  // namespace longship
