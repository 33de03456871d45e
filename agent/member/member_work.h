#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/supervision/worker_config.h"
#include "core/base/disk_faults.h"
#include "core/domain/job.h"
#include "core/domain/shard_held.h"
#include "core/protocol/worker_machine.h"
#include "core/transport/data_mesh.h"

namespace longship {

// What the thread that works tells the control thread.
struct MemberReady {
    std::string endpoint;  ///< Data plane.
    std::string publicKey;
    RunPrepared prepared;           ///< Empty of a server, which has no data.
    Step checkpointStep = 0;        ///< The checkpoint whose state it holds; 0: none.
    std::string checkpointProblem;  ///< Why a copy that is there was not used.
};
struct MemberEntered {
    MembershipNumber number = 0;
    bool following = false;  ///< Without the state, which is being copied while the others train.
};
/// A member that followed has the state now.
struct MemberCaughtUp {
    MembershipNumber number = 0;
};
struct MemberProgress {
    std::vector<StepRow> rows;
    std::optional<EvaluationFinished> evaluation;
    RunState phase = RunState::Training;
};
struct MemberFinished {
    WorkerMachine::Finish finish;
};
/// The membership broke: the unfinished step is rolled back, the links are gone, the next order is awaited.
struct MemberBroken {
    MembershipNumber number = 0;
    Step step = 0;  ///< Steps applied.
    Error error;
    std::vector<BrokenLink> links{};
};
/// The answer to a freeze: nothing is computed and no link is left.
struct MemberFrozen {
    Step stepsApplied = 0;
    /// The last membership whose start was completed; 0: none, or its state had not come yet.
    MembershipNumber entered = 0;
    std::vector<ShardHeld> shards{};  ///< Of a server.
};
struct MemberFailed {
    Error error;
};
/// One more checkpoint is kept, or is not. From any thread; its key is filled in later.
struct MemberCheckpoint {
    CheckpointWritten written;
};
using MemberEvent = std::variant<MemberReady, MemberEntered, MemberProgress, MemberFinished, MemberBroken,
                                 MemberFrozen, MemberFailed, MemberCheckpoint, MemberCaughtUp>;

/// What a task does as a member of its run: training, or keeping parameters. Lives on the thread of its
/// MemberThread; only functions that say so belong to any thread. A membership that breaks ends nothing: what
/// it holds waits for the next seat.
class MemberWork {
public:
    struct Tools {
        const WorkerConfig& config;
        const JobSpec& job;
        std::shared_ptr<DiskFaults> disk;       ///< Whatever is written goes through it.
        std::function<void(MemberEvent)> tell;  ///< Any thread.
    };
    /// What it has before it takes its first seat.
    struct Prepared {
        RunPrepared prepared{};
        Step checkpointStep = 0;
        std::string checkpointProblem{};
    };
    /// A seat, and the links that come with it.
    struct Place {
        const EnterMembership& seat;
        std::size_t members = 1;
        /// Makes the links; on whichever thread is to own them, once.
        std::function<Result<std::unique_ptr<Mesh>>()> connect;
        /// How long a peer that sends nothing, over a link that works, is waited for.
        std::chrono::milliseconds idlePatience{};
    };
    /// Where it stands.
    struct Standing {
        Step stepsApplied = 0;
        bool hasState = true;  ///< False: a part of it at most, which is none.
        std::vector<ShardHeld> shards{};
    };

    virtual ~MemberWork() = default;

    virtual Result<Prepared> prepare(Tools tools) = 0;

    /// Takes a seat. Interrupted or Unavailable when the membership broke meanwhile.
    virtual Result<void> enter(const Place& place) = 0;
    /// Does its part until the membership has come to its end; then the links stay. Interrupted or
    /// Unavailable when it broke; any other error is this member's own.
    virtual Result<void> follow(const Place& place) = 0;
    /// Drops the links.
    virtual void leave() = 0;
    virtual Standing standing() const = 0;

    /// Ends every membership up to this number: enter() and follow() fail with Interrupted. Any thread.
    virtual void interrupt(MembershipNumber through) = 0;
    /// All members are to end together. Any thread.
    virtual void requestStop() = 0;
    /// Any thread.
    virtual WorkerMachine::Progress progress() const = 0;
};

}  // namespace longship
