#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <span>

#include "agent/daemon/agent_loop.h"
#include "core/base/digest.h"
#include "core/base/files.h"
#include "core/protocol/codec.h"
#include "core/protocol/task_key.h"

// The receiving half of the agent's loop: who speaks, whether it may, and who is to know.
namespace longship {
namespace {

constexpr std::size_t kVisitorsMax = 1024;
// A run's history needs a few hundred bytes a step; a disk with less room than this would fill during a run.
constexpr std::uint64_t kFreeBytesMin = std::uint64_t{32} << 20;

std::span<const std::byte> asBytes(const std::string& text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

bool sameNodes(const Roster& one, const Roster& other) {
    return one.cluster == other.cluster &&
           std::equal(one.nodes.begin(), one.nodes.end(), other.nodes.begin(), other.nodes.end(),
                      [](const RosterEntry& a, const RosterEntry& b) { return a.node == b.node; });
}

std::uint64_t randomSeed() {
    std::uint64_t seed = 0;
    const std::string digits = randomHex(8);
    std::from_chars(digits.data(), digits.data() + digits.size(), seed, 16);
    return seed;
}

/// Why a new run cannot be recorded here, if so.
std::optional<Error> lackOfSpace(const std::filesystem::path& folder) {
    struct statvfs status {};
    if (::statvfs(folder.c_str(), &status) != 0) {
        return std::nullopt;
    }
    const std::uint64_t free = std::uint64_t{status.f_bavail} * status.f_frsize;
    if (free >= kFreeBytesMin) {
        return std::nullopt;
    }
    return Error{
        ErrorKind::Exhausted,
        fmt::format("The leader's disk has only {} MB left at {}, and recording a run needs at least {} MB. "
                    "Make room there and submit again.",
                    free >> 20, folder.string(), kFreeBytesMin >> 20)};
}

}  // namespace

std::optional<Peer> AgentLoop::identify(const std::string& publicKey) const {
    if (publicKey == m_options.ownerKey) {
        return Peer{.role = Role::Client, .node = {}, .leader = false, .task = {}};
    }
    if (const auto node = m_links.nodeWithKey(publicKey)) {
        return Peer{
            .role = Role::Agent, .node = *node, .leader = m_seat && *node == m_seat->leader(), .task = {}};
    }
    if (const auto task = m_workers->taskWithKey(publicKey)) {
        return Peer{.role = Role::Worker, .node = m_options.node, .leader = false, .task = *task};
    }
    return std::nullopt;
}

void AgentLoop::receiveVisitor(const ControlMessage& received) {
    const auto peer = identify(received.publicKey);
    if (!peer) {
        return refuse(received.from, 0, ErrorKind::Refused, "This agent does not know this key any more.");
    }
    const auto message = decode(asBytes(received.bytes));
    if (!message) {
        if (message.error().kind == ErrorKind::NotFound) {
            return;  // A kind of message that only newer programs know.
        }
        spdlog::warn("{} sent something unreadable: {}", describe(*peer), message.error().text);
        return refuse(received.from, 0, message.error().kind, message.error().text);
    }
    if (const auto* hello = std::get_if<Hello>(&*message)) {
        return greet(received.from, *peer, *hello);
    }
    const auto visitor = m_visitors.find(received.from);
    if (visitor == m_visitors.end()) {
        return refuse(received.from, requestOf(*message), ErrorKind::Refused,
                      "The first message on a connection must be Hello.");
    }
    visitor->second.peer = *peer;
    visitor->second.heardAt = m_now;
    if (const auto refusal = refusalOf(*peer, *message)) {
        spdlog::warn("Refused: {}", *refusal);
        return refuse(received.from, requestOf(*message), ErrorKind::Refused, *refusal);
    }
    handleMessage(received.from, *peer, *message);
}

void AgentLoop::greet(const ConnectionId& from, const Peer& peer, const Hello& hello) {
    const std::string name = peer.role == Role::Agent ? peer.node.value : toText(peer.task);
    if (hello.role != peer.role || (peer.role != Role::Client && hello.name != name)) {
        return refuse(from, 0, ErrorKind::Refused,
                      fmt::format("{} cannot say Hello as \"{}\": its key says otherwise.", describe(peer),
                                  hello.name));
    }
    if (m_visitors.size() >= kVisitorsMax) {
        m_visitors.erase(std::min_element(
            m_visitors.begin(), m_visitors.end(),
            [](const auto& a, const auto& b) { return a.second.heardAt < b.second.heardAt; }));
    }
    m_visitors[from] = {peer, m_now};
    reply(from, welcome());
    if (peer.role == Role::Worker) {
        m_workers->setConnection(peer.task, from);
        if (const auto fault = m_faults->forWorker(m_now)) {
            reply(from, *fault);
        }
        m_seat->machine().workerConnected(peer.task, m_now);
    } else if (peer.role == Role::Agent) {
        m_links.retry(peer.node);
    }
}

Welcome AgentLoop::welcome() const {
    Welcome welcome;
    welcome.node = m_options.node;
    welcome.cluster = m_links.roster().cluster;
    welcome.version = m_options.version;
    if (m_seat) {
        welcome.leader = m_seat->leader();
        welcome.term = m_seat->term();
    }
    return welcome;
}

void AgentLoop::handleMessage(const ConnectionId& from, const Peer& peer, const Message& message) {
    switch (peer.role) {
        case Role::Client: return handleClient(from, message);
        case Role::Agent: return handleAgent(from, peer.node, message);
        case Role::Worker: return handleWorker(peer.task, message);
    }
}

/// A run that goes back to a checkpoint must find the records of all steps before it: they were sent before
/// this word of it, and are on the disk before anybody else hears it.
void AgentLoop::handleWorker(const TaskKey& task, const Message& message) {
    const auto* written = std::get_if<CheckpointWritten>(&message);
    if (written == nullptr || written->error) {
        m_seat->machine().handleWorker(task, message, m_now);
        return;
    }
    drainSeat();
    CheckpointWritten checked = *written;
    if (const auto stored = m_history->sync(); !stored) {
        checked.error = stored.error();
    }
    m_seat->machine().handleWorker(task, checked, m_now);
}

void AgentLoop::handleClient(const ConnectionId& from, const Message& message) {
    m_busyAt = m_now;
    if (const auto* roster = std::get_if<Roster>(&message)) {
        handleRoster(from, *roster);
    } else if (const auto* command = std::get_if<Command>(&message)) {
        handleCommand(from, *command);
    } else if (const auto* pull = std::get_if<PullRequest>(&message)) {
        m_desk.pull(from, *pull, m_now);
    } else if (std::holds_alternative<WatchCluster>(message)) {
        m_desk.watch(from, m_now);
    } else if (const auto* fetch = std::get_if<FetchRequest>(&message)) {
        m_desk.fetch(from, *fetch);
    } else if (const auto* shutdown = std::get_if<Shutdown>(&message)) {
        beginEnd(fmt::format("the owner asked for it ({})", shutdown->reason));
    }
}

void AgentLoop::handleAgent(const ConnectionId& from, const NodeId& node, const Message& message) {
    if (const auto* pull = std::get_if<PullRequest>(&message)) {
        return m_desk.pull(from, *pull, m_now);
    }
    if (handleMirror(node, message, [&](const Message& answer) { this->reply(from, answer); }) || !m_seat) {
        return;
    }
    m_seat->handleAgent(node, message, m_now, m_wallTime);
    m_desk.statusChanged();
}

bool AgentLoop::handleMirror(const NodeId& node, const Message& message,
                             const std::function<void(Message)>& reply) {
    if (const auto* request = std::get_if<MirrorRequest>(&message)) {
        reply(m_mirror.answer(*request));
        return true;
    }
    if (const auto* answer = std::get_if<MirrorAnswer>(&message)) {
        storeRows(answer->run, m_mirror.take(node, *answer, m_now));
        return true;
    }
    return false;
}

Result<RunId> AgentLoop::drill(const Drill& order) {
    if (order.node != m_options.node) {
        return failure(ErrorKind::Refused,
                       fmt::format("This is {}, not {}.", m_options.node.value, order.node.value));
    }
    spdlog::warn("Drill, as the owner ordered: {}.", toString(order.fault));
    switch (order.fault) {
        case Fault::KillWorker: LONGSHIP_TRY(m_workers->killOf(order.run)); break;
        case Fault::Pause:
            LONGSHIP_TRY(m_workers->pauseOf(order.run, std::chrono::milliseconds(order.healMs), m_now));
            break;
        case Fault::SlowLink:
        case Fault::Partition:
        case Fault::DiskFull: beginFault(order); break;
        case Fault::KillAgent:
        case Fault::KillLeader:
            // Not even a farewell: whoever asked learns it from the connection.
            ::kill(::getpid(), SIGKILL);
            break;
    }
    return order.run;
}

/// Of the whole node: of this process and of its workers.
void AgentLoop::beginFault(const Drill& order) {
    m_faults->begin(order.fault, std::chrono::milliseconds(order.healMs), m_now);
    for (const TaskKey& key : m_workers->tasks()) {
        if (const auto connection = m_workers->connectionOf(key)) {
            reply(*connection, *m_faults->forWorker(m_now));
        }
    }
}

void AgentLoop::handleCommand(const ConnectionId& from, const Command& command) {
    if (const auto* order = std::get_if<Drill>(&command.body)) {
        const auto done = drill(*order);
        reply(from,
              CommandAnswer{command.sequence, done ? std::nullopt : std::optional(done.error()), order->run});
        return;
    }
    if (const auto* order = std::get_if<TakeOver>(&command.body); order != nullptr && m_seat) {
        const auto done = order->node == m_options.node
                              ? m_seat->takeOver(m_now, m_wallTime)
                              : failure(ErrorKind::Refused, "This is another node.");
        spdlog::warn("The owner lets this node go on without a majority: {}",
                     done ? "it does." : done.error().text);
        reply(from, CommandAnswer{command.sequence, done ? std::nullopt : std::optional(done.error()), {}});
        return;
    }
    if (!m_seat || m_seat->leader() != m_options.node) {
        return refuseElsewhere(from, command.sequence);
    }
    if (const auto reason = reasonAgainst(command)) {
        reply(from, CommandAnswer{command.sequence, reason, RunId()});
        return;
    }
    m_asked[++m_lastTicket] = {from, command.sequence, std::holds_alternative<SubmitRun>(command.body)};
    m_seat->command(m_lastTicket, command, m_now, m_wallTime);
}

/// Why this node does not begin with a new command. One that was begun before is answered as it was then.
std::optional<Error> AgentLoop::reasonAgainst(const Command& command) const {
    if (m_seat->isKnown(command)) {
        return std::nullopt;
    }
    if (m_ending) {
        return Error{ErrorKind::Unavailable, "The leader is about to end."};
    }
    if (!std::holds_alternative<SubmitRun>(command.body)) {
        return std::nullopt;
    }
    return m_problem.empty() ? lackOfSpace(m_home.folder())
                             : std::optional(Error{ErrorKind::Exhausted, m_problem});
}

void AgentLoop::answer(const ClusterSeat::Answer& answer) {
    const auto asked = m_asked.extract(answer.ticket);
    if (asked.empty()) {
        return;
    }
    const auto& [from, sequence, submits] = asked.mapped();
    if (!answer.answer) {
        return refuseElsewhere(from, sequence);
    }
    if (submits && !answer.answer->error) {
        spdlog::info("Run {} was submitted.", answer.answer->run.value);
    }
    reply(from, *answer.answer);
}

void AgentLoop::refuseElsewhere(const ConnectionId& to, std::uint64_t sequence) {
    Refusal refusal;
    refusal.request = sequence;
    refusal.kind = ErrorKind::Refused;
    if (!m_seat) {
        refusal.text = "This agent belongs to no cluster yet: it waits for its roster.";
    } else {
        refusal.elsewhere = true;
        refusal.leader = m_seat->leader();
        refusal.term = m_seat->term();
        refusal.text = fmt::format("{} does not lead this cluster{}", m_options.node.value,
                                   refusal.leader.empty() ? ", and knows of nobody who does now."
                                                          : "; " + refusal.leader.value + " does.");
    }
    reply(to, refusal);
}

void AgentLoop::handleRoster(const ConnectionId& from, const Roster& roster) {
    auto taken = ClusterLinks::check(roster, m_options.node, m_keys.publicKey);
    if (taken && roster != m_links.roster()) {
        if (m_seat && !sameNodes(roster, m_links.roster()) && m_heads.anyActive()) {
            taken = failure(
                ErrorKind::Refused,
                "The nodes of a cluster can only be changed while no run is active: stop the run first.");
        } else {
            taken = m_home.saveRoster(roster);
        }
        taken = taken ? takeRoster(roster) : taken;
    }
    if (!taken) {
        spdlog::error("The roster was refused: {}", taken.error().text);
        return refuse(from, 0, taken.error().kind, taken.error().text);
    }
    reply(from, welcome());
}

Result<void> AgentLoop::takeRoster(const Roster& roster) {
    const Roster before = m_links.roster();
    for (const NodeId& node : m_links.setRoster(roster)) {
        if (m_seat) {
            m_seat->linkDown(node, m_now);
        }
    }
    authorizePeers();
    spdlog::info("Cluster {}: {} nodes.", roster.cluster, roster.nodes.size());
    if (!m_seat || !sameNodes(roster, before)) {
        LONGSHIP_TRY(sitDown(roster, before.cluster.empty() || before.cluster == roster.cluster));
    }
    m_desk.statusChanged();
    return {};
}

/// Takes its part in the cluster, with the log of before if it is this cluster's.
Result<void> AgentLoop::sitDown(const Roster& roster, bool sameCluster) {
    m_workers->killAll();  // Of an earlier seat: nobody else would end them.
    m_seat.reset();
    m_log.reset();
    for (const auto& [ticket, asked] : std::exchange(m_asked, {})) {
        refuseElsewhere(asked.from, asked.sequence);
    }
    if (!sameCluster) {
        LONGSHIP_TRY(m_home.putRegisterAside());
    }
    LONGSHIP_ASSIGN(m_log, LogWriter::open(
                               m_home.registerFile(), [this] { m_hub->wake(); }, m_faults->disk()));
    if (!m_log->notice().empty()) {
        spdlog::error("{}", m_log->notice());
    }
    ClusterSeat::Options options;
    options.self = m_options.node;
    options.cluster = roster.cluster;
    options.version = m_options.version;
    options.seed = randomSeed();
    for (const RosterEntry& entry : roster.nodes) {
        options.nodes.push_back(entry.node);
    }
    const std::vector<RunSnapshot> runs = m_heads.load(*m_history);
    for (const RunSnapshot& run : runs) {
        m_shelf.restore(run);
    }
    m_mirror.restore(runs, m_now);
    for (const RunSnapshot& run : runs) {
        if (const auto last = m_history->events(run.run, run.sequence - 1); !last.empty()) {
            options.lastEvents[run.run] = last.back().time;
        }
    }
    m_seat.emplace(options, m_log->found(), m_history->snapshots(), m_now);
    for (const RosterEntry& entry : roster.nodes) {
        if (m_links.isConnected(entry.node)) {
            m_seat->linkUp(entry.node, m_now);
        }
    }
    return {};
}

/// What it did in a branch of the log that was given up does not count: nobody is to get it from here.
void AgentLoop::startOver(const std::vector<RunId>& voidRuns) {
    for (const RunId& run : voidRuns) {
        spdlog::warn("What was recorded here of run {} is void: somebody let the cluster go on without it.",
                     run.value);
        m_shelf.forget(run);
        if (const auto forgotten = m_history->forget(run); !forgotten) {
            spdlog::error("{}", forgotten.error().text);
        }
    }
    if (const auto seated = sitDown(m_links.roster(), true); !seated) {
        beginEnd(seated.error().text);
    }
    m_desk.statusChanged();
}

void AgentLoop::authorizePeers() {
    std::set<std::string> keys = m_links.publicKeys();
    keys.insert(m_options.ownerKey);
    if (m_workers) {
        keys.merge(m_workers->publicKeys());
    }
    m_hub->authorize(std::move(keys));
}

void AgentLoop::linkConnected(ControlHub::ConnectionHandle connection) {
    const auto node = m_links.nodeOf(connection);
    if (!node || !m_seat) {
        return;
    }
    if (const auto sent =
            m_hub->send(connection, encode(Hello{Role::Agent, m_options.node.value, m_options.version}));
        !sent) {
        return;  // Gone again; it is connected to again by itself.
    }
    m_links.markConnected(*node);
    spdlog::info("Connected to {}.", node->value);
    m_seat->linkUp(*node, m_now);
    m_desk.statusChanged();
}

void AgentLoop::linkDisconnected(ControlHub::ConnectionHandle connection) {
    const auto node = m_links.nodeOf(connection);
    if (!node || !m_seat) {
        return;
    }
    m_links.markDisconnected(*node);
    spdlog::warn("The connection to {} was lost.", node->value);
    m_seat->linkDown(*node, m_now);
    m_desk.statusChanged();
}

void AgentLoop::linkRefused(ControlHub::ConnectionHandle connection) {
    const auto node = m_links.nodeOf(connection);
    // When all agents are told to end, those that end last must not take the others' votes for that.
    if (node && m_seat && !m_ending && m_links.takeWasConnected(*node)) {
        spdlog::warn("{} refuses connections: its agent is gone.", node->value);
        m_seat->linkRefused(*node, m_now, m_wallTime);
        m_desk.statusChanged();
    }
}

void AgentLoop::linkRejected(ControlHub::ConnectionHandle connection) {
    if (const auto node = m_links.nodeOf(connection)) {
        spdlog::warn("{} does not accept our key, or has another one than the roster says.", node->value);
    }
}

void AgentLoop::receiveLink(ControlHub::ConnectionHandle connection, const ControlMessage& received) {
    const auto node = m_links.nodeOf(connection);
    if (!node || !m_seat) {
        return;
    }
    const auto message = decode(asBytes(received.bytes));
    if (!message) {
        spdlog::warn("{} sent something unreadable: {}", node->value, message.error().text);
        return;
    }
    if (const auto* refusal = std::get_if<Refusal>(&*message)) {
        spdlog::warn("{} refused: {}", node->value, refusal->text);
        return;
    }
    if (const auto* greeting = std::get_if<Welcome>(&*message)) {
        m_seat->linkWelcomed(*node, greeting->leader == *node, m_now);
        return;
    }
    const Peer peer{.role = Role::Agent, .node = *node, .leader = *node == m_seat->leader(), .task = {}};
    if (refusalOf(peer, *message)) {
        return;
    }
    const auto answer = [&](const Message& said) { static_cast<void>(m_links.send(*node, encode(said))); };
    if (!handleMirror(*node, *message, answer)) {
        m_seat->handleAgent(*node, *message, m_now, m_wallTime);
    }
}

void AgentLoop::descriptorReadable(int descriptor) {
    if (descriptor == m_signals) {
        signalfd_siginfo info{};
        if (::read(m_signals, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
            beginEnd(fmt::format("signal {} (SIG{})", info.ssi_signo,
                                 ::sigabbrev_np(static_cast<int>(info.ssi_signo))));
        }
        return;
    }
    if (const auto exit = m_workers->takeExit(descriptor)) {
        spdlog::info("{} of run {} has ended: {}.", exit->key.task.value, exit->key.run.value, exit->detail);
        authorizePeers();
        if (const auto bytes = m_workerBytes.extract(exit->key); !bytes.empty()) {
            m_endedWorkerBytes.received += bytes.mapped().received;
            m_endedWorkerBytes.sent += bytes.mapped().sent;
        }
        m_seat->machine().workerExited(exit->key, exit->detail, exit->lastLog, m_now);
        m_desk.statusChanged();
    }
}

}  // namespace longship
