#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/domain/sample_digest.h"
#include "core/domain/step_row.h"

namespace longship {

/// Where one member's time of a step went, in milliseconds of its own clock.
struct StepTiming {
    double computeMs = 0;
    double waitMs = 0;
    double totalMs = 0;

    bool operator==(const StepTiming&) const = default;
};

enum class RecordKind : std::uint8_t {
    Update = 1,      ///< One optimizer update.
    Evaluation = 2,  ///< Opens an evaluation: no samples; makes the last step final.
    Closing = 3      ///< The empty step that ends a run.
};

/// What a member says of one point of the run; all members' records are gathered once a step. It is sent
/// while backward still computes, so what is known only at the end of a step (times, the parameters' hash)
/// rides in the next record: a step's row is complete exactly when the step is final.
struct StepRecord {
    RecordKind kind = RecordKind::Update;
    Step step = 0;             ///< Steps applied before this point.
    SampleDigest digest;       ///< Of the samples this member read for the step.
    std::int64_t lossSum = 0;  ///< Fixed point, kLossBits.
    bool lossGood = true;      ///< False when the loss is not finite or too large.
    std::uint64_t correct = 0;
    bool stop = false;  ///< This member was asked to stop after this point.
    /// The state was still being copied to this member after the previous step: it has no hash to compare.
    bool follows = false;
    std::uint64_t nextPiece = 0;  ///< At the source of such a copy: elements of the next step's piece.
    StepTiming previousTiming;
    UtcTime
        previousAppliedAt;  ///< When it had applied the previous step; the lowest rank's goes into the row.
    std::string previousHash;  ///< After the previous step; empty when it is not due.

    bool operator==(const StepRecord&) const = default;
};

std::vector<std::byte> encode(const StepRecord& record);
/// Corrupt when the bytes are no record.
Result<StepRecord> decodeStepRecord(std::span<const std::byte> bytes);

/// The records of all ranks, decoded and checked: the same point everywhere (else Corrupt, naming the rank
/// that is elsewhere) and the same parameter hash everywhere (else Corrupt, naming the ranks that differ from
/// the most frequent hash).
Result<std::vector<StepRecord>> agreeOnRecords(const std::vector<std::vector<std::byte>>& gathered,
                                               RecordKind kind, Step step);

/// "ranks 1 and 3" or "rank 1": those whose value is not the most frequent one; empty when all agree.
std::string namesOfDissenters(std::span<const std::string> valuesByRank);

}  // namespace longship
