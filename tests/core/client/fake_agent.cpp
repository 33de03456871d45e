#include "tests/core/client/fake_agent.h"

#include <algorithm>
#include <span>

#include "core/base/check.h"
#include "core/protocol/codec.h"

namespace longship::test {

using std::chrono::milliseconds;

void FakeRecords::addEvent(RunEventBody body) {
    const std::lock_guard lock(m_mutex);
    m_events.push_back({m_run, m_events.size() + 1, UtcTime::now(), std::move(body)});
}

void FakeRecords::takeOver(std::vector<RunEventBody> bodies) {
    const std::lock_guard lock(m_mutex);
    m_events.clear();
    m_rows.clear();
    for (RunEventBody& body : bodies) {
        m_events.push_back({m_run, m_events.size() + 1, UtcTime::now(), std::move(body)});
    }
}

void FakeRecords::addRow(Step step) {
    const std::lock_guard lock(m_mutex);
    StepRow row;
    row.key = {1, step};
    row.appliedAt = UtcTime::now();
    m_rows.push_back(row);
}

void FakeRecords::setModel(std::string bytes) {
    const std::lock_guard lock(m_mutex);
    m_model = std::move(bytes);
}

std::string FakeRecords::model() const {
    const std::lock_guard lock(m_mutex);
    return m_model;
}

PullAnswer FakeRecords::answer(const PullRequest& request) const {
    const std::lock_guard lock(m_mutex);
    PullAnswer answer;
    answer.request = request.request;
    answer.run = request.run;
    const bool isVoid = request.afterSequence > 0 && request.afterSequence <= m_events.size() &&
                        m_events[request.afterSequence - 1].time != request.afterTime;
    if (isVoid) {
        answer.startOver = true;
        return answer;
    }
    for (const RunEvent& event : m_events) {
        if (event.sequence > request.afterSequence) {
            answer.events.push_back(event);
        }
    }
    for (const StepRow& row : m_rows) {
        if (!request.afterRow || row.key > *request.afterRow) {
            answer.rows.push_back(row);
        }
    }
    return answer;
}

RunHead FakeRecords::head() const {
    const std::lock_guard lock(m_mutex);
    return {m_run, RunState::Training, m_events.size()};
}

CommandAnswer FakeRecords::execute(const Command& command) {
    const std::lock_guard lock(m_mutex);
    const auto key = std::pair(command.client, command.sequence);
    return m_commands.try_emplace(key, CommandAnswer{command.sequence, std::nullopt, m_run}).first->second;
}

int FakeRecords::commandsExecuted() const {
    const std::lock_guard lock(m_mutex);
    return static_cast<int>(m_commands.size());
}

void FakeRecords::loseNextAnswer() {
    const std::lock_guard lock(m_mutex);
    m_loseNext = true;
}

bool FakeRecords::takeLostAnswer() {
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_loseNext, false);
}

FakeAgent::FakeAgent(NodeId node, NodeId leader, FakeRecords& records, const std::string& clientKey)
    : m_node(std::move(node)), m_leader(std::move(leader)), m_records(records), m_clientKey(clientKey) {
    revive();
}

FakeAgent::~FakeAgent() {
    die();
}

void FakeAgent::die() {
    if (m_thread.joinable()) {
        m_stopping = true;
        m_hub->wake();
        m_thread.join();
        m_hub.reset();
        m_waiting.clear();
        m_watchers.clear();
    }
}

void FakeAgent::revive() {
    ControlHub::Options options;
    options.keys = m_keys;
    m_hub = ControlHub::create(options).value();
    m_hub->authorize({m_clientKey});
    m_endpoint = m_hub->listen(m_endpoint).value();
    m_stopping = false;
    m_thread = std::thread([this] { loop(); });
}

void FakeAgent::loop() {
    ControlHub::Events events;
    events.onServerMessage = [this](const ControlMessage& received) { handle(received); };
    while (!m_stopping) {
        answerPulls();
        tellWatchers();
        m_hub->wait(BootClock::now() + milliseconds(5), events);
    }
}

void FakeAgent::handle(const ControlMessage& received) {
    const auto message = decode(std::as_bytes(std::span(received.bytes)));
    LONGSHIP_CHECK(message.has_value(), "the client speaks our protocol");
    if (std::holds_alternative<Hello>(*message)) {
        say(received.from, Welcome{m_node, "fake", "test", m_leader});
    } else if (std::holds_alternative<WatchCluster>(*message)) {
        m_watchers.insert(received.from);
        m_nextStatus = {};
    } else if (const auto* pull = std::get_if<PullRequest>(&*message)) {
        m_waiting.emplace_back(received.from, *pull);
    } else if (const auto* command = std::get_if<Command>(&*message)) {
        const CommandAnswer answer = m_records.execute(*command);
        if (!m_records.takeLostAnswer()) {
            say(received.from, answer);
        }
    } else if (const auto* fetch = std::get_if<FetchRequest>(&*message)) {
        const std::string model = m_records.model();
        say(received.from, FetchAnswer{fetch->request, fetch->offset, model.size(),
                                       model.substr(fetch->offset, fetch->bytesMax)});
    }
}

void FakeAgent::say(const ConnectionId& to, const Message& message) {
    static_cast<void>(m_hub->reply(to, encode(message)));
}

void FakeAgent::answerPulls() {
    std::erase_if(m_waiting, [&](const auto& waiting) {
        const PullAnswer answer = m_records.answer(waiting.second);
        const bool something =
            answer.startOver || !answer.events.empty() || !answer.rows.empty() || waiting.second.waitMs == 0;
        if (something) {
            say(waiting.first, answer);
        }
        return something;
    });
}

void FakeAgent::tellWatchers() {
    if (BootClock::now() < m_nextStatus) {
        return;
    }
    m_nextStatus = BootClock::now() + milliseconds(200);
    NodeView self;
    self.node = m_node;
    self.state = NodeState::Ready;
    self.leader = m_node == m_leader;
    for (const ConnectionId& watcher : m_watchers) {
        say(watcher, ClusterStatus{"fake", m_node, {self}, {m_records.head()}, 0, UtcTime::now()});
    }
}

}  // namespace longship::test
