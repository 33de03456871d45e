#include "core/client/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/base/digest.h"
#include "core/protocol/codec.h"

namespace longship {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kRequestsMax = 256;
constexpr seconds kCommandTimeout{
    10};  // Longer than it takes to notice that a leader is silent and to elect one.
constexpr seconds kFetchTimeout{6};
constexpr seconds kModelPatience{15};  // Without a byte of progress.
constexpr std::size_t kLogBytesMax = std::size_t{4} << 20;
constexpr milliseconds kHousekeeping{500};
constexpr unsigned kTicksPerSync = 4;

std::span<const std::byte> asBytes(const std::string& text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

tl::unexpected<Error> closing() {
    return failure(ErrorKind::Interrupted, "The program is being closed.");
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::start(Options options, History& history, RunCache& cache) {
    ControlHub::Options hubOptions;
    hubOptions.keys = options.keys;
    hubOptions.messageBytesMax = kControlMessageBytesMax;
    LONGSHIP_ASSIGN(auto hub, ControlHub::create(hubOptions));
    return std::unique_ptr<Engine>(new Engine(std::move(options), history, cache, std::move(hub)));
}

Engine::Engine(Options options, History& history, RunCache& cache, std::unique_ptr<ControlHub> hub)
    : m_options(std::move(options)),
      m_history(history),
      m_cache(cache),
      m_hub(std::move(hub)),
      m_session({"client-" + randomHex(8), m_options.version},
                [&cache](const RunId& run) { return cache.progress(run); }),
      m_fetcher(cache),
      m_requests(kRequestsMax) {
    readRecord(BootClock::now());
    publish();
    m_thread = std::thread([this] { loop(); });
}

Engine::~Engine() {
    m_stopping = true;
    m_hub->wake();
    m_thread.join();
}

void Engine::loop() {
    ControlHub::Events events;
    events.onConnected = [this](auto connection) {
        handleConnection(connection, BootClock::now(), &ClusterSession::handleConnected);
    };
    events.onDisconnected = [this](auto connection) {
        handleConnection(connection, BootClock::now(), &ClusterSession::handleDisconnected);
    };
    events.onRefused = [this](auto connection) {
        handleConnection(connection, BootClock::now(), &ClusterSession::handleRefused);
    };
    events.onRejected = [this](auto connection) {
        handleConnection(connection, BootClock::now(), &ClusterSession::handleRejected);
    };
    events.onMessage = [this](auto connection, const ControlMessage& message) {
        handleMessage(connection, message);
    };
    while (!m_stopping) {
        const TimePoint now = BootClock::now();
        takeRequests(now);
        housekeep(now);
        m_session.handleTimeout(now);
        applyEffects(now);
        transmit();
        publish();
        m_hub->wait(std::min(m_session.nextTimeout(), m_nextHousekeeping), events);
    }
    failWaiting();
    static_cast<void>(m_history.sync());
}

void Engine::handleConnection(ControlHub::ConnectionHandle connection, TimePoint now,
                              void (ClusterSession::*handler)(const NodeId&, TimePoint)) {
    if (const auto known = m_connections.find(connection); known != m_connections.end()) {
        (m_session.*handler)(known->second.node, now);
        applyEffects(now);
    }
}

void Engine::handleMessage(ControlHub::ConnectionHandle connection, const ControlMessage& message) {
    const auto known = m_connections.find(connection);
    if (known == m_connections.end()) {
        return;
    }
    const TimePoint now = BootClock::now();
    const auto decoded = decode(asBytes(message.bytes));
    if (decoded) {
        m_session.handle(known->second.node, *decoded, now);
    } else if (decoded.error().kind != ErrorKind::NotFound) {
        // NotFound is a kind of message that only newer agents know; it is not for us.
        m_session.handleUnreadable(known->second.node, decoded.error(), now);
    }
    applyEffects(now);
}

void Engine::takeRequests(TimePoint now) {
    while (auto request = m_requests.tryPop()) {
        if (auto* command = std::get_if<CommandRequest>(&*request)) {
            const auto number = m_session.command(std::move(command->body), now, now + kCommandTimeout);
            m_commands.emplace(number, std::move(command->answer));
        } else if (auto* file = std::get_if<FileRequest>(&*request)) {
            const auto number =
                m_session.fetch(file->node, std::move(file->request), now, now + kFetchTimeout);
            m_files.emplace(number, std::move(file->answer));
        } else if (const auto* note = std::get_if<ChangeNote>(&*request)) {
            m_changedRuns.insert(note->run);
        }
    }
}

void Engine::applyEffects(TimePoint now) {
    bool any = false;
    while (auto effect = m_session.pollEffect()) {
        any = true;
        applyEffect(*effect, now);
    }
    if (any) {
        m_fetcher.advance(m_session, now);
        m_session.handleTimeout(now);
        transmit();
    }
}

void Engine::applyEffect(ClusterSession::Effect& effect, TimePoint now) {
    if (auto* records = std::get_if<ClusterSession::RecordsArrived>(&effect)) {
        if (records->startOver) {
            m_cache.startOver(records->run);
            m_changedRuns.insert(records->run);
        } else if (m_cache.add(records->run, std::move(records->events), std::move(records->rows))) {
            m_changedRuns.insert(records->run);
        }
    } else if (auto* command = std::get_if<ClusterSession::CommandDone>(&effect)) {
        if (auto waiting = m_commands.extract(command->number); !waiting.empty()) {
            waiting.mapped().set_value(std::move(command->result));
        }
    } else if (auto* fetched = std::get_if<ClusterSession::FetchDone>(&effect)) {
        if (auto waiting = m_files.extract(fetched->number); !waiting.empty()) {
            waiting.mapped().set_value(std::move(fetched->result));
        } else {
            m_fetcher.handle(*fetched, now);
        }
    } else {
        m_viewChanged = true;
    }
}

void Engine::transmit() {
    while (auto outgoing = m_session.pollTransmit()) {
        const auto connection =
            std::find_if(m_connections.begin(), m_connections.end(),
                         [&](const auto& known) { return known.second.node == outgoing->to; });
        if (connection != m_connections.end()) {
            // A send that fails is a connection that is about to be reported lost; the session sends again.
            static_cast<void>(m_hub->send(connection->first, encode(outgoing->message)));
        }
    }
}

void Engine::housekeep(TimePoint now) {
    if (now < m_nextHousekeeping) {
        return;
    }
    m_nextHousekeeping = now + kHousekeeping;
    readRecord(now);
    for (const RunId& run : m_cache.refresh()) {
        m_changedRuns.insert(run);
    }
    m_fetcher.advance(m_session, now);
    if (++m_ticks % kTicksPerSync == 0 && m_cache.takeUnsynced()) {
        const auto synced = m_history.sync();
        const std::string problem = synced ? std::string() : synced.error().text;
        m_viewChanged = m_viewChanged || problem != m_storageProblem;
        m_storageProblem = problem;
    }
}

void Engine::readRecord(TimePoint now) {
    if (!m_options.cluster) {
        return;
    }
    auto record = readClusterRecord(*m_options.cluster);
    if (record) {
        for (RosterEntry& entry : record->nodes) {
            entry = reachedBy(m_options.wayTo, std::move(entry));
        }
        m_recordProblem.clear();
        if (m_record != *record) {
            connectTo(*record, now);
        }
        return;
    }
    const std::string problem =
        record.error().kind == ErrorKind::NotFound
            ? fmt::format("The cluster {} has not been started yet.", m_options.cluster->name)
            : record.error().text;
    if (m_recordProblem != problem) {
        m_recordProblem = problem;
        m_session.setProblem(problem);
    }
}

void Engine::connectTo(const ClusterRecord& record, TimePoint now) {
    const auto wanted = [&](const RosterEntry& entry) {
        return std::find(record.nodes.begin(), record.nodes.end(), entry) != record.nodes.end();
    };
    for (auto known = m_connections.begin(); known != m_connections.end();) {
        if (wanted(known->second)) {
            ++known;
        } else {
            m_hub->disconnect(known->first);
            known = m_connections.erase(known);
        }
    }
    m_session.setRoster(record.roster(), now);
    for (const RosterEntry& entry : record.nodes) {
        const bool connected = std::any_of(m_connections.begin(), m_connections.end(),
                                           [&](const auto& known) { return known.second == entry; });
        if (connected || entry.endpoint.empty()) {
            continue;
        }
        const auto connection = m_hub->connect(entry.endpoint, entry.publicKey);
        if (connection) {
            m_connections.emplace(*connection, entry);
        } else {
            m_session.handleUnreadable(entry.node, connection.error(), now);
        }
    }
    m_record = record;
}

/// Once found it stays so until somebody knows the run again: that the leader does not answer is no news of
/// it.
std::set<RunId> Engine::runsLeftBehind() const {
    std::set<RunId> found;
    const std::set<RunId> known = m_session.runsOnCluster();
    for (const RunSummary& run : m_cache.unfinished()) {
        const bool ours = m_options.cluster && run.cluster == m_options.cluster->name;
        const bool before = m_leftBehind.contains(run.run) && !known.contains(run.run);
        if (ours && (before || m_session.isUnknownToAll(run.run, run.queuedAt))) {
            found.insert(run.run);
        }
    }
    return found;
}

void Engine::publish() {
    const bool viewChanged = std::exchange(m_viewChanged, false);
    std::set<RunId> runs = std::exchange(m_changedRuns, {});
    runs.merge(m_fetcher.takeChanged());
    std::set<RunId> leftBehind = viewChanged ? runsLeftBehind() : m_leftBehind;
    std::set_symmetric_difference(leftBehind.begin(), leftBehind.end(), m_leftBehind.begin(),
                                  m_leftBehind.end(), std::inserter(runs, runs.end()));
    if (!viewChanged && runs.empty()) {
        return;
    }
    {
        const std::lock_guard lock(m_mutex);
        m_leftBehind = std::move(leftBehind);
        if (viewChanged) {
            m_view = m_session.view();
            m_readyNodes = m_session.readyNodes();
            m_view.name = m_options.cluster ? m_options.cluster->name : std::string();
            if (!m_storageProblem.empty()) {
                m_view.detail = m_storageProblem;
            }
        }
        ++m_publications;
    }
    m_published.notify_all();
    const std::lock_guard lock(m_observersMutex);
    for (ClientObserver* observer : m_observers) {
        if (viewChanged) {
            observer->clusterChanged();
        }
        for (const RunId& run : runs) {
            observer->runChanged(run);
        }
    }
}

void Engine::failWaiting() {
    m_requests.close();
    while (auto request = m_requests.tryPop()) {
        if (auto* command = std::get_if<CommandRequest>(&*request)) {
            command->answer.set_value(closing());
        } else if (auto* file = std::get_if<FileRequest>(&*request)) {
            file->answer.set_value(closing());
        }
    }
    for (auto& [number, answer] : m_commands) {
        answer.set_value(closing());
    }
    for (auto& [number, answer] : m_files) {
        answer.set_value(closing());
    }
}

void Engine::addObserver(ClientObserver* observer) {
    const std::lock_guard lock(m_observersMutex);
    m_observers.push_back(observer);
}

void Engine::removeObserver(ClientObserver* observer) {
    const std::lock_guard lock(m_observersMutex);
    std::erase(m_observers, observer);
}

ClusterView Engine::view() const {
    const std::lock_guard lock(m_mutex);
    return m_view;
}

bool Engine::isLeftBehind(const RunId& run) const {
    const std::lock_guard lock(m_mutex);
    return m_leftBehind.contains(run);
}

std::vector<NodeId> Engine::readyNodes() const {
    const std::lock_guard lock(m_mutex);
    return m_readyNodes;
}

bool Engine::post(Request request) {
    const bool taken = m_requests.tryPush(std::move(request));
    m_hub->wake();
    return taken;
}

void Engine::noteChanged(const RunId& run) {
    post(ChangeNote{run});
}

Result<RunId> Engine::command(CommandBody body) {
    CommandRequest request{std::move(body), {}};
    auto answer = request.answer.get_future();
    if (!post(std::move(request))) {
        return failure(ErrorKind::Exhausted, "Too many commands are waiting for the cluster.");
    }
    return answer.get();
}

Result<std::string> Engine::fetchFile(const NodeId& node, const RunId& run, const std::string& name) {
    std::string bytes;
    for (;;) {
        FileRequest request;
        request.node = node;
        request.request.run = run;
        request.request.name = name;
        request.request.offset = bytes.size();
        auto answer = request.answer.get_future();
        if (!post(std::move(request))) {
            return failure(ErrorKind::Exhausted, "Too many requests are waiting for the cluster.");
        }
        LONGSHIP_ASSIGN(const FetchAnswer part, answer.get());
        bytes += part.bytes;
        if (part.bytes.empty() || bytes.size() >= part.bytesTotal || bytes.size() >= kLogBytesMax) {
            return bytes;
        }
    }
}

Result<void> Engine::waitForModel(const RunId& run) const {
    std::uint64_t bytesBefore = 0;
    TimePoint lastProgress = BootClock::now();
    std::unique_lock lock(m_mutex);
    for (;;) {
        const std::uint64_t publication = m_publications;
        lock.unlock();
        const auto snapshot = m_cache.snapshot(run);
        const ModelCopy copy = snapshot ? m_fetcher.copyOf(*snapshot) : ModelCopy();
        lock.lock();
        if (copy.complete) {
            return {};
        }
        const TimePoint now = BootClock::now();
        if (copy.bytes > bytesBefore) {
            bytesBefore = copy.bytes;
            lastProgress = now;
        }
        if (!m_view.connected || now - lastProgress > kModelPatience) {
            const std::string why = !copy.problem.empty() ? copy.problem : m_view.detail;
            return failure(ErrorKind::Unavailable,
                           fmt::format("The model of run {} is not on this machine ({} of {} bytes). {}",
                                       run.value, copy.bytes, copy.bytesTotal, why));
        }
        m_published.wait_for(lock, milliseconds(500), [&] { return m_publications != publication; });
    }
}

}  // namespace longship
