#include "core/transport/keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/base/files.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

TEST(Keys, AreMadeOnceAndReadBack) {
    test::TempFolder folder;
    const auto path = folder.path() / "agent.key";
    const KeyPair made = KeyPair::loadOrCreate(path).value();
    EXPECT_TRUE(isPublicKey(made.publicKey));
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    const KeyPair again = KeyPair::loadOrCreate(path).value();
    EXPECT_EQ(again.publicKey, made.publicKey);
    EXPECT_EQ(again.secretKey, made.secretKey);
    EXPECT_NE(KeyPair::generate().publicKey, made.publicKey);
}

TEST(Keys, ThatOthersCanReadAreRefused) {
    test::TempFolder folder;
    const auto path = folder.path() / "agent.key";
    ASSERT_TRUE(KeyPair::generate().save(path));
    ::chmod(path.c_str(), 0640);
    EXPECT_EQ(KeyPair::load(path).error().kind, ErrorKind::Refused);
    EXPECT_EQ(KeyPair::loadOrCreate(path).error().kind, ErrorKind::Refused);
}

TEST(Keys, ThatAreDamagedOrDoNotBelongTogetherAreCorrupt) {
    test::TempFolder folder;
    const auto path = folder.path() / "agent.key";
    const KeyPair keys = KeyPair::generate();
    const std::string other = KeyPair::generate().secretKey;
    for (const std::string& text :
         {std::string(), std::string("hello\n"), keys.publicKey + "\n",
          keys.publicKey + "\n" + keys.secretKey, keys.publicKey + "\n" + other + "\n",
          std::string(40, '"') + "\n" + keys.secretKey + "\n", std::string(5000, 'x')}) {
        ASSERT_TRUE(writeFileAtomically(path, text, FileAccess::OwnerOnly));
        const auto loaded = KeyPair::load(path);
        ASSERT_FALSE(loaded) << text;
        EXPECT_TRUE(loaded.error().kind == ErrorKind::Corrupt || text.size() == 5000) << text;
    }
}

TEST(Keys, MissingIsNotFound) {
    test::TempFolder folder;
    EXPECT_EQ(KeyPair::load(folder.path() / "none").error().kind, ErrorKind::NotFound);
}

TEST(Keys, AreRecognised) {
    EXPECT_FALSE(isPublicKey(""));
    EXPECT_FALSE(isPublicKey(std::string(39, '0')));
    EXPECT_FALSE(isPublicKey(std::string(40, '"')));
    EXPECT_FALSE(isPublicKey(std::string(40, '#')));  // "#####" is more than 32 bits.
    EXPECT_TRUE(isPublicKey(std::string(40, '0')));
}

}  // namespace
}  // namespace longship
