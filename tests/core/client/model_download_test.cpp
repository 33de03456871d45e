#include "core/client/model_download.h"

#include <gtest/gtest.h>

#include <span>

#include "core/base/files.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

ModelSaved modelOf(const std::string& bytes) {
    return {NodeId("node-a"), bytes.size(), sha256Hex(std::as_bytes(std::span(bytes.data(), bytes.size())))};
}

TEST(ModelDownload, APartIsContinuedWhereItEnded) {
    const test::TempFolder folder;
    const std::string bytes = "0123456789";
    {
        auto download = ModelDownload::open(folder.path(), modelOf(bytes));
        ASSERT_TRUE(download) << download.error().text;
        ASSERT_TRUE((*download)->write("0123"));
    }
    auto download = ModelDownload::open(folder.path(), modelOf(bytes));
    ASSERT_TRUE(download);
    EXPECT_EQ((*download)->offset(), 4u);
    ASSERT_TRUE((*download)->write("456789"));
    ASSERT_TRUE((*download)->hasAll());
    ASSERT_TRUE((*download)->finish());
    EXPECT_EQ(readFile(folder.path() / kModelFileName).value(), bytes);
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "model.safetensors.part"));
}

TEST(ModelDownload, WrongBytesAreThrownAway) {
    const test::TempFolder folder;
    auto download = ModelDownload::open(folder.path(), modelOf("right"));
    ASSERT_TRUE(download);
    ASSERT_TRUE((*download)->write("wrong"));
    const auto finished = (*download)->finish();
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().kind, ErrorKind::Corrupt);
    EXPECT_FALSE(std::filesystem::exists(folder.path() / kModelFileName));
    download->reset();
    EXPECT_EQ(ModelDownload::open(folder.path(), modelOf("right")).value()->offset(), 0u);
}

TEST(ModelDownload, MoreBytesThanTheModelHasAreRefused) {
    const test::TempFolder folder;
    auto download = ModelDownload::open(folder.path(), modelOf("five!"));
    ASSERT_TRUE(download);
    EXPECT_EQ((*download)->write("six...").error().kind, ErrorKind::Corrupt);
}

TEST(ModelDownload, TwoProgramsDoNotFetchTheSameFile) {
    const test::TempFolder folder;
    auto first = ModelDownload::open(folder.path(), modelOf("bytes"));
    ASSERT_TRUE(first);
    const auto second = ModelDownload::open(folder.path(), modelOf("bytes"));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::Unavailable);
    ASSERT_TRUE((*first)->write("bytes"));
    ASSERT_TRUE((*first)->finish());
    first->reset();
    // Somebody who still believes that it is missing does not start it anew.
    EXPECT_FALSE(ModelDownload::open(folder.path(), modelOf("bytes")));
    EXPECT_TRUE(std::filesystem::exists(folder.path() / kModelFileName));
}

TEST(ModelDownload, APartThatIsLongerThanTheModelIsStartedAgain) {
    const test::TempFolder folder;
    ASSERT_TRUE(writeFileAtomically(folder.path() / "model.safetensors.part", "far too many bytes"));
    auto download = ModelDownload::open(folder.path(), modelOf("few"));
    ASSERT_TRUE(download);
    EXPECT_EQ((*download)->offset(), 0u);
    ASSERT_TRUE((*download)->write("few"));
    EXPECT_TRUE((*download)->finish());
}

}  // namespace
}  // namespace longship
