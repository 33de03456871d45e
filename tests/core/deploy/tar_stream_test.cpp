#include "core/deploy/tar_stream.h"

#include <gtest/gtest.h>

#include <fstream>
#include <span>

#include "core/base/digest.h"
#include "core/base/files.h"
#include "tests/core/deploy/ssh/test_sshd.h"

namespace longship::test {
namespace {

std::string hashOf(const std::string& text) {
    return sha256Hex(std::as_bytes(std::span(text)));
}

/// Files of the sizes around tar's block size, in memory and on disk.
Bundle bundleIn(const std::filesystem::path& folder) {
    Bundle bundle;
    for (const std::size_t bytes : {0u, 1u, 511u, 512u, 513u, 70'000u}) {
        const std::string text(bytes, static_cast<char>('a' + bytes % 26));
        BundleFile file{std::to_string(bytes), {}, text, bytes, hashOf(text), false};
        if (bytes % 2 == 0) {
            file.source = folder / file.path;
            file.text.clear();
            std::ofstream(file.source) << text;
        }
        bundle.files.push_back(std::move(file));
    }
    return bundle;
}

std::string readAll(TarStream& stream, std::size_t chunkBytes) {
    std::string all;
    std::vector<std::byte> chunk(chunkBytes);
    for (;;) {
        const auto count = stream.read(chunk);
        EXPECT_TRUE(count.has_value()) << count.error().text;
        if (!count || *count == 0) {
            return all;
        }
        all.append(reinterpret_cast<const char*>(chunk.data()), *count);
    }
}

TEST(TarStream, IsUnpackedByTarWhateverThePieces) {
    for (const std::size_t chunk : {1u, 7u, 512u, 65'536u}) {
        const TempFolder folder;
        const Bundle bundle = bundleIn(folder.path());
        TarStream stream(bundle, {0, 1, 2, 3, 4, 5});
        std::ofstream(folder.path() / "archive") << readAll(stream, chunk);
        EXPECT_EQ(stream.contentBytes(), 0u + 1 + 511 + 512 + 513 + 70'000);
        std::filesystem::create_directory(folder.path() / "out");
        runProgram({"tar", "-x", "-f", (folder.path() / "archive").string(), "-C",
                    (folder.path() / "out").string()});
        for (const BundleFile& file : bundle.files) {
            const auto content = readFile(folder.path() / "out" / file.sha256);
            ASSERT_TRUE(content.has_value()) << content.error().text;
            EXPECT_EQ(hashOf(*content), file.sha256);
        }
    }
}

TEST(TarStream, OfNothingIsAnEmptyArchive) {
    const Bundle bundle;
    TarStream stream(bundle, {});
    EXPECT_EQ(readAll(stream, 100), std::string(1024, '\0'));
}

TEST(TarStream, AFileThatShrankIsTold) {
    const TempFolder folder;
    const Bundle bundle = bundleIn(folder.path());
    std::filesystem::resize_file(bundle.files[5].source, 100);
    TarStream stream(bundle, {5});
    std::vector<std::byte> bytes(100'000);
    const auto count = stream.read(bytes);
    ASSERT_FALSE(count.has_value());
    EXPECT_EQ(count.error().kind, ErrorKind::Corrupt);
    std::filesystem::remove(bundle.files[5].source);
    TarStream gone(bundle, {5});
    EXPECT_EQ(gone.read(bytes).error().kind, ErrorKind::Io);
}

}  // namespace
}  // namespace longship::test
