#include "core/base/failpoint.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/base/files.h"

namespace longship {
namespace {

using Named = std::pair<Failpoint, std::string_view>;
constexpr std::array<Named, static_cast<std::size_t>(Failpoint::Count)> kNames{{
    {Failpoint::ReadyUntold, "ready-untold"},
    {Failpoint::SeatTaken, "seat-taken"},
    {Failpoint::MeshMade, "mesh-made"},
    {Failpoint::StateHalfGiven, "state-half-given"},
    {Failpoint::StateHalfReceived, "state-half-received"},
    {Failpoint::EnteredUntold, "entered-untold"},
    {Failpoint::StepComputed, "step-computed"},
    {Failpoint::SumHalfDone, "sum-half-done"},
    {Failpoint::StepReduced, "step-reduced"},
    {Failpoint::StepApplied, "step-applied"},
    {Failpoint::RowsUntold, "rows-untold"},
    {Failpoint::EvaluationUncombined, "evaluation-uncombined"},
    {Failpoint::FrozenUntold, "frozen-untold"},
    {Failpoint::ModelUntold, "model-untold"},
    {Failpoint::CheckpointUntold, "checkpoint-untold"},
    {Failpoint::ShardHalfFilled, "shard-half-filled"},
    {Failpoint::ShardReadyUntold, "shard-ready-untold"},
    {Failpoint::ShardSummed, "shard-summed"},
    {Failpoint::ShardForwarded, "shard-forwarded"},
    {Failpoint::ShardBackedUp, "shard-backed-up"},
    {Failpoint::ShardAcknowledged, "shard-acknowledged"},
    {Failpoint::ShardServed, "shard-served"},
    {Failpoint::WorkerStarted, "worker-started"},
    {Failpoint::EventsUnstored, "events-unstored"},
    {Failpoint::EventsUntold, "events-untold"},
    {Failpoint::FreezeUnsent, "freeze-unsent"},
    {Failpoint::FrozenUnsent, "frozen-unsent"},
    {Failpoint::SeatUnsent, "seat-unsent"},
    {Failpoint::EnteredUnsent, "entered-unsent"},
}};

std::filesystem::path& folder() {
    static std::filesystem::path path;
    return path;
}

}  // namespace

std::string_view toString(Failpoint point) {
    const auto found =
        std::find_if(kNames.begin(), kNames.end(), [&](const Named& one) { return one.first == point; });
    return found == kNames.end() ? "unknown" : found->second;
}

void setFailpointFolder(std::filesystem::path path) {
    folder() = std::move(path);
}

void passFailpoint(Failpoint point) {
    // Whoever removes the file is the one that dies: its successor does not.
    if (!folder().empty() && ::unlink((folder() / toString(point)).c_str()) == 0) {
        ::kill(::getpid(), SIGKILL);
    }
}

void passPoison(std::uint64_t step) {
    if (!folder().empty() && readFile(folder() / "poison", 32).value_or("") == std::to_string(step)) {
        ::kill(::getpid(), SIGKILL);
    }
}

}  // namespace longship
