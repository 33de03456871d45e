#include "agent/supervision/checkpoint_shelf.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "core/domain/checkpoint.h"

namespace longship {
namespace {

namespace fs = std::filesystem;

struct CheckpointFile {
    fs::path path;
    Step step = 0;
    bool part = false;  ///< The file of a writer that did not end.
};

std::vector<CheckpointFile> filesIn(const fs::path& folder) {
    std::vector<CheckpointFile> files;
    std::error_code code;
    for (fs::directory_iterator file(folder, code), end; !code && file != end; file.increment(code)) {
        const std::string name = file->path().filename().string();
        if (const auto step = checkpointStepOf(name)) {
            files.push_back({file->path(), *step});
        } else if (name.starts_with("checkpoint-") && name.ends_with(".part")) {
            files.push_back({file->path(), 0, true});
        }
    }
    return files;
}

std::uint64_t bytesOf(const std::vector<CheckpointFile>& files) {
    std::uint64_t bytes = 0;
    for (const CheckpointFile& file : files) {
        std::error_code code;
        const auto size = fs::file_size(file.path, code);
        bytes += code ? 0 : size;
    }
    return bytes;
}

void removeFile(const fs::path& path) {
    std::error_code code;
    fs::remove(path, code);
    if (code) {
        spdlog::warn("Could not remove {}: {}.", path.string(), code.message());
    }
}

bool isKept(const RunSnapshot& run, Step step) {
    const auto& counted = run.checkpoints;
    if (isTerminal(run.state)) {
        return !counted.empty() && counted.back().step == step;
    }
    // What is newer than the last one may be committed yet.
    return counted.empty() || step > counted.back().step ||
           std::any_of(counted.begin(), counted.end(),
                       [&](const CheckpointCommitted& checkpoint) { return checkpoint.step == step; });
}

}  // namespace

CheckpointShelf::CheckpointShelf(std::filesystem::path runs, std::uint64_t budget)
    : m_runs(std::move(runs)), m_budget(budget) {}

void CheckpointShelf::restore(const RunSnapshot& run) {
    if (!run.checkpoints.empty()) {
        RunSnapshot& known = m_known[run.run];
        known.run = run.run;
        known.sequence = run.sequence;
        known.state = run.state;
        known.checkpoints = run.checkpoints;
    }
    tidy(run, true);
    keepBudget();
}

void CheckpointShelf::apply(const RunEvent& event) {
    const bool matters = std::holds_alternative<CheckpointCommitted>(event.body) ||
                         std::holds_alternative<MembershipCommitted>(event.body) ||
                         std::holds_alternative<RunFinished>(event.body);
    const bool first = std::holds_alternative<CheckpointCommitted>(event.body);
    if (!matters || (!first && !m_known.contains(event.run))) {
        return;
    }
    RunSnapshot& run = m_known[event.run];
    longship::apply(run, event);
    run.memberships.clear();  // Needed to fold, not to know.
    tidy(run, false);
    keepBudget();
}

void CheckpointShelf::tidy(const RunSnapshot& run, bool nobodyWrites) const {
    for (const CheckpointFile& file : filesIn(m_runs / run.run.value)) {
        if (file.part ? nobodyWrites : !isKept(run, file.step)) {
            removeFile(file.path);
        }
    }
}

/// Runs that have ended give way, the oldest first: a run that goes on cannot do without its own.
void CheckpointShelf::keepBudget() const {
    std::uint64_t taken = 0;
    std::map<RunId, std::vector<CheckpointFile>> byRun;
    std::error_code code;
    for (fs::directory_iterator run(m_runs, code), end; !code && run != end; run.increment(code)) {
        std::vector<CheckpointFile> files = filesIn(run->path());
        taken += bytesOf(files);
        byRun.emplace(RunId(run->path().filename().string()), std::move(files));
    }
    for (const auto& [run, files] : byRun) {
        const auto known = m_known.find(run);
        const bool ended = known != m_known.end() && isTerminal(known->second.state);
        if (m_budget == 0 || taken <= m_budget || !ended || files.empty()) {
            continue;
        }
        taken -= std::min(taken, bytesOf(files));
        spdlog::info("The checkpoint of run {} is removed: the budget of this node is used up.", run.value);
        for (const CheckpointFile& file : files) {
            removeFile(file.path);
        }
    }
}

}  // namespace longship
