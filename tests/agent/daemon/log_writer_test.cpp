#include "agent/daemon/log_writer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>

#include "tests/support/small_files.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

using namespace std::chrono_literals;

LogWriter::Write entry(LogIndex index, std::string payload = "some bytes") {
    LogWriter::Write write;
    write.number = index;
    write.change.entries.push_back({index, 3, EntryKind::Payload, std::move(payload), {}});
    return write;
}

class LogWriterTest : public testing::Test {
protected:
    std::unique_ptr<LogWriter> open() {
        auto writer = LogWriter::open(path, [this] {
            const std::lock_guard lock(mutex);
            ++wakes;
            woken.notify_all();
        });
        EXPECT_TRUE(writer) << writer.error().text;
        return writer ? std::move(*writer) : nullptr;
    }
    bool waitUntil(const std::function<bool()>& condition) {
        std::unique_lock lock(mutex);
        return woken.wait_for(lock, 20s, condition);
    }

    test::TempFolder folder;
    const std::filesystem::path path = folder.path() / "log";
    std::mutex mutex;
    std::condition_variable woken;
    int wakes = 0;
};

TEST_F(LogWriterTest, tellsWhenItIsDurable) {
    const auto writer = open();
    EXPECT_EQ(writer->written(), 0U);
    for (LogIndex index = 1; index <= 20; ++index) {
        writer->write(entry(index));
    }
    EXPECT_TRUE(waitUntil([&] { return writer->written() == 20; }));
    EXPECT_EQ(writer->problem(BootClock::now() + 1h), "") << "nothing waits";
    EXPECT_EQ(LogStore::open(path).value()->log().entries.size(), 20U);
}

TEST_F(LogWriterTest, whatIsQueuedIsWrittenAtTheEnd) {
    {
        const auto writer = open();
        writer->write(entry(1));
        writer->write(entry(2));
    }
    EXPECT_EQ(open()->found().entries.size(), 2U);
}

TEST_F(LogWriterTest, aDiskThatRefusesIsTriedAgain) {
    const auto writer = open();
    {
        const test::SmallFiles small(std::filesystem::file_size(path) + 50);
        writer->write(entry(1));
        ASSERT_TRUE(waitUntil([&] { return !writer->problem(BootClock::now()).empty(); }));
        EXPECT_NE(writer->problem(BootClock::now()).find(path.string()), std::string::npos);
        writer->write(entry(2));
        EXPECT_EQ(writer->written(), 0U);
    }
    EXPECT_TRUE(waitUntil([&] { return writer->written() == 2; }));
    EXPECT_EQ(writer->problem(BootClock::now()), "");
    EXPECT_EQ(LogStore::open(path).value()->log().entries.size(), 2U);
}

TEST_F(LogWriterTest, aDiskThatDoesNotAnswerIsNamed) {
    // Its thread comes back from the first write and is then held up, as by a disk that is stuck.
    std::promise<void> stuck;
    std::promise<void> holding;
    bool first = true;
    auto writer = LogWriter::open(path, [&] {
        if (std::exchange(first, false)) {
            holding.set_value();
            stuck.get_future().wait();
        }
    });
    ASSERT_TRUE(writer);
    (*writer)->write(entry(1));
    ASSERT_EQ(holding.get_future().wait_for(20s), std::future_status::ready);
    (*writer)->write(entry(2));
    EXPECT_EQ((*writer)->problem(BootClock::now()), "");
    const std::string problem = (*writer)->problem(BootClock::now() + 5s);
    EXPECT_NE(problem.find("does not answer"), std::string::npos) << problem;
    EXPECT_EQ((*writer)->written(), 1U);
    stuck.set_value();
}

}  // namespace
}  // namespace longship
