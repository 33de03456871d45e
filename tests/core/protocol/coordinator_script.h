#pragma once

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/domain/job.h"
#include "core/protocol/coordinator.h"

namespace longship::test {

/// A moment of the workers' clock.
inline UtcTime scriptTime(std::uint64_t ms) {
    return {1'767'225'600'000'000 + static_cast<std::int64_t>(ms) * 1'000};
}

/// A leader on node-a with node-b and node-c, driven by a text. One command a line; nodes by letter, tasks by
/// number:
///   up a b c          these nodes send heartbeats from now on     silent b     … no longer
///   wait 500          milliseconds pass, heartbeats go on         refused b    its link says no
///   submit [N [SERVERS [backup]]]  a job with N workers           stop         the last submitted run
///   ready 0 [N [CHECKPOINT [PROBLEM]]]  with N training samples, and the state of a checkpoint
///   knows 0 MEMBERSHIP STEP  the node of its next "ready" has this last row
///   written 0 STEP [HASH|- [ERROR]]      a checkpoint is on its disk, or is not
///   entered 0 [membership]
///   follows 0         entered, and gets the state while the others train
///   evaluating 0 / training 0 / evaluated 0 STEP / steps 0 COUNT [MS]
///   timed 0 COUNT MS…  COUNT final rows of a second each; of it the members computed so long, by rank
///   finished 0 [hash] [stopped|- [MEMBERSHIP]]                    failed 1 KIND
///   exited 1 [detail]                                             forget 1     its node no longer lists it
///   lists b TASK      the node lists a task of run "old"
///   frozen 0 [STEPS [ENTERED [MS]]]   answers the last Freeze; ENTERED defaults to the last membership
///   frozen s0 ENTERED [SHARD@STEP[+]…]  of a server: what it has; +: also the state after one step more
/// MS: when the last of the steps was applied, in milliseconds of the workers' clock; each took 10.
///   broken 0 [PEER…]  its membership broke; ~1: that link is silent, 1: it was closed
///                                                                 frees b      the node lists no task
///   pause / resume / drain b / undrain b / move 0 b
///   policy ask        of the jobs submitted from now on
/// A number means the worker's newest generation; "1/2" its second one, "s1" the server's.
/// What the leader does comes back as one line per event ("! …") and message ("b < …"), without heartbeat
/// answers.
class CoordinatorScript {
public:
    explicit CoordinatorScript(int nodes = 3);

    /// This leader takes up the run of another, whose workers are still there.
    void adopt(const CoordinatorScript& before);

    /// Runs the commands and tells what came of them.
    std::string run(const std::string& script);

    Coordinator& coordinator() { return m_coordinator; }
    const std::vector<RunEvent>& events() const { return m_events; }
    const RunId& lastRun() const { return m_run; }
    TimePoint now() const { return m_now; }
    const std::vector<Coordinator::Outgoing>& sent() const { return m_sent; }

private:
    void command(std::istringstream& words);
    bool nodeCommand(const std::string& verb, std::istringstream& words);
    bool workerCommand(const std::string& verb, std::istringstream& words);
    bool changeCommand(const std::string& verb, const TaskKey& key, std::istringstream& words);
    bool clientCommand(const std::string& verb, std::istringstream& words);
    void exits(const TaskKey& key, std::istringstream& words);
    void serverFrozen(const TaskKey& key, std::istringstream& words);
    void timedSteps(const TaskKey& key, std::size_t count, std::istringstream& words);
    void finish(const TaskKey& key, std::istringstream& words);
    void wait(int milliseconds);
    void beat(const NodeId& node);
    void say(const TaskKey& key, const Message& message);
    void drain();

    TimePoint m_now;
    UtcTime m_wallTime{1'767'225'600'000'000};
    Coordinator m_coordinator;
    RunId m_run;
    std::set<NodeId> m_up;
    std::map<NodeId, std::set<TaskKey>> m_tasks;
    std::map<TaskKey, NodeId> m_placed;
    std::map<TaskId, Generation> m_newest;
    MembershipNumber m_assigned = 0;
    MembershipNumber m_freezing = 0;
    std::optional<RowKey> m_lastRow;
    RecoveryPolicy m_policy = RecoveryPolicy::Auto;
    std::uint64_t m_beats = 0;
    std::string m_said;
    std::vector<RunEvent> m_events;
    std::vector<Coordinator::Outgoing> m_sent;
};

}  // namespace longship::test
