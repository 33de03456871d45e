#include "agent/daemon/agent_loop.h"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "agent/daemon/listen_address.h"
#include "agent/daemon/status_report.h"
#include "agent/supervision/machine.h"
#include "core/base/failpoint.h"
#include "core/domain/job_yaml.h"
#include "core/domain/task_kind.h"
#include "core/protocol/codec.h"
#include "core/protocol/limits.h"
#include "core/transport/faults/faulty_control_hub.h"

namespace longship {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kEndPatience{10};
constexpr std::string_view kSocketName = "agent.sock";

/// A damaged history was put aside by the first attempt; the second one starts a new file.
Result<std::unique_ptr<History>> openHistory(const std::filesystem::path& path,
                                             const HistoryOptions& options) {
    auto history = History::open(path, options);
    if (!history && history.error().kind == ErrorKind::Corrupt) {
        spdlog::error("{}", history.error().text);
        return History::open(path, options);
    }
    return history;
}

void logEvent(const RunEvent& event) {
    if (const auto* incident = std::get_if<IncidentRaised>(&event.body)) {
        spdlog::warn("Run {}: {}. {}", event.run.value, incident->what, incident->action);
    } else if (const auto* finished = std::get_if<RunFinished>(&event.body)) {
        spdlog::info("Run {} is {} after {} steps. {}", event.run.value, toString(finished->state),
                     finished->steps, finished->cause);
    }
}

/// Where a message between leader and worker passes an agent.
void passFailpointOf([[maybe_unused]] const Message& message) {
    if (std::holds_alternative<Freeze>(message)) {
        LONGSHIP_FAILPOINT(FreezeUnsent);
    } else if (std::holds_alternative<Frozen>(message)) {
        LONGSHIP_FAILPOINT(FrozenUnsent);
    } else if (std::holds_alternative<AssignMembership>(message)) {
        LONGSHIP_FAILPOINT(SeatUnsent);
    } else if (std::holds_alternative<MembershipEntered>(message)) {
        LONGSHIP_FAILPOINT(EnteredUnsent);
    }
}

}  // namespace

Result<std::unique_ptr<AgentLoop>> AgentLoop::create(AgentHome& home, AgentOptions options) {
    LONGSHIP_ASSIGN(auto keys, KeyPair::loadOrCreate(home.keyFile()));
    auto faults = std::make_unique<NodeFaults>();
    HistoryOptions historyOptions;
    historyOptions.faults = faults->disk();
    LONGSHIP_ASSIGN(auto history, openHistory(home.historyFile(), historyOptions));
    ControlHub::Options hubOptions;
    hubOptions.keys = keys;
    hubOptions.messageBytesMax = kControlMessageBytesMax;
    LONGSHIP_ASSIGN(auto hub, ControlHub::create(hubOptions));
    std::unique_ptr<AgentLoop> loop(new AgentLoop(home, std::move(options), std::move(keys),
                                                  std::move(faults), std::move(history), std::move(hub)));
    LONGSHIP_TRY(loop->open());
    return loop;
}

AgentLoop::AgentLoop(AgentHome& home, AgentOptions options, KeyPair keys, std::unique_ptr<NodeFaults> faults,
                     std::unique_ptr<History> history, std::unique_ptr<ControlHub> hub)
    : m_home(home),
      m_options(std::move(options)),
      m_keys(std::move(keys)),
      m_faults(std::move(faults)),
      m_history(std::move(history)),
      m_hub(std::make_unique<FaultyControlHub>(
          std::move(hub), m_faults->links(),
          [this](const std::string& key) { return m_links.nodeWithKey(key).value_or(NodeId()).value; })),
      m_links(*m_hub, m_options.node),
      m_mirror(*m_history, m_home, m_options.node,
               [this](const NodeId& to, const Message& message) {
                   static_cast<void>(m_links.send(to, encode(message)));  // It is asked again.
               }),
      m_desk(
          *m_history, m_heads, m_home,
          [this](const ConnectionId& to, const Message& message) { return reply(to, message); },
          [this](TimePoint now) { return status(now); },
          [this](const RunId& run) { return m_mirror.heldBack(run, m_now); }),
      m_probe({.dataFolder = m_home.folder()}),
      m_shelf(m_home.folder() / "runs", m_options.checkpointBudget),
      m_now(BootClock::now()),
      m_wallTime(UtcTime::now()),
      m_secondAt(m_now),
      m_busyAt(m_now) {}

AgentLoop::~AgentLoop() {
    m_home.removeEndpoint();
    m_workers.reset();  // Before the hub that watches them.
    if (m_signals >= 0) {
        m_hub->unwatch(m_signals);
        ::close(m_signals);
    }
    std::error_code ignored;
    std::filesystem::remove(m_socketFolder / kSocketName, ignored);
    std::filesystem::remove(m_socketFolder, ignored);
}

