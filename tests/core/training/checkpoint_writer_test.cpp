#include "core/training/checkpoint_writer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <nlohmann/json.hpp>

#include "core/base/digest.h"
#include "core/base/files.h"
#include "core/domain/checkpoint.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

using namespace std::chrono_literals;

class Writer : public testing::Test {
protected:
    void start(CheckpointWriter::Options options = {}) {
        std::filesystem::create_directories(m_run);
        options.folder = m_run;
        m_writer.emplace(options,
                         [this](CheckpointOutcome outcome) { m_outcomes.set_value(std::move(outcome)); });
    }
    CheckpointOutcome write(Step step, const std::string& image) {
        auto buffer = m_writer->lend();
        EXPECT_TRUE(buffer);
        *buffer = image;
        auto coming = m_outcomes.get_future();
        m_writer->write({3, step, step * 10, std::move(*buffer)});
        EXPECT_EQ(coming.wait_for(30s), std::future_status::ready);
        m_outcomes = {};
        CheckpointOutcome outcome = coming.get();
        EXPECT_EQ(outcome.step, step);
        return outcome;
    }
    std::size_t filesThere() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(m_run), std::filesystem::directory_iterator()));
    }

    test::TempFolder m_folder;
    std::filesystem::path m_run = m_folder.path() / "runs" / "run";
    std::promise<CheckpointOutcome> m_outcomes;
    std::optional<CheckpointWriter> m_writer;
};

TEST_F(Writer, LeavesAWholeFileAndItsManifest) {
    start();
    const std::string image(100'000, 'x');
    const CheckpointOutcome outcome = write(400, image);
    EXPECT_FALSE(outcome.error);
    EXPECT_EQ(outcome.membership, 3u);
    EXPECT_EQ(outcome.samples, 4000u);
    EXPECT_EQ(outcome.bytes, image.size());
    EXPECT_EQ(outcome.sha256, sha256Hex(std::as_bytes(std::span(image))));
    EXPECT_EQ(filesThere(), 2u) << "no temporary file is left";
    EXPECT_EQ(readFile(m_run / "checkpoint-400.safetensors").value(), image);
    const auto manifest = nlohmann::json::parse(readFile(m_run / "checkpoint-400.json").value());
    EXPECT_EQ(manifest.at("step"), 400);
    EXPECT_EQ(manifest.at("sha256"), outcome.sha256);
    EXPECT_EQ(manifest.at("file"), "checkpoint-400.safetensors");
    EXPECT_EQ(readCheckpointFile(m_run, 400, outcome.sha256).value(), image);
}

TEST_F(Writer, ADamagedOrMissingFileIsNotRead) {
    start();
    const std::string sha256 = write(400, "the state").sha256;
    EXPECT_EQ(readCheckpointFile(m_run, 500, sha256).error().kind, ErrorKind::NotFound);
    std::ofstream(m_run / "checkpoint-400.safetensors") << "the stale";
    EXPECT_EQ(readCheckpointFile(m_run, 400, sha256).error().kind, ErrorKind::Corrupt);
}

TEST_F(Writer, ASlowDiskHasOneFileAtATime) {
    std::promise<void> release;
    std::shared_future<void> released = release.get_future().share();
    std::promise<void> begun;
    bool first = true;
    CheckpointWriter::Options options;
    options.write = [&](const std::filesystem::path& path, std::string_view bytes) {
        if (std::exchange(first, false)) {
            begun.set_value();
            released.wait();
        }
        return writeFileAtomically(path, bytes);
    };
    start(options);
    auto coming = m_outcomes.get_future();
    m_writer->write({1, 100, 0, std::move(*m_writer->lend())});
    begun.get_future().wait();
    EXPECT_FALSE(m_writer->lend()) << "the next one is skipped";
    EXPECT_EQ(m_writer->busyWith(), 100u);
    release.set_value();
    EXPECT_FALSE(coming.get().error);
    m_outcomes = {};
    EXPECT_FALSE(write(300, "later").error);
}

TEST_F(Writer, AFullDiskIsAnAnswerAndNotTheEnd) {
    bool full = true;
    CheckpointWriter::Options options;
    options.write = [&](const std::filesystem::path& path, std::string_view bytes) -> Result<void> {
        return full ? failure(ErrorKind::Exhausted, "No space left on device.")
                    : writeFileAtomically(path, bytes);
    };
    start(options);
    const CheckpointOutcome outcome = write(100, "state");
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->kind, ErrorKind::Exhausted);
    full = false;
    EXPECT_FALSE(write(200, "state").error);
}

TEST_F(Writer, KeepsAReserveAndTheBudgetOfItsNode) {
    CheckpointWriter::Options greedy;
    greedy.reserve = std::numeric_limits<std::uint64_t>::max() / 2;
    start(greedy);
    const CheckpointOutcome noRoom = write(100, "state");
    ASSERT_TRUE(noRoom.error);
    EXPECT_EQ(noRoom.error->kind, ErrorKind::Exhausted);
    EXPECT_EQ(filesThere(), 0u);

    CheckpointWriter::Options frugal;
    frugal.budget = 5000;
    start(frugal);
    const auto other = m_folder.path() / "runs" / "other";
    std::filesystem::create_directories(other);
    std::ofstream(other / "checkpoint-7.safetensors") << std::string(3000, 'x');
    std::ofstream(other / "model.safetensors") << std::string(9000, 'x');
    EXPECT_EQ(bytesOfCheckpoints(m_folder.path() / "runs"), 3000u);
    EXPECT_FALSE(write(100, std::string(1000, 'x')).error);
    const CheckpointOutcome tooMuch = write(200, std::string(1000, 'x'));
    ASSERT_TRUE(tooMuch.error);
    EXPECT_EQ(tooMuch.error->kind, ErrorKind::Exhausted);
}

}  // namespace
}  // namespace longship
