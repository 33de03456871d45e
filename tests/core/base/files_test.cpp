#include "core/base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_folder.h"

namespace longship {
namespace {

TEST(Files, AWrittenFileIsReadBack) {
    const test::TempFolder folder;
    const auto path = folder.path() / "a.txt";
    ASSERT_TRUE(writeFileAtomically(path, "one"));
    ASSERT_TRUE(writeFileAtomically(path, "two"));
    EXPECT_EQ(readFile(path).value(), "two");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1)
        << "no part files remain";
}

TEST(Files, OwnerOnlyFilesAreNotReadableByOthers) {
    const test::TempFolder folder;
    const auto path = folder.path() / "key";
    ASSERT_TRUE(writeFileAtomically(path, "secret", FileAccess::OwnerOnly));
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(Files, AMissingFileIsNamed) {
    const auto result = readFile("/nowhere/at-all");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::NotFound);
    EXPECT_NE(result.error().text.find("/nowhere/at-all"), std::string::npos);
}

TEST(Files, AFileAboveTheLimitIsRefused) {
    const test::TempFolder folder;
    const auto path = folder.path() / "big";
    ASSERT_TRUE(writeFileAtomically(path, std::string(100'000, 'x')));
    const auto result = readFile(path, 1'000);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::Exhausted);
}

}  // namespace
}  // namespace longship