Result<void> AgentLoop::open() {
    LONGSHIP_TRY(openSignals());
    authorizePeers();
    auto roster = m_home.loadRoster();
    if (!roster && roster.error().kind == ErrorKind::Corrupt) {
        spdlog::error("{}", roster.error().text);
        roster = std::optional<Roster>();
    }
    LONGSHIP_ASSIGN(const std::optional<Roster> known, std::move(roster));
    LONGSHIP_ASSIGN(const std::string endpoint, listenEndpoint(m_options.listen));
    const auto earlier = known ? earlierEndpoint(endpoint, *known, m_options.node) : std::nullopt;
    auto bound = earlier ? m_hub->listen(*earlier) : m_hub->listen(endpoint);
    if (!bound && earlier) {
        bound = m_hub->listen(endpoint);
    }
    LONGSHIP_ASSIGN(m_endpoint, std::move(bound));
    LONGSHIP_TRY(listen());
    if (known && ClusterLinks::check(*known, m_options.node, m_keys.publicKey)) {
        LONGSHIP_TRY(takeRoster(*known));
    }
    return m_home.publishEndpoint(
        {m_endpoint, m_keys.publicKey, ::getpid(), m_options.node.value, m_options.version});
}

/// The workers' socket.
Result<void> AgentLoop::listen() {
    LONGSHIP_ASSIGN(m_socketFolder, makeSocketFolder(m_options.runtimeFolder, m_home.folder()));
    const std::filesystem::path socket = m_socketFolder / kSocketName;
    std::error_code ignored;
    std::filesystem::remove(socket, ignored);  // Of an agent that was killed: the home is ours now.
    LONGSHIP_ASSIGN(std::string endpoint, m_hub->listen("ipc://" + socket.string()));
    m_workers.emplace(*m_hub, m_home,
                      WorkerProcesses::Options{m_options.workerProgram, m_options.serverProgram,
                                               std::move(endpoint), m_keys.publicKey, m_options.node,
                                               m_options.dataFolder, m_options.checkpointBudget});
    spdlog::info("Agent {} {} listens on {}.", m_options.node.value, m_options.version, m_endpoint);
    return {};
}

Result<void> AgentLoop::openSignals() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGTERM);
    ::sigaddset(&set, SIGINT);
    m_signals = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (m_signals < 0) {
        return failure(ErrorKind::Exhausted, "No file descriptor is left for signals.");
    }
    m_hub->watch(m_signals);
    return {};
}

void AgentLoop::run() {
    const ControlHub::Events events = makeEvents();
    for (;;) {
        m_hub->wait(nextTimeout(), events);
        m_now = BootClock::now();
        m_wallTime = UtcTime::now();
        handleTimers();
        drainSeat();
        m_desk.publish(m_now);
        const bool done = m_workers->empty() && (!m_seat || m_seat->machine().isIdle());
        if (m_ending && (done || m_now >= m_endBy)) {
            break;
        }
    }
    if (const auto stored = m_history->sync(); !stored) {
        spdlog::error("{}", stored.error().text);
    }
    spdlog::info("The agent has ended.");
}

ControlHub::Events AgentLoop::makeEvents() {
    const auto refreshed = [this] {
        m_now = BootClock::now();
        m_wallTime = UtcTime::now();
    };
    ControlHub::Events events;
    events.onServerMessage = [=, this](const ControlMessage& message) {
        refreshed();
        receiveVisitor(message);
    };
    events.onMessage = [=, this](ControlHub::ConnectionHandle connection, const ControlMessage& message) {
        refreshed();
        receiveLink(connection, message);
    };
    events.onConnected = [=, this](ControlHub::ConnectionHandle connection) {
        refreshed();
        linkConnected(connection);
    };
    events.onDisconnected = [=, this](ControlHub::ConnectionHandle connection) {
        refreshed();
        linkDisconnected(connection);
    };
    events.onRefused = [=, this](ControlHub::ConnectionHandle connection) {
        refreshed();
        linkRefused(connection);
    };
    events.onRejected = [=, this](ControlHub::ConnectionHandle connection) { linkRejected(connection); };
    events.onReadable = [=, this](int descriptor) {
        refreshed();
        descriptorReadable(descriptor);
    };
    return events;
}

void AgentLoop::handleTimers() {
    if (m_seat) {
        m_seat->handleTimeout(m_now, m_wallTime);
    }
    m_workers->handleTimeout(m_now);
    m_mirror.handleTimeout(m_seat ? m_seat->leader() : NodeId(), m_links.nodes(), m_now);
    if (m_now >= m_secondAt) {
        everySecond(std::exchange(m_secondAt, m_now + seconds(1)));
    }
}

