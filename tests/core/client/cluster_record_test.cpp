#include "core/client/cluster_record.h"

#include <gtest/gtest.h>

#include <future>

#include "core/client/file_lock.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

TEST(ClusterRecord, IsReadBackAsWritten) {
    const test::TempFolder folder;
    const ClusterFiles cluster{"demo", folder.path()};
    const ClusterRecord record{
        "demo", true, {{NodeId("node-a"), "tcp://127.0.0.1:1", "key"}, {NodeId("node-b"), "", ""}}};
    ASSERT_TRUE(writeClusterRecord(cluster, record));
    EXPECT_EQ(readClusterRecord(cluster).value(), record);
    EXPECT_FALSE(record.complete());
    const auto mode = std::filesystem::status(clusterRecordPath(cluster)).permissions();
    EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(ClusterRecord, DamagedFilesAreToldApart) {
    const test::TempFolder folder;
    const ClusterFiles cluster{"demo", folder.path()};
    EXPECT_EQ(readClusterRecord(cluster).error().kind, ErrorKind::NotFound);
    for (const char* text : {"", "[]", "{", "{\"format\":1}", "{\"format\":1,\"nodes\":[3]}",
                             "{\"format\":\"x\",\"nodes\":[]}"}) {
        ASSERT_TRUE(writeFileAtomically(clusterRecordPath(cluster), text));
        EXPECT_EQ(readClusterRecord(cluster).error().kind, ErrorKind::Corrupt) << text;
    }
    ASSERT_TRUE(writeFileAtomically(clusterRecordPath(cluster), "{\"format\":99,\"nodes\":[]}"));
    EXPECT_EQ(readClusterRecord(cluster).error().kind, ErrorKind::Refused);
}

TEST(ClusterRecord, TwoProgramsGetTheSameClientKey) {
    const test::TempFolder folder;
    const ClusterFiles cluster{"demo", folder.path() / "clusters" / "demo"};
    auto first = std::async(std::launch::async, [&] { return loadClientKey(cluster); });
    auto second = std::async(std::launch::async, [&] { return loadClientKey(cluster); });
    const auto one = first.get();
    const auto two = second.get();
    ASSERT_TRUE(one) << one.error().text;
    ASSERT_TRUE(two) << two.error().text;
    EXPECT_EQ(one->publicKey, two->publicKey);
}

TEST(PublishedEndpoint, NeedsEndpointKeyAndProcess) {
    const test::TempFolder folder;
    ASSERT_TRUE(writeFileAtomically(
        folder.path() / "endpoint",
        R"({"endpoint":"tcp://127.0.0.1:4","publicKey":"k","pid":7,"node":"node-a","version":"1"})"));
    const auto published = readPublishedEndpoint(folder.path());
    ASSERT_TRUE(published);
    EXPECT_EQ(published->pid, 7);
    EXPECT_EQ(published->entry, (RosterEntry{NodeId("node-a"), "tcp://127.0.0.1:4", "k"}));
    ASSERT_TRUE(writeFileAtomically(folder.path() / "endpoint", R"({"endpoint":"tcp://127.0.0.1:4"})"));
    EXPECT_FALSE(readPublishedEndpoint(folder.path()));
}

TEST(FileLock, IsWaitedForUntilTheHolderIsDone) {
    const test::TempFolder folder;
    const auto path = folder.path() / "lock";
    auto held = FileLock::take(path, std::chrono::seconds(1));
    ASSERT_TRUE(held);
    EXPECT_EQ(FileLock::take(path, std::chrono::milliseconds(0)).error().kind, ErrorKind::Unavailable);
    auto waiting = std::async(std::launch::async,
                              [&] { return FileLock::take(path, std::chrono::seconds(20)).has_value(); });
    EXPECT_EQ(waiting.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
    { const FileLock released = std::move(*held); }
    EXPECT_TRUE(waiting.get());
}

}  // namespace
}  // namespace longship
