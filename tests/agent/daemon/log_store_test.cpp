#include "agent/daemon/log_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "core/base/files.h"
#include "tests/support/small_files.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

LogWrite entries(LogIndex first, std::size_t count, std::string payload = "some bytes") {
    LogWrite write;
    for (std::size_t i = 0; i < count; ++i) {
        write.entries.push_back({first + i, 3, EntryKind::Payload, payload, {}});
    }
    return write;
}

class LogStoreTest : public testing::Test {
protected:
    std::unique_ptr<LogStore> open() {
        auto store = LogStore::open(path);
        EXPECT_TRUE(store.has_value()) << store.error().text;
        return store ? std::move(*store) : nullptr;
    }
    /// Five records after the one that a new file begins with, and where each ends.
    std::vector<std::uint64_t> fill() {
        const auto store = open();
        std::vector<std::uint64_t> ends{std::filesystem::file_size(path)};
        LogWrite ballot;
        ballot.identity = {77, 88};
        ballot.ballot = {3, NodeId("node-b")};
        EXPECT_TRUE(store->write({ballot}));
        ends.push_back(std::filesystem::file_size(path));
        for (LogIndex index = 1; index <= 4; ++index) {
            EXPECT_TRUE(store->write({entries(index, 1)}));
            ends.push_back(std::filesystem::file_size(path));
        }
        return ends;
    }
    std::size_t putAside() const {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
            count += entry.path().string().find(".damaged-") != std::string::npos ? 1 : 0;
        }
        return count;
    }

    test::TempFolder folder;
    const std::filesystem::path path = folder.path() / "log";
};

TEST_F(LogStoreTest, keepsWhatWasWritten) {
    EXPECT_EQ(open()->log(), StoredLog()) << "a new disk";
    fill();
    const auto store = open();
    EXPECT_EQ(store->notice(), "");
    EXPECT_EQ(store->log().incarnation, 88U);
    EXPECT_EQ(store->log().votedFor, NodeId("node-b"));
    EXPECT_EQ(store->log().entries.size(), 4U);
    LogWrite change;
    change.truncateAfter = 2;
    change.entries = entries(3, 2, "others").entries;
    ASSERT_TRUE(store->write({change}));
    EXPECT_EQ(open()->log(), store->log());
}

TEST_F(LogStoreTest, whatAPowerCutLeftIsDroppedAndTheRestIsKept) {
    const std::vector<std::uint64_t> ends = fill();
    const std::string whole = readFile(path).value();
    std::set<std::uint64_t> lengths(ends.begin(), ends.end());
    for (std::uint64_t length = ends.front(); length <= whole.size(); length += 23) {
        lengths.insert(length);  // Each write waits for the disk: not every byte.
    }
    for (const std::uint64_t length : lengths) {
        ASSERT_TRUE(writeFileAtomically(path, whole.substr(0, length)));
        const auto store = open();
        const auto records = std::upper_bound(ends.begin(), ends.end(), length) - ends.begin();
        ASSERT_EQ(store->log().entries.size(), static_cast<std::size_t>(std::max(records - 2, 0L))) << length;
        const bool torn = std::find(ends.begin(), ends.end(), length) == ends.end();
        ASSERT_EQ(store->notice().empty(), !torn) << store->notice();
        ASSERT_TRUE(store->write({entries(store->log().entries.size() + 1, 1)}));
        ASSERT_EQ(open()->log(), store->log()) << "and it can go on";
    }
    EXPECT_EQ(putAside(), 0U);
}

TEST_F(LogStoreTest, aDamagedMiddleMeansThatTheDiskIsLost) {
    const std::vector<std::uint64_t> ends = fill();
    const std::string whole = readFile(path).value();
    std::size_t lost = 0;
    for (std::uint64_t at = 0; at < ends[4]; at += 13) {  // Not of the last record.
        std::string bytes = whole;
        bytes[at] ^= static_cast<char>(1U << (at % 8));
        ASSERT_TRUE(writeFileAtomically(path, bytes));
        const auto store = open();
        ASSERT_EQ(store->log(), StoredLog()) << "byte " << at;
        ASSERT_NE(store->notice().find("put aside"), std::string::npos);
        ++lost;
    }
    EXPECT_GT(lost, 40U);
    EXPECT_GT(putAside(), 0U);
}

TEST_F(LogStoreTest, aMissingRecordIsNoticed) {
    const std::vector<std::uint64_t> ends = fill();
    const std::string whole = readFile(path).value();
    ASSERT_TRUE(writeFileAtomically(path, whole.substr(0, ends[1]) + whole.substr(ends[2])));
    EXPECT_EQ(open()->log(), StoredLog());
    EXPECT_EQ(putAside(), 1U);
}

TEST_F(LogStoreTest, theFileIsRewrittenWhenMostOfItIsDead) {
    const auto store = open();
    const std::string payload(std::size_t{1} << 20, 'x');
    for (LogIndex index = 1; index <= 12; ++index) {
        ASSERT_TRUE(store->write({entries(index, 1, payload)}));
        LogWrite base;
        base.base = LogSnapshot{index, 3, {}, "state"};
        ASSERT_TRUE(store->write({base}));
    }
    EXPECT_LT(std::filesystem::file_size(path), LogStore::kDeadBytesMax + (std::size_t{3} << 20));
    EXPECT_EQ(open()->log(), store->log());
    EXPECT_EQ(store->log().base.index, 12U);
}

TEST_F(LogStoreTest, severalChangesAreOneWrite) {
    const auto store = open();
    LogWrite truncation;
    truncation.truncateAfter = 2;
    ASSERT_TRUE(store->write({entries(1, 3), truncation, entries(3, 2, "others")}));
    EXPECT_EQ(store->log().entries.size(), 4U);
    EXPECT_EQ(open()->log(), store->log());
}

TEST_F(LogStoreTest, afterADiskThatRefusedTheLogIsWrittenAnew) {
    const auto store = open();
    ASSERT_TRUE(store->write({entries(1, 1)}));
    {
        const test::SmallFiles small(std::filesystem::file_size(path) + 50);
        const auto full = store->write({entries(2, 1)});
        ASSERT_FALSE(full.has_value());
        EXPECT_EQ(full.error().kind, ErrorKind::Io);
        EXPECT_FALSE(store->write({entries(3, 1, std::string(1000, 'x'))})) << "there is no more room";
        EXPECT_EQ(open()->log().entries.size(), 1U) << "a start meanwhile drops the torn record";
    }
    ASSERT_TRUE(store->write({}));
    ASSERT_TRUE(store->write({entries(4, 1)}));
    EXPECT_EQ(store->log().entries.size(), 4U);
    EXPECT_EQ(open()->log(), store->log());
}

TEST_F(LogStoreTest, aChangeThatDoesNotFitIsFinal) {
    const auto store = open();
    const auto gap = store->write({entries(5, 1)});
    ASSERT_FALSE(gap.has_value());
    EXPECT_EQ(gap.error().kind, ErrorKind::Internal);
    EXPECT_FALSE(store->write({entries(1, 1)}).has_value());
}

}  // namespace
}  // namespace longship
