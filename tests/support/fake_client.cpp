#include "tests/support/fake_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/domain/job_yaml.h"

namespace longship::test {
namespace {

// 2026-01-31 12:00:00 UTC: every script starts at the same moment, so screens and files can be compared.
constexpr UtcTime kStart{1'769'860'800'000'000};

std::span<const std::byte> bytesOf(const std::string& text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

tl::unexpected<Error> unknownRun(const RunId& run) {
    return failure(ErrorKind::NotFound, fmt::format("There is no run {}.", run.value));
}

}  // namespace

FakeClient::FakeClient() : m_now(kStart) {}
FakeClient::~FakeClient() = default;

void FakeClient::setCluster(ClusterView cluster) {
    {
        const std::lock_guard lock(m_mutex);
        m_cluster = std::move(cluster);
    }
    tellCluster();
}

void FakeClient::setConnected(bool connected, const std::string& detail) {
    {
        const std::lock_guard lock(m_mutex);
        m_cluster.connected = connected;
        m_cluster.detail = detail;
    }
    tellCluster();
}

void FakeClient::setNode(const NodeView& node) {
    {
        const std::lock_guard lock(m_mutex);
        auto& nodes = m_cluster.nodes;
        const auto known = std::find_if(nodes.begin(), nodes.end(),
                                        [&](const auto& other) { return other.node == node.node; });
        if (known == nodes.end()) {
            nodes.push_back(node);
        } else {
            *known = node;
        }
    }
    tellCluster();
}

void FakeClient::setStandstill(std::optional<Standstill> standstill) {
    {
        const std::lock_guard lock(m_mutex);
        m_cluster.standstill = std::move(standstill);
    }
    tellCluster();
}

void FakeClient::setLeftBehind(const RunId& run) {
    {
        const std::lock_guard lock(m_mutex);
        m_leftBehind.insert(run);
    }
    tellRun(run);
}

bool FakeClient::isLeftBehind(const RunId& run) const {
    const std::lock_guard lock(m_mutex);
    return m_leftBehind.contains(run);
}

void FakeClient::addEvent(const RunId& run, RunEventBody body) {
    {
        const std::lock_guard lock(m_mutex);
        auto& events = m_records[run].events;
        events.push_back({run, events.size() + 1, m_now, std::move(body)});
    }
    tellRun(run);
}

void FakeClient::replace(const RunId& run, std::vector<RunEventBody> bodies) {
    {
        const std::lock_guard lock(m_mutex);
        m_records[run] = {};
        for (RunEventBody& body : bodies) {
            auto& events = m_records[run].events;
            events.push_back({run, events.size() + 1, m_now, std::move(body)});
        }
    }
    tellRun(run);
}

void FakeClient::addRows(const RunId& run, std::vector<StepRow> rows) {
    {
        const std::lock_guard lock(m_mutex);
        auto& stored = m_records[run].rows;
        std::move(rows.begin(), rows.end(), std::back_inserter(stored));
        std::sort(stored.begin(), stored.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    }
    tellRun(run);
}

void FakeClient::setModel(const RunId& run, std::string bytes) {
    {
        const std::lock_guard lock(m_mutex);
        m_records[run].model = std::move(bytes);
    }
    tellRun(run);
}

void FakeClient::setTaskLog(const RunId& run, const TaskPlace& place, TaskLog log) {
    const std::lock_guard lock(m_mutex);
    m_records[run].logs[place] = std::move(log);
}

void FakeClient::failNextCommand(Error error) {
    const std::lock_guard lock(m_mutex);
    m_nextFailure = std::move(error);
}

void FakeClient::moveClock(std::chrono::microseconds by) {
    const std::lock_guard lock(m_mutex);
    m_now.microseconds += by.count();
}

std::vector<JobSpec> FakeClient::submitted() const {
    const std::lock_guard lock(m_mutex);
    return m_submitted;
}

std::vector<RunId> FakeClient::stopped() const {
    const std::lock_guard lock(m_mutex);
    return m_stopped;
}

std::vector<std::string> FakeClient::commands() const {
    const std::lock_guard lock(m_mutex);
    return m_commands;
}

UtcTime FakeClient::now() const {
    const std::lock_guard lock(m_mutex);
    return m_now;
}

void FakeClient::addObserver(ClientObserver* observer) {
    const std::lock_guard lock(m_observersMutex);
    m_observers.push_back(observer);
}

void FakeClient::removeObserver(ClientObserver* observer) {
    const std::lock_guard lock(m_observersMutex);
    std::erase(m_observers, observer);
}

ClusterView FakeClient::cluster() const {
    const std::lock_guard lock(m_mutex);
    return m_cluster;
}

std::vector<RunSummary> FakeClient::runs() const {
    const std::lock_guard lock(m_mutex);
    std::vector<RunSummary> summaries;
    for (auto record = m_records.rbegin(); record != m_records.rend(); ++record) {
        summaries.push_back(summarize(foldEvents(record->second.events)));
        summaries.back().leftBehind = m_leftBehind.contains(record->first);
    }
    return summaries;
}

std::optional<RunSnapshot> FakeClient::run(const RunId& run) const {
    const std::lock_guard lock(m_mutex);
    const auto record = m_records.find(run);
    return record == m_records.end() ? std::nullopt : std::optional(foldEvents(record->second.events));
}

std::vector<StepRow> FakeClient::rows(const RunId& run, std::optional<RowKey> after,
                                      std::size_t rowsMax) const {
    const std::lock_guard lock(m_mutex);
    const auto record = m_records.find(run);
    if (record == m_records.end()) {
        return {};
    }
    const auto& stored = record->second.rows;
    auto first = stored.begin();
    if (after) {
        first = std::upper_bound(stored.begin(), stored.end(), *after,
                                 [](const RowKey& key, const StepRow& row) { return key < row.key; });
    }
    const auto count = std::min(rowsMax, static_cast<std::size_t>(stored.end() - first));
    return {first, first + static_cast<std::ptrdiff_t>(count)};
}

std::vector<RunEvent> FakeClient::events(const RunId& run) const {
    const std::lock_guard lock(m_mutex);
    const auto record = m_records.find(run);
    return record == m_records.end() ? std::vector<RunEvent>() : record->second.events;
}

Result<RunProof> FakeClient::verify(const RunId& run) const {
    const auto snapshot = this->run(run);
    if (!snapshot) {
        return unknownRun(run);
    }
    return proveSamples(*snapshot, rows(run, std::nullopt, std::size_t{1} << 30));
}

Result<void> FakeClient::forget(const RunId& run) {
    {
        const std::lock_guard lock(m_mutex);
        if (auto failed = takeFailure()) {
            return failure(*failed);
        }
        const auto record = m_records.find(run);
        if (record == m_records.end()) {
            return unknownRun(run);
        }
        if (!isTerminal(foldEvents(record->second.events).state) && !m_leftBehind.contains(run)) {
            return failure(ErrorKind::Refused, fmt::format("The run {} goes on: stop it first.", run.value));
        }
        m_records.erase(record);
    }
    tellRun(run);
    return {};
}

ModelCopy FakeClient::modelCopy(const RunId& run) const {
    const auto snapshot = this->run(run);
    ModelCopy copy;
    if (snapshot && snapshot->model) {
        copy.bytesTotal = snapshot->model->bytes;
        const std::lock_guard lock(m_mutex);
        copy.bytes = m_records.at(run).model.size();
        copy.complete = copy.bytes == copy.bytesTotal;
    }
    return copy;
}

Result<RunId> FakeClient::submit(const JobSpec& job) {
    RunId run;
    {
        const std::lock_guard lock(m_mutex);
        if (auto failed = takeFailure()) {
            return failure(*failed);
        }
        m_submitted.push_back(job);
        run = RunId(fmt::format("20260131-120000-{:04}", ++m_runsMade));
    }
    addEvent(run, RunQueued{toYaml(job), cluster().name});
    return run;
}

Result<void> FakeClient::stop(const RunId& run) {
    {
        const std::lock_guard lock(m_mutex);
        if (auto failed = takeFailure()) {
            return failure(*failed);
        }
        if (!m_records.contains(run)) {
            return unknownRun(run);
        }
        m_stopped.push_back(run);
        m_commands.push_back("stop " + run.value);
    }
    addEvent(run, StateChanged{RunState::Stopping});
    return {};
}

Result<void> FakeClient::note(std::string command) {
    const std::lock_guard lock(m_mutex);
    if (auto failed = takeFailure()) {
        return failure(*failed);
    }
    m_commands.push_back(std::move(command));
    return {};
}

Result<void> FakeClient::pause(const RunId& run) {
    LONGSHIP_TRY(note("pause " + run.value));
    addEvent(run, StateChanged{RunState::Paused});
    return {};
}

Result<void> FakeClient::resume(const RunId& run) {
    LONGSHIP_TRY(note("resume " + run.value));
    addEvent(run, StateChanged{RunState::Training});
    return {};
}

Result<void> FakeClient::moveTask(const RunId& run, const TaskId& task, const NodeId& node) {
    return note(fmt::format("move {} {} {}", run.value, task.value, node.value));
}

Result<void> FakeClient::drain(const NodeId& node) {
    LONGSHIP_TRY(note("drain " + node.value));
    return setDrained(node, true);
}

Result<void> FakeClient::undrain(const NodeId& node) {
    LONGSHIP_TRY(note("undrain " + node.value));
    return setDrained(node, false);
}

Result<void> FakeClient::drill(const RunId& run, const NodeId& node, Fault fault, std::chrono::milliseconds) {
    return note(fmt::format("drill {} {} {}", run.value, node.value, toString(fault)));
}

Result<TakeoverOutlook> FakeClient::takeoverOutlook() {
    const ClusterView view = cluster();
    return view.standstill ? Result<TakeoverOutlook>(view.standstill->outlook)
                           : failure(ErrorKind::Refused, "There is a leader.");
}

Result<void> FakeClient::takeOver(const NodeId& founder) {
    return note("take over " + founder.value);
}

Result<void> FakeClient::setDrained(const NodeId& node, bool drained) {
    for (NodeView view : cluster().nodes) {
        if (view.node == node) {
            view.drained = drained;
            setNode(view);
            return {};
        }
    }
    return failure(ErrorKind::NotFound, fmt::format("There is no node {}.", node.value));
}

Result<void> FakeClient::saveModel(const RunId& run, const std::filesystem::path& path) const {
    std::string model;
    {
        const std::lock_guard lock(m_mutex);
        const auto record = m_records.find(run);
        if (record == m_records.end()) {
            return unknownRun(run);
        }
        model = record->second.model;
    }
    if (model.empty()) {
        return failure(ErrorKind::NotFound, fmt::format("The run {} has no model yet.", run.value));
    }
    return writeFileAtomically(path, model);
}

Result<TaskLog> FakeClient::taskLog(const RunId& run, const TaskPlace& place) {
    const std::lock_guard lock(m_mutex);
    if (auto failed = takeFailure()) {
        return failure(*failed);
    }
    const auto record = m_records.find(run);
    if (record == m_records.end()) {
        return unknownRun(run);
    }
    const auto log = record->second.logs.find(place);
    if (log == record->second.logs.end()) {
        return failure(ErrorKind::NotFound,
                       fmt::format("There is no log of {} on {}.", place.task.value, place.node.value));
    }
    return log->second;
}

void FakeClient::tellCluster() {
    const std::lock_guard lock(m_observersMutex);
    for (ClientObserver* observer : m_observers) {
        observer->clusterChanged();
    }
}

void FakeClient::tellRun(const RunId& run) {
    const std::lock_guard lock(m_observersMutex);
    for (ClientObserver* observer : m_observers) {
        observer->runChanged(run);
    }
}

std::optional<Error> FakeClient::takeFailure() {
    return std::exchange(m_nextFailure, std::nullopt);
}

ClusterView demoClusterView() {
    ClusterView cluster;
    cluster.name = "demo";
    cluster.connected = true;
    for (const char* name : {"node-a", "node-b", "node-c"}) {
        NodeView node;
        node.node = NodeId(name);
        node.address = fmt::format("127.0.0.1:{}", 40001 + cluster.nodes.size());
        node.state = NodeState::Ready;
        node.leader = cluster.nodes.empty();
        node.sharesMachine = true;
        node.version = "0.1.0";
        NodeSample sample;
        sample.time = kStart;
        sample.cpu = 0.25;
        sample.cores = 8;
        sample.memoryUsed = std::uint64_t{6} << 30;
        sample.memoryTotal = std::uint64_t{16} << 30;
        sample.diskUsed = std::uint64_t{120} << 30;
        sample.diskTotal = std::uint64_t{500} << 30;
        sample.ownMemory = std::uint64_t{20} << 20;
        node.sample = sample;
        cluster.nodes.push_back(node);
    }
    return cluster;
}

namespace {

RunId submitted(FakeClient& client, const JobSpec& job) {
    // The fake takes every job unless a test told it to fail the next command.
    return client.submit(job).value();
}

std::vector<NodeId> nodesOf(const FakeClient& client) {
    std::vector<NodeId> nodes;
    for (const NodeView& node : client.cluster().nodes) {
        nodes.push_back(node.node);
    }
    return nodes;
}

}  // namespace

FakeRun::FakeRun(FakeClient& client, const JobSpec& job, Options options)
    : FakeRun(client, submitted(client, job), job, options) {}

FakeRun::FakeRun(FakeClient& client, const JobSpec& job) : FakeRun(client, job, Options()) {}

FakeRun::FakeRun(FakeClient& client, const RunId& run, const JobSpec& job, Options options)
    : m_client(client),
      m_job(job),
      m_options(options),
      m_run(run),
      m_nodes(nodesOf(client)),
      m_plan(options.trainingSamples, job.globalBatch, job.seed) {
    LONGSHIP_CHECK(!m_nodes.empty(), "setCluster() comes before a FakeRun: it places the tasks on the nodes");
    for (std::size_t index = 0; index < m_nodes.size(); ++index) {
        m_members.emplace_back(index, m_nodes[index]);
    }
}

Step FakeRun::stepsTotal() const {
    return m_job.epochs * m_plan.stepsPerEpoch();
}

void FakeRun::prepare() {
    m_client.addEvent(m_run, StateChanged{RunState::Preparing});
    const MembershipCommitted membership = nextMembership("the run starts");
    for (const Member& member : membership.members) {
        m_client.addEvent(m_run, TaskChanged{member.task, 1, member.node, TaskState::Starting, {}});
    }
    RunPrepared prepared;
    prepared.trainingSamples = m_options.trainingSamples;
    prepared.testSamples = m_options.testSamples;
    prepared.parameters = 1'863'690;
    prepared.stepsTotal = stepsTotal();
    prepared.microBatch = resolvedMicroBatch(m_job);
    prepared.device = "cpu";
    prepared.blas = "OpenBLAS 0.3.21";
    m_client.moveClock(std::chrono::seconds(1));
    m_client.addEvent(m_run, prepared);
    m_client.addEvent(m_run, membership);
    m_client.addEvent(m_run, StateChanged{RunState::Training});
}

void FakeRun::steps(std::uint64_t count, double slowness) {
    for (; count > 0 && m_step < stepsTotal(); --count) {
        m_client.moveClock(m_options.stepTime);
        m_client.addRows(m_run, {makeRow(m_step, slowness)});
        m_samples += m_plan.positionsOf(m_step).size();
        ++m_step;
        if (m_step % m_plan.stepsPerEpoch() == 0) {
            evaluate();
        }
    }
}

void FakeRun::finish() {
    steps(stepsTotal() - m_step);
    const std::string model = "the model of " + m_run.value;
    m_client.setModel(m_run, model);
    m_client.addEvent(m_run, ModelSaved{m_nodes.front(), model.size(), sha256Hex(bytesOf(model))});
    end(RunState::Completed, {});
}

void FakeRun::fail(const NodeId& node, const std::string& cause) {
    IncidentRaised incident;
    incident.node = node;
    incident.what = cause;
    incident.action = "the run was ended";
    m_client.addEvent(m_run, incident);
    end(RunState::Failed, cause);
}

MembershipCommitted FakeRun::nextMembership(const std::string& reason) {
    MembershipCommitted membership;
    membership.number = ++m_membership;
    membership.term = 1;
    membership.baseStep = m_step;
    membership.reason = reason;
    for (const auto& [index, node] : m_members) {
        const auto rank = static_cast<Rank>(membership.members.size());
        membership.members.push_back({rank, TaskId(fmt::format("worker-{}", index)), 1, node, 1});
    }
    return membership;
}

std::uint64_t FakeRun::lose(const NodeId& node) {
    return lose(node, RunState::Recovering, {});
}

std::uint64_t FakeRun::loseAndAsk(const NodeId& node) {
    return lose(node, RunState::Paused, {"go-on", "move", "wait", "stop"});
}

std::uint64_t FakeRun::lose(const NodeId& node, RunState state, std::vector<std::string> choices) {
    const auto member =
        std::find_if(m_members.begin(), m_members.end(), [&](const auto& one) { return one.second == node; });
    LONGSHIP_CHECK(member != m_members.end(), "only a node that takes part can be lost");
    const TaskId task(fmt::format("worker-{}", member->first));
    m_members.erase(member);
    m_client.addEvent(m_run, TaskChanged{task, 1, node, TaskState::Unplaced, "its node is lost"});
    IncidentRaised incident;
    incident.node = node;
    incident.what = node.value + " was lost: nothing was heard from its agent for 3.0 s";
    incident.why = "The machine may be off, unreachable or suspended, or its agent was ended.";
    incident.action = choices.empty() ? "The others go on without it. Its work comes back with it."
                                      : "The run is paused. It waits for your decision.";
    incident.lastLog = "[worker] info: step 41\n[worker] info: step 42\n";
    incident.choices = std::move(choices);
    m_client.addEvent(m_run, withPhrases(std::move(incident)));
    const std::uint64_t sequence = m_client.events(m_run).back().sequence;
    m_client.addEvent(m_run, StateChanged{state});
    return sequence;
}

void FakeRun::goOn(std::uint64_t incident, double secondsLost, std::uint64_t stepsRedone) {
    const MembershipCommitted membership = nextMembership("a member was lost");
    m_client.addEvent(m_run, membership);
    m_client.addEvent(m_run, StateChanged{RunState::Training});
    m_client.addEvent(
        m_run, withPhrases(IncidentResolved{incident,
                                            fmt::format("training goes on with {} worker{}", m_members.size(),
                                                        m_members.size() == 1 ? "" : "s"),
                                            secondsLost, stepsRedone, membership.number}));
}

void FakeRun::endStopped() {
    end(RunState::Stopped, "stopped on request");
}

StepRow FakeRun::makeRow(Step step, double slowness) {
    const double progress = static_cast<double>(step) / static_cast<double>(stepsTotal());
    SeededRandom random(keyOf({m_job.seed, step}));
    StepRow row;
    row.key = {m_membership, step};
    row.epoch = m_plan.epochOf(step);
    row.appliedAt = m_client.now();
    row.loss = 0.3 + 2.0 * std::exp(-6.0 * progress) + 0.1 * (random.unit() - 0.5);
    row.digest = digestOf(m_plan.samplesOf(step));
    row.correct = static_cast<std::uint64_t>((0.1 + 0.75 * progress) * static_cast<double>(row.digest.count));
    row.durationMs = static_cast<double>(m_options.stepTime.count()) / 1000.0;
    for (Rank rank = 0; rank < m_members.size(); ++rank) {
        const bool slow = rank + 1 == m_members.size();
        const double compute = 0.8 * row.durationMs / (slow ? 1 : slowness);
        row.members.push_back({rank, compute, 0.9 * row.durationMs - compute, row.durationMs});
    }
    return row;
}

void FakeRun::evaluate() {
    const double progress = static_cast<double>(m_step) / static_cast<double>(stepsTotal());
    m_client.addEvent(m_run, StateChanged{RunState::Evaluating});
    m_client.moveClock(m_options.stepTime);
    EvaluationFinished evaluation;
    evaluation.step = m_step;
    evaluation.epoch = m_plan.epochOf(m_step - 1);
    evaluation.loss = 0.35 + 2.0 * std::exp(-6.0 * progress);
    evaluation.samples = m_options.testSamples;
    evaluation.correct =
        static_cast<std::uint64_t>((0.5 + 0.35 * progress) * static_cast<double>(evaluation.samples));
    m_accuracy = static_cast<double>(evaluation.correct) / static_cast<double>(evaluation.samples);
    m_client.addEvent(m_run, evaluation);
    if (m_step < stepsTotal()) {
        m_client.addEvent(m_run, StateChanged{RunState::Training});
    }
}

void FakeRun::end(RunState state, const std::string& cause) {
    RunFinished finished;
    finished.state = state;
    finished.steps = m_step;
    finished.samples = m_samples;
    finished.accuracy = m_accuracy;
    finished.cause = cause;
    m_client.addEvent(m_run, StateChanged{state});
    m_client.addEvent(m_run, finished);
}

}  // namespace longship::test
