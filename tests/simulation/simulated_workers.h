#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "core/base/random.h"
#include "core/protocol/worker_machine.h"
#include "tests/simulation/virtual_time.h"

namespace longship::test {

/// What is wrong with a worker process.
enum class WorkerFault { None, NeverReady, FailsToLoad, OtherData, OtherResult, IgnoresTerm };

/// The worker processes of a simulated cluster: real WorkerMachines around a pretended trainer. Members of a
/// membership step together; when one dies the others fail with Unavailable a little later, as a mesh would.
class SimulatedWorkers {
public:
    struct Callbacks {
        std::function<void(const TaskKey&)> started;
        std::function<void(const TaskKey&)> connected;
        std::function<void(const TaskKey&, const Message&)> said;
        std::function<void(const TaskKey&, const std::string& detail)> exited;
    };

    SimulatedWorkers(VirtualTime& time, SeededRandom& random) : m_time(time), m_random(random) {}

    void spawn(const NodeId& node, const TaskKey& key, WorkerFault fault, Callbacks callbacks);
    void deliver(const TaskKey& key, const Message& message);
    /// SIGTERM now, SIGKILL after `grace`.
    void kill(const TaskKey& key, Duration grace);
    /// The process is gone this instant.
    void crash(const TaskKey& key, const std::string& detail);
    /// Neither answers nor computes from now on.
    void hang(const TaskKey& key);
    /// All processes of a node end without a word: its agent is gone.
    void endAllOf(const NodeId& node);

    std::vector<TaskKey> runningOn(const NodeId& node) const;
    std::vector<TaskKey> running() const;

private:
    struct Process {
        NodeId node;
        WorkerMachine machine;
        WorkerFault fault;
        Callbacks callbacks;
        bool hangs = false;
        std::uint64_t number = 0;  ///< Which process this is: a key may be used again by a mistaken program.
    };
    /// The members of one membership, training together.
    struct Group {
        std::set<TaskKey> members;
        std::set<TaskKey> inside;
        Step steps = 0;
        Step stepsTotal = 0;
        bool stopping = false;
        bool broken = false;
    };

    void drain(const TaskKey& key);
    void obey(const TaskKey& key, const WorkerCommand& command);
    void enter(const TaskKey& key, const EnterMembership& seat);
    void stepGroup(const RunId& run);
    void finishGroup(const RunId& run);
    void end(const TaskKey& key, const std::string& detail, bool tell);
    void later(const TaskKey& key, Duration delay, std::function<void(Process&)> action);
    Duration upTo(int milliseconds);

    VirtualTime& m_time;
    SeededRandom& m_random;
    std::map<TaskKey, std::unique_ptr<Process>> m_processes;
    std::map<RunId, Group> m_groups;
    std::uint64_t m_count = 0;
};

}  // namespace longship::test
