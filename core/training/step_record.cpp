#include "core/training/step_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/training/byte_stream.h"

namespace longship {
namespace {

constexpr std::uint32_t kRecordVersion = 3;
constexpr std::size_t kHashSizeMax = 64;

std::string_view nameOf(RecordKind kind) {
    switch (kind) {
        case RecordKind::Update: return "step";
        case RecordKind::Evaluation: return "the evaluation after step";
        case RecordKind::Closing: return "the end after step";
    }
    return "an unknown point at step";
}

}  // namespace

std::vector<std::byte> encode(const StepRecord& record) {
    ByteWriter writer;
    writer.write(kRecordVersion).write(record.kind).write(record.step);
    writer.write(record.digest.low).write(record.digest.high).write(record.digest.count);
    writer.write(record.lossSum).write(std::uint8_t{record.lossGood}).write(record.correct);
    writer.write(std::uint8_t{record.stop}).write(std::uint8_t{record.follows}).write(record.nextPiece);
    writer.write(record.previousTiming.computeMs).write(record.previousTiming.waitMs);
    writer.write(record.previousTiming.totalMs).write(record.previousAppliedAt.microseconds);
    writer.write(record.previousHash);
    return writer.take();
}

Result<StepRecord> decodeStepRecord(std::span<const std::byte> bytes) {
    ByteReader reader(bytes);
    StepRecord record;
    std::uint32_t version = 0;
    std::uint8_t lossGood = 0;
    std::uint8_t stop = 0;
    std::uint8_t follows = 0;
    reader.read(version);
    reader.read(record.kind);
    reader.read(record.step);
    reader.read(record.digest.low);
    reader.read(record.digest.high);
    reader.read(record.digest.count);
    reader.read(record.lossSum);
    reader.read(lossGood);
    reader.read(record.correct);
    reader.read(stop);
    reader.read(follows);
    reader.read(record.nextPiece);
    reader.read(record.previousTiming.computeMs);
    reader.read(record.previousTiming.waitMs);
    reader.read(record.previousTiming.totalMs);
    reader.read(record.previousAppliedAt.microseconds);
    reader.read(record.previousHash, kHashSizeMax);
    if (!reader.complete() || version != kRecordVersion || lossGood > 1 || stop > 1 || follows > 1) {
        return failure(
            ErrorKind::Corrupt,
            fmt::format("A step record of {} bytes (version {}) does not have the expected format.",
                        bytes.size(), version));
    }
    record.lossGood = lossGood == 1;
    record.stop = stop == 1;
    record.follows = follows == 1;
    return record;
}

std::string namesOfDissenters(std::span<const std::string> valuesByRank) {
    std::map<std::string, std::size_t> votes;
    for (const std::string& value : valuesByRank) {
        ++votes[value];
    }
    if (votes.size() <= 1) {
        return {};
    }
    // The most frequent value; of equally frequent ones that of the lowest rank.
    const auto most = std::max_element(
        valuesByRank.begin(), valuesByRank.end(),
        [&](const std::string& a, const std::string& b) { return votes.at(a) < votes.at(b); });
    std::vector<std::string> ranks;
    for (std::size_t rank = 0; rank < valuesByRank.size(); ++rank) {
        if (valuesByRank[rank] != *most) {
            ranks.push_back(std::to_string(rank));
        }
    }
    if (ranks.size() == 1) {
        return "rank " + ranks.front();
    }
    const std::string last = ranks.back();
    ranks.pop_back();
    return fmt::format("ranks {} and {}", fmt::join(ranks, ", "), last);
}

Result<std::vector<StepRecord>> agreeOnRecords(const std::vector<std::vector<std::byte>>& gathered,
                                               RecordKind kind, Step step) {
    std::vector<StepRecord> records;
    std::vector<std::string> hashes;
    for (std::size_t rank = 0; rank < gathered.size(); ++rank) {
        auto record = decodeStepRecord(gathered[rank]);
        if (!record) {
            return failure(record.error().within(fmt::format("rank {}", rank)));
        }
        if (record->kind != kind || record->step != step) {
            return failure(ErrorKind::Corrupt,
                           fmt::format("Rank {} is at {} {}, expected {} {} as on the other members.", rank,
                                       nameOf(record->kind), record->step, nameOf(kind), step));
        }
        hashes.push_back(record->previousHash);
        records.push_back(std::move(*record));
    }
    const auto holder = std::ranges::find_if(records, [](const auto& record) { return !record.follows; });
    for (std::size_t rank = 0; holder != records.end() && rank < records.size(); ++rank) {
        hashes[rank] = records[rank].follows ? holder->previousHash : hashes[rank];
    }
    if (const std::string ranks = namesOfDissenters(hashes); !ranks.empty()) {
        return failure(
            ErrorKind::Corrupt,
            fmt::format("The parameters of {} differ from those of the other members after step {}. "
                        "The members no longer train the same model; the hardware or the libraries "
                        "of that member may be at fault.",
                        ranks, step - 1));
    }
    return records;
}

}  // namespace longship
