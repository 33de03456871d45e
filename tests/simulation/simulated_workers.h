#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "core/domain/checkpoint.h"
#include "core/parameter_server/shard_duties.h"
#include "core/protocol/worker_machine.h"
#include "tests/simulation/virtual_time.h"

namespace longship::test {

/// What is wrong with a worker process.
enum class WorkerFault { None, NeverReady, FailsToLoad, OtherData, OtherResult, IgnoresTerm };

/// The worker processes of a simulated cluster: real WorkerMachines around a pretended trainer with real
/// rules. A member has a state (a hash that every step changes) and the steps applied to it. A step is
/// applied by a member when the contributions of all members of its membership have reached it; the step
/// before it is then final. Members that lack the state get it from rank 0 when they enter. What must never
/// happen is told to `broken`.
///
/// In a run with servers the contributions go to the primaries of the shards instead (simulated_servers.cpp):
/// each applies the step to its shard when all workers' have come, has its backup apply it, and then serves
/// the new state; a worker has applied the step when it was served all shards. All of it takes time, and
/// anybody may be gone between any two of these moments.
class SimulatedWorkers {
public:
    struct Callbacks {
        std::function<void(const TaskKey&)> started;
        std::function<void(const TaskKey&)> connected;
        std::function<void(const TaskKey&, const Message&)> said;
        std::function<void(const TaskKey&, const std::string& detail)> exited;
    };
    using Broken = std::function<void(const std::string&)>;

    SimulatedWorkers(VirtualTime& time, SeededRandom& random, Broken broken)
        : m_time(time), m_random(random), m_broken(std::move(broken)) {}

    /// `checkpoints`: what the run has committed, newest first.
    void spawn(const NodeId& node, const TaskKey& key, WorkerFault fault,
               const std::vector<CheckpointRef>& checkpoints, Callbacks callbacks);
    void deliver(const TaskKey& key, const Message& message);
    /// SIGTERM now, SIGKILL after `grace`.
    void kill(const TaskKey& key, Duration grace);
    /// The process is gone this instant.
    void crash(const TaskKey& key, const std::string& detail);
    /// Neither answers nor computes from now on.
    void hang(const TaskKey& key);
    /// All processes of a node end without a word: its agent is gone.
    void endAllOf(const NodeId& node);
    /// The checkpoints on the disk of this node are gone.
    void loseFilesOf(const NodeId& node) { m_files.erase(node); }
    /// Of all runs from now on: a copy of the state on two nodes after every so many steps; 0: none.
    void setCheckpoints(Step everySteps) { m_checkpointEvery = everySteps; }
    /// Nothing passes between the workers of these two nodes, for that long.
    void cutData(const NodeId& a, const NodeId& b, Duration duration);
    void healData() { m_cuts.clear(); }

    /// What the worker ended this membership with; empty: it did not.
    std::string resultOf(const TaskKey& key, MembershipNumber membership) const;

    std::vector<TaskKey> runningOn(const NodeId& node) const;
    std::vector<TaskKey> running() const;
    bool anyRunning() const { return !m_processes.empty(); }
    Step stepsTotalOf(const RunId& run);
    bool knows(const RunId& run) const { return m_strategies.contains(run); }
    void setJob(const RunId& run, const JobSpec& job) { m_strategies[run] = job.strategy; }
    void setStepsTotal(Step steps) { m_stepsForAll = steps; }  ///< Of runs to come; 0: drawn from the seed.
    /// The state that every undisturbed run of this seed has after that many steps.
    std::uint64_t stateAfter(const RunId& run, Step steps);
    static StepRow rowOf(MembershipNumber membership, Step step);

private:
    /// Parameters, and by which memberships their steps were made: a step that was given up and made again
    /// leads to the same parameters here, but not everywhere.
    struct Content {
        std::uint64_t state = 0;
        std::uint64_t course = 0;

        bool operator==(const Content&) const = default;
    };
    /// What a server has of a shard: the state after `step` steps, and beside it the one after the next.
    struct Shard {
        Step step = 0;
        Content state{};
        std::optional<Content> next{};

        Step newest() const { return step + (next ? 1 : 0); }
        /// Its state after so many steps.
        std::optional<Content> at(Step steps) const {
            return steps == step ? std::optional(state) : steps == newest() ? next : std::nullopt;
        }
    };
    struct Process {
        NodeId node;
        WorkerMachine machine;
        WorkerFault fault;
        Callbacks callbacks;
        bool hangs = false;
        std::uint64_t number = 0;  ///< Which process this is: a key may be used again by a mistaken program.