void AgentLoop::everySecond(TimePoint due) {
    std::vector<int> processes = m_workers->processIds();
    processes.push_back(::getpid());
    LinkBytes links{m_hub->bytesReceived() + m_endedWorkerBytes.received,
                    m_hub->bytesSent() + m_endedWorkerBytes.sent};
    if (m_seat) {
        for (const TaskKey& key : m_seat->machine().tasks()) {
            if (const auto progress = m_seat->machine().progressOf(key)) {
                m_workerBytes[key] = {progress->bytesReceived, progress->bytesSent};
            }
        }
    }
    for (const auto& [key, bytes] : m_workerBytes) {
        links.received += bytes.received;
        links.sent += bytes.sent;
    }
    m_sample = m_probe.sample(processes, links, m_now - due, m_wallTime, m_now);
    if (m_seat) {
        m_seat->machine().setSample(*m_sample);
    }
    m_workers->trimLogs();
    watchDisk();
    compactLog();
    if (m_desk.anybodyWatches() || m_heads.anyActive() || !m_workers->empty()) {
        m_busyAt = m_now;
    }
    if (!m_ending && isIdleForLong()) {
        beginEnd(fmt::format("no run and no client for {} s", m_options.idleExit.count()));
    }
}

/// Agents of one cluster go together, the leader first: those that follow wait until there is none, or lead
/// then themselves.
bool AgentLoop::isIdleForLong() const {
    const bool idle = m_options.idleExit.count() > 0 && m_now - m_busyAt >= m_options.idleExit;
    return idle && (!m_seat || m_seat->leads() || !m_seat->leaderHeard(m_now));
}

void AgentLoop::watchDisk() {
    std::string problem = m_log ? m_log->problem(m_now) : std::string();
    if (const auto stored = m_history->problem(); problem.empty() && stored) {
        problem = stored->text;
    }
    if (problem != m_problem) {
        if (m_problem.empty()) {
            spdlog::error("{}", problem);
        } else if (problem.empty()) {
            spdlog::info("The disk works again.");
        }
        m_problem = std::move(problem);
        m_desk.statusChanged();
    }
}

/// The log must not forget what the history does not have yet.
void AgentLoop::compactLog() {
    if (!m_seat || !m_problem.empty() || !m_seat->compactionDue()) {
        return;
    }
    if (const auto stored = m_history->sync(); !stored) {
        return;  // watchDisk() says it.
    }
    if (const auto compacted = m_seat->compact(m_now); !compacted) {
        spdlog::error("{}", compacted.error().text);
    }
}

void AgentLoop::beginEnd(const std::string& reason) {
    if (m_ending) {
        m_endBy = m_now;  // Asked twice: at once.
        return;
    }
    spdlog::info("The agent ends: {}.", reason);
    m_ending = true;
    m_endBy = m_now + kEndPatience;
    if (m_seat) {
        m_seat->machine().shutdown(reason, m_now);
    }
}

TimePoint AgentLoop::nextTimeout() const {
    TimePoint next =
        std::min({m_secondAt, m_workers->nextTimeout(), m_mirror.nextTimeout(), m_desk.nextTimeout()});
    if (m_seat) {
        next = std::min(next, m_seat->nextTimeout());
    }
    return m_ending ? std::min(next, m_endBy) : next;
}

/// Everything that the seat has to say, until it has no more. What waits for a write comes out of a later
/// turn: the writer wakes the loop.
void AgentLoop::drainSeat() {
    if (!m_seat) {
        return;
    }
    m_seat->written(m_log->written(), m_now, m_wallTime);
    for (auto work = m_seat->drain(m_now, m_wallTime); !work.empty();
         work = m_seat->drain(m_now, m_wallTime)) {
        carryOut(std::move(work));
    }
    if (!m_voidRuns.empty()) {
        startOver(std::exchange(m_voidRuns, {}));
    }
    if (const NodeId leader = m_seat->leader(); leader != m_leaderSeen) {
        spdlog::info("{} in term {}.", leader.empty() ? "No leader is known" : leader.value + " leads",
                     m_seat->term());
        m_leaderSeen = leader;
        m_desk.statusChanged();
    }
}

void AgentLoop::carryOut(ClusterSeat::Work work) {
    for (ReplicatedLog::Write& write : work.writes) {
        if (!write.change.entries.empty()) {
            LONGSHIP_FAILPOINT(EventsUnstored);
        }
        m_log->write(std::move(write));
    }
    storeEvents(std::move(work.events));
    for (const AgentMachine::RowsToStore& rows : work.rows) {
        storeRows(rows.run, rows.rows);
    }
    for (const AgentAction& action : work.actions) {
        act(action);
    }
    for (const auto& [node, message] : work.toNodes) {
        say(node, message);
    }
    for (const auto& [task, message] : work.toWorkers) {
        say(task, message);
    }
    for (const ClusterSeat::Answer& one : work.answers) {
        answer(one);
    }
    std::move(work.voidRuns.begin(), work.voidRuns.end(), std::back_inserter(m_voidRuns));
}

