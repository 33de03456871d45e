#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/domain/job.h"
#include "core/domain/run_snapshot.h"
#include "core/protocol/messages.h"

namespace longship {

/// Decides, for one cluster, which runs go on and who takes part. Sans-I/O: it is told the time and draws its
/// random numbers from a seed; the caller drains pollTransmit() and pollEvent() after every call, stores the
/// events, then sends (persist before send). Not thread-safe: lives on the agent loop of the leader. States
/// and transitions: core/protocol/README.md, "Coordinator".
class Coordinator {
public:
    struct Options {
        NodeId self;
        std::string cluster;
        Term term = 1;
        std::vector<NodeId> nodes;  ///< In roster order.
        std::chrono::milliseconds tolerateSilence{3000};
        std::uint64_t seed = 0;         ///< For membership tokens and run ids.
        std::set<NodeId> drained = {};  ///< Take no tasks.
        /// Nodes that were there before this leadership: a refused connection means that they are gone.
        std::set<NodeId> seen = {};
        /// The leader before, and since when nothing was heard of it: its silence began before this
        /// leadership.
        std::optional<std::pair<NodeId, TimePoint>> formerLeader = {};
    };
    struct Outgoing {
        NodeId to;  ///< May be this node itself: its AgentMachine.
        Message message;
    };
    /// What was refused or ignored, for the log and the tests.
    struct Counters {
        std::uint64_t unknownNode = 0;  ///< Not in the roster, or speaking in another node's name.
        std::uint64_t unknownTask =
            0;                         ///< A task, generation or membership that is not (or no longer) there.
        std::uint64_t unexpected = 0;  ///< A message or a step that has no place in the present state.
        std::uint64_t otherTerm = 0;   ///< Heartbeats to an earlier leadership, or to a later one.
        /// How often a run went from one phase to another: "training -> freezing".
        std::map<std::string, std::uint64_t> transitions{};
    };

    Coordinator(Options options, TimePoint now);
    ~Coordinator();

    /// A run that was known before this leadership. One that was not finished is gone on with: its workers
    /// may still be there and have its state. Call before everything else, in order of the runs' ids.
    void restore(RunSnapshot run, UtcTime wallTime);

    /// BadInput for a job that cannot be served (the text lists every problem), Exhausted when the queue is
    /// full. The run starts when its turn has come and nodes are free.
    Result<RunId> submit(const std::string& jobYaml, TimePoint now, UtcTime wallTime);
    /// NotFound, or Refused when it has already ended. Stopping a run that is stopping is fine.
    Result<void> stop(const RunId& run, TimePoint now, UtcTime wallTime);

    /// Carries out any command of a client; the run it was about, empty for commands about nodes. NotFound,
    /// Refused (the text says why and what to do), Exhausted or BadInput otherwise.
    Result<RunId> execute(const CommandBody& command, TimePoint now, UtcTime wallTime);

    void handle(const NodeId& from, const Message& message, TimePoint now, UtcTime wallTime);
    /// The link to the node was reset and connecting again was refused: dead at once.
    void handleRefused(const NodeId& node, TimePoint now, UtcTime wallTime);
    void handleTimeout(TimePoint now, UtcTime wallTime);  ///< Harmless when called early.

    std::optional<Outgoing> pollTransmit();
    std::optional<RunEvent> pollEvent();           ///< In the order in which they must be stored.
    std::optional<TimePoint> nextTimeout() const;  ///< May change after any call above.

    /// The unfinished ones and the last kFinishedRunsMax finished ones.
    const std::map<RunId, RunSnapshot>& runs() const;
    /// In roster order. The caller fills in `address` and `sharesMachine`.
    std::vector<NodeView> nodes(TimePoint now) const;

    const std::set<NodeId>& drained() const;

    /// Number of this leadership.
    Term term() const;
    const Counters& counters() const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

}  // namespace longship
