#include "core/protocol/log_record.h"

#include <gtest/gtest.h>

#include "core/base/random.h"

namespace longship {
namespace {

LogWrite fullWrite() {
    LogWrite write;
    write.identity = {7, 8};
    write.ballot = {5, NodeId("node-b")};
    write.base = LogSnapshot{3, 2, {{{NodeId("node-a"), {8, 2}}}, {}}, std::string("state\0", 6)};
    write.truncateAfter = 4;
    write.entries = {
        {5, 5, EntryKind::Payload, std::string("\0\xff", 2), {}},
        {6, 5, EntryKind::Voting, {}, {{{NodeId("node-a"), {8, 1}}}, {{NodeId("node-b"), {9, 1}}}}}};
    return write;
}

Result<LogWrite> decodeText(const std::string& bytes) {
    return decodeRecord(std::as_bytes(std::span(bytes)));
}

TEST(LogRecord, comesBackAsItWas) {
    for (const LogWrite& write : {LogWrite(), fullWrite()}) {
        const auto back = decodeText(encodeRecord(write));
        ASSERT_TRUE(back.has_value()) << back.error().text;
        EXPECT_EQ(*back, write);
    }
    LogWrite zero;
    zero.truncateAfter = 0;
    EXPECT_EQ(decodeText(encodeRecord(zero)).value(), zero) << "absent is not zero";
}

TEST(LogRecord, damagedBytesAreRefusedAndNeverCrash) {
    const std::string whole = encodeRecord(fullWrite());
    for (std::size_t length = 0; length < 8; ++length) {
        EXPECT_FALSE(decodeText(whole.substr(0, length)).has_value());
    }
    SeededRandom random(1);
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes = whole.substr(0, random.below(whole.size() + 1));
        for (std::uint64_t flips = random.below(4); flips > 0 && !bytes.empty(); --flips) {
            bytes[random.below(bytes.size())] ^= static_cast<char>(1U << random.below(8));
        }
        static_cast<void>(decodeText(bytes));
    }
}

TEST(StoredLog, takesWritesThatFitAndRefusesAGap) {
    StoredLog log;
    LogWrite first;
    first.entries = {{1, 1, EntryKind::TermStart, {}, {}}, {2, 1, EntryKind::Payload, "x", {}}};
    ASSERT_TRUE(apply(first, log));
    LogWrite change;
    change.truncateAfter = 1;
    change.entries = {{2, 2, EntryKind::Payload, "y", {}}};
    ASSERT_TRUE(apply(change, log));
    EXPECT_EQ(log.entries.back().payload, "y");
    LogWrite base;
    base.base = LogSnapshot{2, 2, {}, "xy"};
    ASSERT_TRUE(apply(base, log));
    EXPECT_TRUE(log.entries.empty());
    LogWrite gap;
    gap.entries = {{4, 2, EntryKind::Payload, "z", {}}};
    EXPECT_FALSE(apply(gap, log));
}

}  // namespace
}  // namespace longship
