#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/protocol/messages.h"
#include "core/transport/control.h"

namespace longship::test {

/// What the agents of a fake cluster know of its one run. All functions may be called from any thread.
class FakeRecords {
public:
    explicit FakeRecords(RunId run) : m_run(std::move(run)) {}

    const RunId& run() const { return m_run; }
    void addEvent(RunEventBody body);
    /// As if a branch of the cluster's log that has this of the run, and nothing else, superseded the others.
    void takeOver(std::vector<RunEventBody> bodies);
    void addRow(Step step);
    void setModel(std::string bytes);
    std::string model() const;

    PullAnswer answer(const PullRequest& request) const;
    RunHead head() const;
    /// Executes a command once for each (client, sequence), and counts.
    CommandAnswer execute(const Command& command);
    int commandsExecuted() const;
    /// As if the next command's answer were lost on the way.
    void loseNextAnswer();
    bool takeLostAnswer();

private:
    const RunId m_run;
    mutable std::mutex m_mutex;
    std::vector<RunEvent> m_events;
    std::vector<StepRow> m_rows;
    std::string m_model;
    std::map<std::pair<std::string, std::uint64_t>, CommandAnswer> m_commands;
    bool m_loseNext = false;
};

/// An agent that speaks the client's part of the protocol over a real control socket: one thread.
class FakeAgent {
public:
    FakeAgent(NodeId node, NodeId leader, FakeRecords& records, const std::string& clientKey);
    ~FakeAgent();

    RosterEntry entry() const { return {m_node, m_endpoint, m_keys.publicKey}; }
    void die();     ///< Closes all its sockets.
    void revive();  ///< Listens at the same address again.

private:
    void loop();
    void handle(const ControlMessage& received);
    void say(const ConnectionId& to, const Message& message);
    void answerPulls();
    void tellWatchers();

    const NodeId m_node;
    const NodeId m_leader;
    FakeRecords& m_records;
    const std::string m_clientKey;
    const KeyPair m_keys = KeyPair::generate();
    std::string m_endpoint = "tcp://127.0.0.1:*";
    std::unique_ptr<ControlHub> m_hub;
    std::vector<std::pair<ConnectionId, PullRequest>> m_waiting;
    std::set<ConnectionId> m_watchers;
    TimePoint m_nextStatus{};
    std::atomic<bool> m_stopping{false};
    std::thread m_thread;
};

}  // namespace longship::test
