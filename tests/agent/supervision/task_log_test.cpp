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
    EXPECT_TRUE(text.starts_with("(earlier lines were dropped)\nline ")) << text.substr(0, 60);
    EXPECT_TRUE(text.ends_with("line 19999\nafter\n"));
}

}  // namespace
}  // namespace longship
