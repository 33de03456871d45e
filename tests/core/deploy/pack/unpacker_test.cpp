#include "core/deploy/pack/unpacker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "core/base/files.h"
#include "core/deploy/pack/compressor.h"
#include "tests/support/temp_folder.h"

namespace longship::test {
namespace {

std::string hashOf(const std::string& text) {
    return sha256Hex(std::as_bytes(std::span(text)));
}

/// A tar archive of one file, as tar(1) would write it but for what we do not read.
std::string archiveOf(const std::string& name, const std::string& content, char type = '0') {
    std::string header(512, '\0');
    header.replace(0, name.size(), name);
    char size[12];
    std::snprintf(size, sizeof size, "%011zo", content.size());
    header.replace(124, 11, size);
    header[156] = type;
    return header + content + std::string((512 - content.size() % 512) % 512 + 1024, '\0');
}

std::string packed(const std::string& plain) {
    std::string out;
    std::size_t at = 0;
    const auto done = compress(
        [&](std::span<std::byte> bytes) -> Result<std::size_t> {
            const std::size_t count = std::min(bytes.size(), plain.size() - at);
            std::memcpy(bytes.data(), plain.data() + at, count);
            at += count;
            return count;
        },
        [&](std::span<const std::byte> bytes) -> Result<void> {
            out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            return {};
        });
    EXPECT_TRUE(done.has_value());
    return out;
}

std::string packedFile(const std::string& content) {
    return packed(archiveOf(hashOf(content), content));
}

class UnpackerTest : public ::testing::Test {
protected:
    UnpackerTest() {
        std::filesystem::create_directory(store());
        std::filesystem::create_directory(incoming());
    }
    std::filesystem::path store() const { return folder.path() / "store"; }
    std::filesystem::path incoming() const { return folder.path() / "incoming"; }
    /// In portions of so many bytes.
    Result<void> unpackAll(const std::string& bytes, std::size_t portion = 1000) {
        Unpacker unpacker(store(), incoming());
        for (std::size_t at = 0; at < bytes.size(); at += portion) {
            LONGSHIP_TRY(unpacker.take(
                std::as_bytes(std::span(bytes)).subspan(at, std::min(portion, bytes.size() - at))));
        }
        return unpacker.finish();
    }
    bool isThere(const std::string& content) const {
        return readFile(store() / hashOf(content)).value_or("missing") == content;
    }
    std::size_t countIn(const std::filesystem::path& where) const {
        const std::filesystem::directory_iterator files(where);
        return static_cast<std::size_t>(std::distance(begin(files), end(files)));
    }

    TempFolder folder;
    const std::string large = [] {
        std::string text(700'001, '\0');
        for (std::size_t index = 0; index < text.size(); ++index) {
            text[index] = static_cast<char>((index * 2654435761U) >> 17);
        }
        return text;
    }();
};

TEST_F(UnpackerTest, FilesComeBackWholeHoweverTheirBytesArrive) {
    const std::string zeroes(5'000'000, '\0');
    const std::string all = packedFile(large) + packedFile("") + packedFile(zeroes) + packedFile("one");
    EXPECT_LT(packedFile(zeroes).size(), 5000u);
    for (const std::size_t portion : {std::size_t{7}, std::size_t{4096}, all.size()}) {
        ASSERT_TRUE(unpackAll(all, portion).has_value()) << portion;
        EXPECT_TRUE(isThere(large) && isThere("") && isThere(zeroes) && isThere("one"));
        EXPECT_EQ(countIn(store()), 4u);
        EXPECT_EQ(countIn(incoming()), 0u);
        const auto rights = std::filesystem::status(store() / hashOf("one")).permissions();
        EXPECT_EQ(rights, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
        std::filesystem::remove_all(store());
        std::filesystem::create_directory(store());
    }
}

TEST_F(UnpackerTest, WhatIsCutAnywhereIsNotedAndNeverHalfInTheStore) {
    const std::string first = packedFile("first");
    const std::string all = first + packedFile(large);
    for (std::size_t tenth = 0; tenth <= 10; ++tenth) {
        const std::size_t end = first.size() + (all.size() - first.size()) * tenth / 10;
        const auto done = unpackAll(all.substr(0, end));
        EXPECT_EQ(done.has_value(), tenth == 0 || tenth == 10) << tenth;
        EXPECT_TRUE(isThere("first")) << tenth;
        EXPECT_EQ(isThere(large), tenth == 10) << tenth;
        EXPECT_EQ(countIn(store()), tenth == 10 ? 2u : 1u) << tenth;
    }
}

TEST_F(UnpackerTest, AFileOfAnotherHashIsThrownAway) {
    const auto done = unpackAll(packedFile("good") + packed(archiveOf(hashOf("good two"), "bad")));
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().kind, ErrorKind::Corrupt);
    EXPECT_TRUE(isThere("good"));
    EXPECT_EQ(countIn(store()), 1u);
    EXPECT_EQ(countIn(incoming()), 0u);
}

TEST_F(UnpackerTest, NothingElseIsTakenForAFile) {
    const std::string name = hashOf("x");
    std::string damaged = packedFile(large);
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x40);
    // A frame that asks for 128 MiB of memory.
    const std::string wide("\x28\xb5\x2f\xfd\x00\x88\x00\x00\x00\x00", 10);
    for (const std::string& bytes :
         {packed(archiveOf("../" + name.substr(3), "x")), packed(archiveOf("name", "x")),
          packed(archiveOf(name + "/x", "x")), packed(archiveOf(name, "", '2')),
          packed(std::string(511, 'x')), std::string("no frame at all"), damaged, wide}) {
        EXPECT_FALSE(unpackAll(bytes).has_value());
    }
    EXPECT_EQ(countIn(store()), 0u);
}

TEST_F(UnpackerTest, ADiskThatTakesNothingIsTold) {
    std::filesystem::remove(incoming());
    const auto done = unpackAll(packedFile("one"));
    ASSERT_FALSE(done.has_value());
    EXPECT_NE(done.error().text.find("cannot be written"), std::string::npos) << done.error().text;
}

}  // namespace
}  // namespace longship::test
