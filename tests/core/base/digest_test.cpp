#include "core/base/digest.h"

#include <gtest/gtest.h>

namespace longship {
namespace {

std::span<const std::byte> bytesOf(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

// The vectors of FIPS 180-4's example file.
TEST(Sha256, KnownAnswers) {
    EXPECT_EQ(sha256Hex(bytesOf("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256Hex(bytesOf("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PiecesGiveTheDigestOfTheWhole) {
    Sha256 pieces;
    pieces.update(bytesOf("a")).update(bytesOf("")).update(bytesOf("bc"));
    EXPECT_EQ(pieces.hex(), sha256Hex(bytesOf("abc")));
}

TEST(RandomHex, HasTheAskedLengthAndDiffers) {
    EXPECT_EQ(randomHex(16).size(), 32u);
    EXPECT_NE(randomHex(16), randomHex(16));
}

}  // namespace
}  // namespace longship
