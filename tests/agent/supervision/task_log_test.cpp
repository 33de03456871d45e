#include "agent/supervision/task_log.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/files.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

TEST(TaskLog, TheTailBeginsWithAWholeLine) {
    const test::TempFolder folder;
    const auto log = folder.path() / "log";
    EXPECT_EQ(tailOf(log), "") << "there is no log yet";
    std::ofstream(log) << "first line\nsecond\nthird\n";
    EXPECT_EQ(tailOf(log), "first line\nsecond\nthird\n");
    EXPECT_EQ(tailOf(log, 10), "third\n");
    EXPECT_EQ(tailOf(log, 3), "") << "not even one whole line";
    std::ofstream(log, std::ios::trunc) << std::string(100, 'x');
    EXPECT_EQ(tailOf(log, 10), std::string(10, 'x'));
}

TEST(TaskLog, ALongLogLosesItsFrontWhileItsWriterGoesOn) {
    const test::TempFolder folder;
    const auto log = folder.path() / "log";
    std::ofstream writer(log, std::ios::app);
    for (int i = 0; i < 20'000; ++i) {
        writer << "line " << i << "\n";
    }
    writer.flush();
    trimLog(log, 1'000'000);
    EXPECT_TRUE(readFile(log).value().starts_with("line 0\n")) << "it is not too long";
    trimLog(log, 100'000);
    EXPECT_LT(std::filesystem::file_size(log), 70'000u);
    writer << "after\n" << std::flush;
    const std::string text = readFile(log).value();
    const std::size_t number = text.find(" earlier bytes were dropped)\nline ");
    ASSERT_NE(number, std::string::npos) << text.substr(0, 60);
    EXPECT_EQ(text.front(), '(');
    EXPECT_TRUE(text.ends_with("line 19999\nafter\n"));
}

std::string linesOf(int from, int to) {
    std::string lines;
    for (int i = from; i < to; ++i) {
        lines += "line " + std::to_string(i) + "\n";
    }
    return lines;
}

void write(const std::filesystem::path& log, const std::string& text) {
    std::ofstream(log, std::ios::app) << text;
}

TEST(TaskLog, PlacesInALogStayWhereTheyAreWhenItsFrontIsDropped) {
    const test::TempFolder folder;
    const auto log = folder.path() / "log";
    EXPECT_FALSE(endOfLog(log) || readLog(log, 0)) << "there is no log";
    const std::string all = linesOf(0, 20'000);
    write(log, all);
    EXPECT_EQ(endOfLog(log), all.size());
    for (int round = 0; round < 3; ++round) {
        trimLog(log, 1'000);
        EXPECT_EQ(endOfLog(log), all.size());
        const auto end = readLog(log, all.size() - 11);
        ASSERT_TRUE(end);
        EXPECT_EQ(end->begin, all.size() - 11);
        EXPECT_EQ(end->bytes, "line 19999\n");
    }
    EXPECT_FALSE(readLog(log, all.size()));
    const auto tail = readLog(log, 5);
    ASSERT_TRUE(tail);
    EXPECT_EQ(tail->end(), all.size());
    EXPECT_EQ(tail->bytes, all.substr(tail->begin));
    EXPECT_TRUE(tail->bytes.starts_with("line ")) << "whole lines";
    const auto anew = readLog(log, all.size() + 1);
    ASSERT_TRUE(anew) << "the log is another one than the reader knew";
    EXPECT_EQ(anew->end(), all.size());
}

TEST(TaskLog, ACopyFollowsItsLogAndStaysSmall) {
    const test::TempFolder folder;
    const auto log = folder.path() / "log";
    const auto copy = folder.path() / "copy";
    std::string all;
    for (int round = 0; round < 40; ++round) {
        const std::string more = linesOf(round * 1'000, (round + 1) * 1'000);
        write(log, more);
        all += more;
        trimLog(log, 100'000);
        const auto part = readLog(log, endOfLog(copy).value_or(0));
        ASSERT_TRUE(part);
        ASSERT_TRUE(appendLog(copy, *part));
        EXPECT_EQ(endOfLog(copy), all.size());
        EXPECT_LT(std::filesystem::file_size(copy), 2 * kLogTailBytesMax + 100);
    }
    const auto kept = readLog(copy, 0);
    ASSERT_TRUE(kept);
    EXPECT_GT(kept->bytes.size(), kLogTailBytesMax / 2);
    EXPECT_EQ(kept->bytes, all.substr(kept->begin));
}

TEST(TaskLog, ALineThatOnlyLooksLikeADroppedFrontIsText) {
    const test::TempFolder folder;
    const auto log = folder.path() / "log";
    write(log, "(many earlier bytes were dropped)\nx\n");
    EXPECT_EQ(endOfLog(log), 36u);
    EXPECT_EQ(readLog(log, 34)->bytes, "x\n");
}

}  // namespace
}  // namespace longship
