#include "core/deploy/runtime_pack.h"

#include <gtest/gtest.h>

#include <thread>

#include "core/base/digest.h"
#include "core/base/files.h"
#include "core/deploy/pack/unpacker.h"
#include "tests/support/temp_folder.h"

namespace longship::test {
namespace {

BundleFile fileOf(std::string path, std::string text) {
    BundleFile file{std::move(path), {}, std::move(text), 0, {}, false};
    file.bytes = file.text.size();
    file.sha256 = sha256Hex(std::as_bytes(std::span(file.text)));
    return file;
}

class RuntimePackTest : public ::testing::Test {
protected:
    RuntimePackTest() {
        for (unsigned file = 0; file < 5; ++file) {
            std::string text(1 + file * 150'000, static_cast<char>('a' + file));
            for (std::size_t index = 0; index < text.size(); index += 3) {
                text[index] = static_cast<char>((index * 2654435761U) >> (11 + file));
            }
            bundle.files.push_back(fileOf("lib/" + std::to_string(file), std::move(text)));
        }
    }
    /// What a node's store would have; the bytes that went there.
    std::uint64_t sent(const RuntimePack& pack, const std::vector<std::size_t>& files) {
        const TempFolder node;
        Unpacker unpacker(node.path(), node.path());
        RuntimePack::Reader reader(pack, files);
        std::vector<std::byte> chunk(30'000);
        for (;;) {
            const auto count = reader.read(chunk);
            EXPECT_TRUE(count.has_value());
            if (!count || *count == 0) {
                break;
            }
            EXPECT_TRUE(unpacker.take(std::span(chunk).first(*count)).has_value());
        }
        EXPECT_TRUE(unpacker.finish().has_value());
        for (const std::size_t file : files) {
            EXPECT_EQ(readFile(node.path() / bundle.files[file].sha256).value_or("missing"),
                      bundle.files[file].text);
        }
        EXPECT_EQ(reader.bytesRead(), reader.bytesTotal());
        return reader.bytesRead();
    }

    Bundle bundle;
};

TEST_F(RuntimePackTest, EachNodeGetsWhatItLacksAndKnowsHowMuchThatIs) {
    RuntimePack pack(bundle);
    ASSERT_TRUE(pack.prepare({1, 3}, {}).has_value());
    const auto some = sent(pack, {1, 3});
    ASSERT_TRUE(pack.prepare({0, 1, 2, 3, 4}, {}).has_value());
    const auto all = sent(pack, {0, 1, 2, 3, 4});
    EXPECT_GT(all, some);
    EXPECT_LT(all, bundle.bytes());
    EXPECT_EQ(sent(pack, {1, 3}), some) << "packed once";
    EXPECT_EQ(sent(pack, {}), 0u);
}

TEST_F(RuntimePackTest, ManyNodesAtOnce) {
    RuntimePack pack(bundle);
    std::vector<std::jthread> nodes;
    for (unsigned node = 0; node < 4; ++node) {
        nodes.emplace_back([&, node] {
            const std::vector<std::size_t> files{node, 4};
            ASSERT_TRUE(pack.prepare(files, {}).has_value());
            sent(pack, files);
        });
    }
}

TEST_F(RuntimePackTest, StopsAndGoesOnAndTellsWhatCannotBeRead) {
    RuntimePack pack(bundle);
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = pack.prepare({0, 1}, stop.get_token());
    ASSERT_FALSE(stopped.has_value());
    EXPECT_EQ(stopped.error().kind, ErrorKind::Interrupted);
    ASSERT_TRUE(pack.prepare({0, 1}, {}).has_value());
    sent(pack, {0, 1});

    bundle.files[2].source = "/nonexistent";
    const auto unreadable = pack.prepare({2}, {});
    ASSERT_FALSE(unreadable.has_value());
    EXPECT_NE(unreadable.error().text.find("/nonexistent"), std::string::npos) << unreadable.error().text;
}

}  // namespace
}  // namespace longship::test
