#include "core/training/entry_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/training/byte_stream.h"

namespace longship {
namespace {

constexpr std::uint32_t kRecordVersion = 2;
constexpr std::size_t kHashSizeMax = 64;
constexpr std::uint64_t kMembersMax = 4096;

void write(ByteWriter& writer, const StepTiming& timing) {
    writer.write(timing.computeMs).write(timing.waitMs).write(timing.totalMs);
}

bool read(ByteReader& reader, StepTiming& timing) {
    return reader.read(timing.computeMs) && reader.read(timing.waitMs) && reader.read(timing.totalMs);
}

void write(ByteWriter& writer, const StepRow& row) {
    writer.write(row.key.membership).write(row.key.step).write(row.epoch).write(row.appliedAt.microseconds);
    writer.write(row.loss).write(row.correct).write(row.durationMs);
    writer.write(row.digest.low).write(row.digest.high).write(row.digest.count).write(row.parameterHash);
    writer.write(std::uint64_t{row.members.size()});
    for (const MemberTiming& member : row.members) {
        writer.write(member.rank).write(member.computeMs).write(member.waitMs).write(member.totalMs);
    }
}

bool read(ByteReader& reader, StepRow& row) {
    std::uint64_t members = 0;
    bool good = reader.read(row.key.membership) && reader.read(row.key.step) && reader.read(row.epoch) &&
                reader.read(row.appliedAt.microseconds) && reader.read(row.loss) &&
                reader.read(row.correct) && reader.read(row.durationMs) && reader.read(row.digest.low) &&
                reader.read(row.digest.high) && reader.read(row.digest.count) &&
                reader.read(row.parameterHash, kHashSizeMax) && reader.read(members) &&
                members <= kMembersMax;
    for (std::uint64_t i = 0; good && i < members; ++i) {
        MemberTiming member;
        good = reader.read(member.rank) && reader.read(member.computeMs) && reader.read(member.waitMs) &&
               reader.read(member.totalMs);
        row.members.push_back(member);
    }
    return good;
}

void write(ByteWriter& writer, const RowTail& tail) {
    writer.write(std::uint8_t{tail.pending.has_value()});
    if (tail.pending) {
        write(writer, tail.pending->row);
        writer.write(tail.pending->rank);
        write(writer, tail.pending->timing);
    }
    writer.write(std::uint8_t(tail.complete.size()));
    for (const StepRow& row : tail.complete) {
        write(writer, row);
    }
    writer.write(std::uint8_t{tail.evaluation.has_value()});
    if (const auto& evaluation = tail.evaluation) {
        writer.write(evaluation->step).write(evaluation->epoch).write(evaluation->loss);
        writer.write(evaluation->correct).write(evaluation->samples);
    }
}

bool read(ByteReader& reader, RowTail& tail) {
    std::uint8_t count = 0;
    bool good = reader.read(count) && count <= 1;
    if (good && count == 1) {
        PendingRow& pending = tail.pending.emplace();
        good = read(reader, pending.row) && reader.read(pending.rank) && read(reader, pending.timing);
    }
    good = good && reader.read(count) && count <= RowTail::kCompleteMax;
    for (std::uint8_t i = 0; good && i < count; ++i) {
        good = read(reader, tail.complete.emplace_back());
    }
    good = good && reader.read(count) && count <= 1;
    if (good && count == 1) {
        EvaluationFinished& evaluation = tail.evaluation.emplace();
        good = reader.read(evaluation.step) && reader.read(evaluation.epoch) &&
               reader.read(evaluation.loss) && reader.read(evaluation.correct) &&
               reader.read(evaluation.samples);
    }
    return good;
}

Result<void> checkPlans(std::span<const EntryRecord> records) {
    std::vector<std::string> plans;
    for (const EntryRecord& record : records) {
        plans.push_back(record.planHash);
    }
    if (const std::string ranks = namesOfDissenters(plans); !ranks.empty()) {
        return failure(
            ErrorKind::Corrupt,
            fmt::format("The plan of {} differs from that of the other members. Job, data, model and "
                        "version must be the same on all nodes.",
                        ranks));
    }
    return {};
}

}  // namespace

std::vector<std::byte> encode(const EntryRecord& record) {
    ByteWriter writer;
    writer.write(kRecordVersion).write(record.planHash).write(record.stepsApplied);
    writer.write(std::uint8_t{record.stopped}).write(record.samplesApplied);
    writer.write(std::uint8_t{record.follows}).write(record.copied);
    write(writer, record.tail);
    return writer.take();
}

Result<EntryRecord> decodeEntryRecord(std::span<const std::byte> bytes) {
    ByteReader reader(bytes);
    EntryRecord record;
    std::uint32_t version = 0;
    std::uint8_t stopped = 0;
    std::uint8_t follows = 0;
    const bool good = reader.read(version) && version == kRecordVersion &&
                      reader.read(record.planHash, kHashSizeMax) && reader.read(record.stepsApplied) &&
                      reader.read(stopped) && stopped <= 1 && reader.read(record.samplesApplied) &&
                      reader.read(follows) && follows <= 1 && reader.read(record.copied) &&
                      read(reader, record.tail) && reader.complete();
    if (!good) {
        return failure(
            ErrorKind::Corrupt,
            fmt::format("An entry record of {} bytes (version {}) does not have the expected format.",
                        bytes.size(), version));
    }
    record.stopped = stopped == 1;
    record.follows = follows == 1;
    return record;
}

bool EntryDecision::somebodyLacks() const {
    return std::ranges::find(lacks, true) != lacks.end();
}

Result<EntryDecision> decideOnEntry(const std::vector<std::vector<std::byte>>& gathered,
                                    const TrainingSeat& seat) {
    std::vector<EntryRecord> records;
    for (std::size_t rank = 0; rank < gathered.size(); ++rank) {
        auto record = decodeEntryRecord(gathered[rank]);
        if (!record) {
            return failure(record.error().within(fmt::format("rank {}", rank)));
        }
        records.push_back(std::move(*record));
    }
    LONGSHIP_TRY(checkPlans(records));
    EntryDecision decision;
    bool somebodyLacked = false;
    for (std::size_t rank = 0; rank < records.size(); ++rank) {
        const EntryRecord& record = records[rank];
        const bool counts = seat.hasState.empty() || seat.hasState[rank];
        if (counts && record.stepsApplied > seat.baseStep) {
            return failure(ErrorKind::Refused,
                           fmt::format("Membership {} begins at step {}, but rank {} has applied {} steps.",
                                       seat.membership, seat.baseStep, rank, record.stepsApplied));
        }
        const bool holds =
            record.stepsApplied == seat.baseStep && (counts || seat.baseStep == 0) && !record.follows;
        decision.lacks.push_back(!holds);
        if (!holds) {
            const bool level = record.follows && record.stepsApplied == seat.baseStep;
            const std::size_t has = level ? static_cast<std::size_t>(record.copied) : 0;
            decision.copied = somebodyLacked ? std::min(decision.copied, has) : has;
            somebodyLacked = true;
            continue;
        }
        if (decision.tails.empty()) {
            decision.source = static_cast<Rank>(rank);
            decision.samplesApplied = record.samplesApplied;
        }
        decision.stopped = decision.stopped || record.stopped;
        decision.tails.push_back(record.tail);
    }
    if (decision.tails.empty()) {
        return failure(
            ErrorKind::Refused,
            fmt::format("Membership {} begins at step {}, but no member has the state of that step.",
                        seat.membership, seat.baseStep));
    }
    return decision;
}

}  // namespace longship
