#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace longship {

/// Every place at which a test can end a process as kill -9 does. In a build without LONGSHIP_FAILPOINTS
/// (CMake option, off in releases) the macro below is nothing at all.
enum class Failpoint : std::uint8_t {
    // Worker, from its start to its end.
    ReadyUntold,           ///< Data loaded, port bound; nobody knows.
    SeatTaken,             ///< It has its seat; no link is made yet.
    MeshMade,              ///< All links stand; states are not compared.
    StateHalfGiven,        ///< In the middle of giving its state to members that lack it.
    StateHalfReceived,     ///< In the middle of receiving it.
    EnteredUntold,         ///< It is in the membership; nobody was told.
    StepComputed,          ///< Gradients are computed, their sums are under way.
    SumHalfDone,           ///< Some of the others' terms came.
    StepReduced,           ///< All sums are there, nothing is applied.
    StepApplied,           ///< Applied; the others may be a step behind.
    RowsUntold,            ///< Rows are final; the agent was not told.
    EvaluationUncombined,  ///< Its share is evaluated; the others' is missing.
    FrozenUntold,          ///< It is at rest; the answer to Freeze was not sent.
    ModelUntold,           ///< The model is saved; nobody was told.
    CheckpointUntold,      ///< A checkpoint is on the disk; nobody was told.
    // Server.
    ShardHalfFilled,    ///< Some chunks of a shard that it was to host came.
    ShardReadyUntold,   ///< It has all that it is to host; nobody was told.
    ShardSummed,        ///< A chunk's gradient is summed; its backup knows nothing of it.
    ShardForwarded,     ///< The backup was sent the sum; here nothing is applied.
    ShardBackedUp,      ///< The backup has applied it; the primary was not told.
    ShardAcknowledged,  ///< The primary was told; no worker got the new parameters.
    ShardServed,        ///< One worker got them.
    // Agent.
    WorkerStarted,   ///< The process runs; nothing was noted.
    EventsUnstored,  ///< Decided by the leader, not on its disk.
    EventsUntold,    ///< On the disk; nobody was told.
    FreezeUnsent,    ///< The order to freeze, on its way to a worker.
    FrozenUnsent,    ///< A worker's answer, on its way to the leader.
    SeatUnsent,      ///< An order to enter, on its way to a worker.
    EnteredUnsent,   ///< A worker's MembershipEntered, on its way to the leader.
    Count
};

/// "step-applied" …: also the name of the file that arms it.
std::string_view toString(Failpoint point);

/// Points are armed by a file of their name in this folder: the first process that removes it dies. Mains set
/// the folder once, before there is a second thread; without one no point does anything.
void setFailpointFolder(std::filesystem::path folder);
void passFailpoint(Failpoint point);
/// A batch that kills: whoever computes the step whose number the file "poison" in that folder holds dies,
/// each time.
void passPoison(std::uint64_t step);

}  // namespace longship

#ifdef LONGSHIP_FAILPOINTS
#define LONGSHIP_FAILPOINT(point) (::longship::passFailpoint(::longship::Failpoint::point))
#define LONGSHIP_POISON(step) (::longship::passPoison(step))
#else
#define LONGSHIP_FAILPOINT(point) (static_cast<void>(0))
#define LONGSHIP_POISON(step) (static_cast<void>(0))
#endif