        // The trainer.
        std::uint64_t state = 0;
        Step steps = 0;
        MembershipNumber entered = 0;  ///< Whose start was completed.
        MembershipNumber inside = 0;   ///< Of the group it is in, 0: none.
        MembershipNumber saidFrozen = 0;
        bool finished = false;
        bool stopWanted = false;
        bool freezing = false;
        std::vector<StepRow> lastFinal{};
        std::optional<StepRow> pending{};  ///< Applied, not yet final.
        /// A worker: it has what servers are filled with, too, as it was read from a checkpoint or made from
        /// the seed. It keeps that until it enters a membership.
        bool wholeState = false;
        std::uint64_t course = 0;                 ///< Of a worker with servers.
        std::map<std::uint32_t, Shard> shards{};  ///< A server: what it has.
    };
    /// The members of one membership.
    struct Group {
        AssignMembership assignment;
        std::set<TaskKey> inside;
        bool begun = false;       ///< All are connected; states are exchanged.
        std::set<TaskKey> level;  ///< Who stands at the base, with its state.
        bool broken = false;      ///< Somebody left: it will never complete anything again.
        std::map<Step, std::set<TaskKey>> contributed;
        std::optional<Step> stopAt;
        // With servers.
        std::vector<TaskKey> workers;
        std::vector<TaskKey> servers;
        std::vector<ShardDuty> duties;  ///< Of each shard; places in `servers`.
        std::map<std::pair<Step, std::uint32_t>, std::set<TaskKey>> pushed;
        std::map<std::pair<TaskKey, Step>, std::map<std::uint32_t, Content>> served;
    };
    using GroupKey = std::pair<RunId, MembershipNumber>;

    void drain(const TaskKey& key);
    void obey(const TaskKey& key, const WorkerCommand& command);
    void enter(const TaskKey& key, const EnterMembership& seat);
    void tryToBegin(const GroupKey& group);
    void takeState(const TaskKey& key, const GroupKey& group);
    void begin(const TaskKey& key, const GroupKey& group);
    void contribute(const TaskKey& key, const GroupKey& group);
    void complete(const TaskKey& key, const GroupKey& group, Step step,
                  const std::optional<Content>& served = {});
    bool isHeldUp(const TaskKey& key, const GroupKey& group, Step step);
    bool isLast(const GroupKey& group, Step step);
    void checkSeat(const Seat& seat, const Process& process, const GroupKey& group);

    // simulated_servers.cpp
    bool hasServers(const RunId& run) const;
    void giveDuties(const GroupKey& group);
    void checkInventory(const Seat& seat, const Process& process, const GroupKey& group);
    Content following(const Content& content, const GroupKey& group, Step step) const;
    bool hasDuty(const Group& group, const TaskKey& server, std::uint32_t shard) const;
    void fillShards(const TaskKey& server, const GroupKey& group);
    std::optional<Content> sourceOf(const GroupKey& group, std::uint32_t shard);
    void keepOwnShards(const TaskKey& server, const GroupKey& group);
    void carry(const TaskKey& from, const TaskKey& to, const GroupKey& group, std::function<void()> arrives);
    void arrive(const TaskKey& to, const GroupKey& group, std::function<void()> arrives);
    void push(const TaskKey& worker, const GroupKey& group, Step step);
    void onPush(const TaskKey& worker, const GroupKey& group, std::uint32_t shard, Step step);
    Content applyTo(const TaskKey& server, const GroupKey& group, std::uint32_t shard, Step step);
    void serve(const GroupKey& group, std::uint32_t shard, Step step, const Content& content);
    void onServed(const TaskKey& worker, const GroupKey& group, std::uint32_t shard, Step step,
                  const Content& content);
    static std::vector<ShardHeld> inventoryOf(const Process& process);
    static std::uint64_t nextState(std::uint64_t state, Step step);
    void writeCheckpoint(const TaskKey& key, const GroupKey& group, Step step);
    Step readCheckpoint(Process& process, const TaskKey& key, const std::vector<CheckpointRef>& known);
    void finish(const TaskKey& key, Process& process, bool stopped);
    void freeze(const TaskKey& key);
    void leave(const TaskKey& key, const char* why);
    void complain(const TaskKey& key, const GroupKey& group, const std::string& text, const TaskId& peer);
    bool isCut(const NodeId& a, const NodeId& b) const;
    std::optional<std::pair<TaskKey, TaskKey>> cutPair(const Group& group) const;
    void end(const TaskKey& key, const std::string& detail, bool tell);
    void later(const TaskKey& key, Duration delay, std::function<void(Process&)> action);
    Duration upTo(int milliseconds);
    Process* find(const TaskKey& key);
    static std::vector<TaskKey> membersOf(const Group& group);

    VirtualTime& m_time;
    SeededRandom& m_random;
    Broken m_broken;
    std::map<TaskKey, std::unique_ptr<Process>> m_processes;
    std::map<GroupKey, Group> m_groups;
    std::map<RunId, StrategySpec> m_strategies;
    std::map<RunId, Step> m_stepsTotal;
    Step m_stepsForAll = 0;
    std::map<RunId, std::vector<std::uint64_t>> m_states;
    Step m_checkpointEvery = 0;
    /// The checkpoints on each node's disk.
    std::map<NodeId, std::set<std::pair<RunId, Step>>> m_files;
    std::map<std::pair<NodeId, NodeId>, TimePoint> m_cuts;
    std::map<std::pair<TaskKey, MembershipNumber>, std::string> m_results;
    std::uint64_t m_count = 0;
};

}  // namespace longship::test