void AgentLoop::storeEvents(std::vector<RunEvent> events) {
    if (events.empty()) {
        return;
    }
    LONGSHIP_FAILPOINT(EventsUntold);
    for (const RunEvent& event : events) {
        logEvent(event);
        m_heads.apply(event);
        m_shelf.apply(event);
        m_mirror.learn(event, m_now);
        m_desk.eventsAppended(event.run, event.sequence);
    }
    m_history->append(std::move(events), {}, RunId());
}

void AgentLoop::storeRows(const RunId& run, const std::vector<StepRow>& rows) {
    if (rows.empty()) {
        return;
    }
    m_history->append({}, rows, run);
    m_mirror.stored(run, rows);
    const auto last = std::max_element(rows.begin(), rows.end(),
                                       [](const StepRow& a, const StepRow& b) { return a.key < b.key; });
    m_desk.rowsAppended(run, last->key);
}

void AgentLoop::act(const AgentAction& action) {
    if (const auto* start = std::get_if<SpawnWorker>(&action)) {
        spawn(*start);
    } else if (const auto* end = std::get_if<KillWorker>(&action)) {
        spdlog::info("{} of run {} is ended: {}.", end->key.task.value, end->key.run.value, end->reason);
        m_workers->end(end->key, end->grace, m_now);
    }
    m_desk.statusChanged();
}

void AgentLoop::spawn(const SpawnWorker& order) {
    const auto job = parseJob(order.jobYaml);
    const bool reproducible = job && job->numerics == Numerics::Reproducible;
    const RosterEntry* own = m_links.entryOf(m_options.node);
    WorkerProcesses::Placement placement;
    placement.dataHost = hostOf(own == nullptr ? m_endpoint : own->endpoint);
    placement.checkpoints = order.checkpoints;
    placement.lastRow = m_history->lastRow(order.key.run);
    placement.threads = isServer(order.key.task)
                            ? 1
                            : threadsPerWorker(m_links.roster(), m_options.node, usableCores(), reproducible);
    if (const auto spawned = m_workers->spawn(order.key, order.jobYaml, placement); !spawned) {
        spdlog::error("{}", spawned.error().text);
        m_seat->machine().spawnFailed(order.key, spawned.error(), m_now);
        return;
    }
    spdlog::info("{} of run {} was started with {} thread(s).", order.key.task.value, order.key.run.value,
                 placement.threads);
    LONGSHIP_FAILPOINT(WorkerStarted);
    authorizePeers();
    m_seat->machine().workerStarted(order.key, m_now);
}

/// What cannot be delivered is gone: whoever is owed it connects again and asks, or is given up.
void AgentLoop::say(const NodeId& to, const Message& message) {
    passFailpointOf(message);
    static_cast<void>(m_links.send(to, encode(message)));
}

void AgentLoop::say(const TaskKey& to, const Message& message) {
    passFailpointOf(message);
    if (const auto connection = m_workers->connectionOf(to)) {
        reply(*connection, message);
    }
}

bool AgentLoop::reply(const ConnectionId& to, const Message& message) {
    const bool sent = m_hub->reply(to, encode(message)).has_value();
    if (!sent) {
        m_visitors.erase(to);
    }
    return sent;
}

void AgentLoop::refuse(const ConnectionId& to, std::uint64_t request, ErrorKind kind,
                       const std::string& text) {
    reply(to, Refusal{request, kind, text});
}

ClusterStatus AgentLoop::status(TimePoint now) {
    ClusterStatus status;
    status.cluster = m_links.roster().cluster;
    status.reporter = m_options.node;
    status.runs = m_heads.newestFirst();
    status.term = m_seat ? m_seat->term() : 0;
    status.time = UtcTime::now();
    if (m_seat) {
        status.takeover = m_seat->outlook(now);
    }
    if (m_seat && m_seat->leads()) {
        status.nodes = m_seat->coordinator()->nodes(now);
    } else {
        FollowerView view;
        view.self = m_options.node;
        view.version = m_options.version;
        view.sample = m_sample;
        view.problem = m_problem;
        if (m_seat) {
            view.inCluster = true;
            view.leader = m_seat->leader();
            view.leaderHeard = m_seat->leaderHeard(now);
            view.tasks = m_seat->machine().tasks();
        }
        status.nodes = nodesSeenBy(view, m_links.roster());
    }
    addPlaces(status.nodes, m_links.roster());
    return status;
}

}  // namespace longship
