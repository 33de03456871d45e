#include "core/deploy/bundle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "core/deploy/elf_program.h"
#include "tests/core/deploy/ssh/test_sshd.h"

namespace longship::test {
namespace {

/// The bundle as it would lie on a node.
void layOut(const Bundle& bundle, const std::filesystem::path& folder) {
    for (const BundleFile& file : bundle.files) {
        const auto path = folder / file.path;
        std::filesystem::create_directories(path.parent_path());
        if (file.source.empty()) {
            std::ofstream(path) << file.text;
        } else {
            std::filesystem::copy_file(file.source, path);
        }
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    }
}

TEST(Bundle, HasTheLoaderAndAllThatAProgramLoads) {
    const auto bundle = makeBundle({"/bin/tar", "/bin/bash", "/bin/cat"});
    ASSERT_TRUE(bundle.has_value()) << bundle.error().text;
    EXPECT_EQ(bundle->architecture + "\n", runProgram({"uname", "-m"}));
    const auto has = [&](std::string_view part, bool ofAgent) {
        return std::any_of(bundle->files.begin(), bundle->files.end(), [&](const BundleFile& file) {
            return file.path.find(part) != std::string::npos && file.ofAgent == ofAgent;
        });
    };
    EXPECT_TRUE(has("lib/ld-linux", true));
    EXPECT_TRUE(has("lib/libc.so.6", true));
    EXPECT_TRUE(has("bin/longship-agent", true));
    EXPECT_TRUE(has("libexec/longship-worker", false));
    EXPECT_TRUE(has("libexec/longship-server", false));
    EXPECT_TRUE(has("lib/libtinfo", false)) << "bash's";
    EXPECT_LT(bundle->agentBytes(), bundle->bytes());
    EXPECT_EQ(bundle->id.size(), 64u);
    EXPECT_EQ(makeBundle({"/bin/tar", "/bin/bash", "/bin/cat"})->id, bundle->id);
    EXPECT_NE(makeBundle({"/bin/tar", "/bin/sed", "/bin/cat"})->id, bundle->id);
}

TEST(Bundle, RunsByItsOwnLoaderWhateverTheNodeSets) {
    const TempFolder folder;
    const auto bundle = makeBundle({"/bin/sed"});
    ASSERT_TRUE(bundle.has_value()) << bundle.error().text;
    layOut(*bundle, folder.path());
    const auto program = (folder.path() / "bin/longship-agent").string();
    EXPECT_EQ(runProgram({"env", "LD_LIBRARY_PATH=/nonexistent", program, "s/a/b/"}, "cat\n"), "cbt\n");
    // Every library that it has loaded is ours.
    const std::string maps = runProgram({program, "-n", "/\\.so/p", "/proc/self/maps"});
    EXPECT_NE(maps.find("libc.so.6"), std::string::npos);
    std::istringstream lines(maps);
    for (std::string line; std::getline(lines, line);) {
        EXPECT_NE(line.find(folder.path().string()), std::string::npos) << line;
    }
}

TEST(Bundle, WhatOnlyDebuggersReadIsLeftOut) {
    // This test is a program with everything that a compiler puts into one.
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
    const auto image = loadedImage(self);
    ASSERT_TRUE(image.has_value()) << image.error().text;
    EXPECT_LT(image->size(), std::filesystem::file_size(self));
    const TempFolder folder;
    const auto bundle = makeBundle({self});
    ASSERT_TRUE(bundle.has_value()) << bundle.error().text;
    layOut(*bundle, folder.path());
    const auto program = folder.path() / "bin/longship-agent";
    EXPECT_EQ(std::filesystem::file_size(folder.path() / "libexec/longship-agent"), image->size());
    EXPECT_NE(runProgram({program.string(), "--gtest_list_tests"}).find("WhatOnlyDebuggersReadIsLeftOut"),
              std::string::npos);
}

TEST(Bundle, WhatIsNoProgramIsTold) {
    const TempFolder folder;
    std::ofstream(folder.path() / "text") << "#!/bin/sh\n";
    EXPECT_EQ(makeBundle({folder.path() / "absent"}).error().kind, ErrorKind::NotFound);
    EXPECT_EQ(makeBundle({folder.path() / "text"}).error().kind, ErrorKind::BadInput);
    std::ofstream(folder.path() / "short") << "\x7f"
                                           << "ELF\x02";
    EXPECT_EQ(makeBundle({folder.path() / "short"}).error().kind, ErrorKind::BadInput);
}

}  // namespace
}  // namespace longship::test
