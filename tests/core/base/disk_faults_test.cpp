#include "core/base/disk_faults.h"

#include <gtest/gtest.h>

#include "core/base/files.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

using namespace std::chrono_literals;

TEST(DiskFaults, AFullDiskRefusesInTheWordsOfOneAndHealsByItself) {
    const test::TempFolder folder;
    const auto path = folder.path() / "a.txt";
    DiskFaults faults;
    ASSERT_TRUE(writeFileAtomically(path, "one", FileAccess::Shared, &faults));
    faults.fill(BootClock::now() + 1h);
    const auto refused = writeFileAtomically(path, "two", FileAccess::Shared, &faults);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Exhausted);
    EXPECT_NE(refused.error().text.find("No space left on device"), std::string::npos)
        << refused.error().text;
    EXPECT_EQ(readFile(path).value(), "one");
    faults.fill(BootClock::now() - 1ms);
    EXPECT_TRUE(writeFileAtomically(path, "two", FileAccess::Shared, &faults));
}

}  // namespace
}  // namespace longship
