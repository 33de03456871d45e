#include "agent/supervision/checkpoint_shelf.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "core/domain/checkpoint.h"
#include "tests/support/run_records.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

class Shelf : public testing::Test {
protected:
    void put(const std::string& run, Step step, std::size_t bytes = 10) {
        std::filesystem::create_directories(m_folder.path() / run);
        std::ofstream(m_folder.path() / run / checkpointFileName(step)) << std::string(bytes, 'x');
        std::ofstream(m_folder.path() / run / checkpointManifestName(step)) << "";
    }
    std::set<std::string> there(const std::string& run) const {
        std::set<std::string> names;
        for (const auto& file : std::filesystem::directory_iterator(m_folder.path() / run)) {
            names.insert(file.path().filename().string());
        }
        return names;
    }
    std::string steps(const std::string& run) const {
        std::set<Step> all;
        for (const std::string& name : there(run)) {
            if (const auto step = checkpointStepOf(name)) {
                all.insert(*step);
            }
        }
        std::string text;
        for (const Step step : all) {
            text += std::to_string(step) + " ";
        }
        return text;
    }
    void tell(const std::string& run, RunEventBody body) {
        m_shelf.apply(test::eventOf(run, ++m_sequence, std::move(body)));
    }
    static CheckpointCommitted committed(Step step) { return {step, 0, 10, "hash", {NodeId("a")}, 1}; }

    test::TempFolder m_folder;
    CheckpointShelf m_shelf{m_folder.path(), 100};
    std::uint64_t m_sequence = 0;
};

TEST_F(Shelf, KeepsTheLastCommittedOnesAndWhatMayBeCommittedYet) {
    for (const Step step : {10, 20, 30, 40, 50}) {
        put("run", step);
    }
    std::ofstream(m_folder.path() / "run" / "model.safetensors") << "x";
    tell("run", committed(10));
    EXPECT_EQ(steps("run"), "10 20 30 40 50 ");
    tell("run", committed(30));
    EXPECT_EQ(steps("run"), "10 30 40 50 ") << "20 was never committed";
    tell("run", committed(40));
    EXPECT_EQ(steps("run"), "30 40 50 ");
    EXPECT_EQ(there("run").count("checkpoint-10.json"), 0u) << "manifests go with their files";
    tell("run", test::membershipOf(2, 30));
    EXPECT_EQ(steps("run"), "30 40 50 ") << "40 is void and will be written again";
    tell("run", RunFinished{RunState::Completed, 60, 0, std::nullopt, "", ""});
    EXPECT_EQ(steps("run"), "30 ");
    EXPECT_EQ(there("run").count("model.safetensors"), 1u);
}

TEST_F(Shelf, AtTheStartWhatAWriterLeftBehindGoes) {
    put("run", 10);
    put("run", 20);
    std::ofstream(m_folder.path() / "run" / "checkpoint-30.safetensors.ab12.part") << "half";
    RunSnapshot run;
    run.run = RunId("run");
    run.state = RunState::Training;
    run.checkpoints = {committed(20)};
    m_shelf.restore(run);
    EXPECT_EQ(there("run"), (std::set<std::string>{"checkpoint-20.json", "checkpoint-20.safetensors"}));
}

TEST_F(Shelf, EndedRunsGiveWayTheOldestFirst) {
    const auto end = RunFinished{RunState::Completed, 60, 0, std::nullopt, "", ""};
    for (const char* run : {"2026-1", "2026-2"}) {
        put(run, 10, 40);
        tell(run, committed(10));
        tell(run, end);
    }
    EXPECT_EQ(steps("2026-1"), "10 ");
    put("2026-3", 10, 40);
    tell("2026-3", committed(10));
    EXPECT_EQ(steps("2026-1"), "");
    EXPECT_EQ(steps("2026-2"), "10 ");
    put("2026-3", 20, 400);
    tell("2026-3", committed(20));
    EXPECT_EQ(steps("2026-2"), "");
    EXPECT_EQ(steps("2026-3"), "10 20 ") << "a run that goes on keeps its own";
}

}  // namespace
}  // namespace longship
