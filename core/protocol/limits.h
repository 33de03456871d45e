#pragma once

#include <cstddef>
#include <cstdint>

/// The maxima of the control plane in one place, and what happens when one is reached.
namespace longship {

// --- Sizes inside a control message. A message beyond them is refused by decode() as Corrupt.

/// Ids, names, endpoints, keys, versions, hashes, tokens: bytes.
inline constexpr std::size_t kNameBytesMax = 512;
/// Sentences and log tails: bytes. encode() shortens longer ones, a log from its front.
inline constexpr std::size_t kTextBytesMax = std::size_t{64} << 10;
/// A job file: bytes. Coordinator::submit refuses a longer one.
inline constexpr std::size_t kJobBytesMax = std::size_t{256} << 10;
/// One event body as JSON: bytes.
inline constexpr std::size_t kEventBytesMax = std::size_t{2} << 20;
/// Payload of a FetchAnswer: bytes.
inline constexpr std::size_t kFetchBytesMax = std::size_t{4} << 20;
/// Elements of any list (nodes, tasks, seats, class names, rows, events) in one message.
inline constexpr std::size_t kListLengthMax = std::size_t{64} << 10;

// --- The replicated log (replicated_log.h).

/// Bytes of one entry; propose() refuses a longer one.
inline constexpr std::size_t kLogEntryBytesMax = std::size_t{3} << 20;
/// Entries and bytes of one AppendEntries; one larger entry still goes alone.
inline constexpr std::size_t kAppendEntriesMax = 64;
inline constexpr std::size_t kAppendBytesMax = std::size_t{1} << 20;
/// Entries that are not committed yet; propose() refuses beyond that.
inline constexpr std::size_t kUncommittedEntriesMax = 1024;
/// Bytes of entries in memory; propose() refuses beyond that. compactionDue() is true long before.
inline constexpr std::size_t kLogBytesMax = std::size_t{64} << 20;
inline constexpr std::size_t kLogBytesUntilCompaction = std::size_t{8} << 20;
/// Bytes of a snapshot's state; compact() refuses a longer one.
inline constexpr std::size_t kSnapshotBytesMax = std::size_t{6} << 20;
/// Bytes of the runs' events in it; beyond that the register leaves out what is least needed.
inline constexpr std::size_t kRegisterBytesWanted = std::size_t{2} << 20;
/// Bytes of the changes that the coordinator makes at once; more go into several log entries.
inline constexpr std::size_t kChangeBytesWanted = std::size_t{1} << 20;

// --- The cluster.

/// Nodes of one cluster, the leader included.
inline constexpr std::size_t kNodesMax = 64;
/// Runs that hold tasks at the same time; more wait in the queue.
inline constexpr std::size_t kActiveRunsMax = 8;
/// Runs that wait; submit refuses beyond that.
inline constexpr std::size_t kQueuedRunsMax = 100;
/// Bytes of the jobs of all unfinished runs; submit refuses beyond that.
inline constexpr std::size_t kUnfinishedJobBytesMax = std::size_t{1} << 20;
/// Finished runs that the coordinator keeps in memory; older ones are in the history only.
inline constexpr std::size_t kFinishedRunsMax = 200;
/// Ended tasks that an agent remembers, so that a late order does not start one again; the oldest is
/// forgotten.
inline constexpr std::size_t kDepartedTasksMax = 4096;
/// Commands whose answers are remembered, per client, and clients remembered; the oldest is forgotten.
inline constexpr std::size_t kCommandsPerClientMax = 16;
inline constexpr std::size_t kCommandClientsMax = 256;
/// Bytes of the sentence that is remembered of a refused command; longer ones are shortened.
inline constexpr std::size_t kCommandErrorBytesMax = 512;

}  // namespace longship
