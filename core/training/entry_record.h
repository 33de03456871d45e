#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/training/row_journal.h"
#include "core/training/trainer.h"

namespace longship {

/// What a member says of itself when it enters a membership; all members' records are gathered.
struct EntryRecord {
    std::string planHash;  ///< Of everything that must be the same on all members.
    Step stepsApplied = 0;
    bool stopped = false;  ///< It applied a step that the members agreed to be the last.
    std::uint64_t samplesApplied = 0;
    /// It has no state of its own: that of an earlier membership was being copied to it, and `copied`
    /// elements had come, which have been level with the steps applied since.
    bool follows = false;
    std::uint64_t copied = 0;
    RowTail tail;

    bool operator==(const EntryRecord&) const = default;
};

std::vector<std::byte> encode(const EntryRecord& record);
/// Corrupt when the bytes are no record.
Result<EntryRecord> decodeEntryRecord(std::span<const std::byte> bytes);

/// What the records of all members say together: the same on every member.
struct EntryDecision {
    std::vector<bool> lacks;  ///< By rank: who has to be given the state.
    Rank source = 0;          ///< The lowest rank that has it.
    std::size_t copied = 0;   ///< Elements that all who lack it have of it already.
    bool stopped = false;
    std::uint64_t samplesApplied = 0;
    std::vector<RowTail> tails;  ///< Of those who have the state, by rank.

    bool somebodyLacks() const;
};

/// A member has the state when it has applied exactly the base's steps and the seat says that its state
/// counts. At step 0 everybody has it: it is a pure function of the job. Corrupt when a record is unreadable
/// or plans differ; Refused when nobody has the state, or one whose state counts has applied more.
Result<EntryDecision> decideOnEntry(const std::vector<std::vector<std::byte>>& gathered,
                                    const TrainingSeat& seat);

}  // namespace longship
