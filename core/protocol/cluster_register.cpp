#include "core/protocol/cluster_register.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "core/protocol/codec_pack.h"
#include "core/protocol/codec_unpack.h"
#include "core/protocol/limits.h"
#include "core/protocol/utf8.h"

namespace longship {
namespace {

constexpr std::size_t kEventOverheadBytes = 160;  // Of a RunEvent's table, besides its JSON.
constexpr std::size_t kKeptLogBytes = 1024;       // Of a log's end, when room is needed.
constexpr std::size_t kKeptMembershipsMax = 64;   // Nobody is away for longer and has state that counts.
constexpr std::size_t kKeptOpenIncidentsMax = 16;

/// FlatBuffers reads numbers in place, so the bytes are moved to where they are aligned.
std::vector<std::uint64_t> aligned(std::string_view bytes) {
    std::vector<std::uint64_t> words((bytes.size() + 7) / 8);
    if (!bytes.empty()) {
        std::memcpy(words.data(), bytes.data(), bytes.size());
    }
    return words;
}

template <typename Table>
const Table* verified(const std::vector<std::uint64_t>& words, std::size_t bytes) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(words.data());
    flatbuffers::Verifier verifier(data, bytes);
    return bytes >= 8 && verifier.VerifyBuffer<Table>() ? flatbuffers::GetRoot<Table>(data) : nullptr;
}

std::string finished(const flatbuffers::FlatBufferBuilder& builder) {
    return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

std::size_t bytesOf(const RunEvent& event) {
    return kEventOverheadBytes + toJson(event.body).size();
}

std::size_t bytesOf(const ClusterRegister::Run& run) {
    std::size_t bytes = 0;
    for (const RunEvent& event : run.events) {
        bytes += bytesOf(event);
    }
    return bytes;
}

/// Only how it began and ended.
void keepEnds(ClusterRegister::Run& run) {
    if (run.events.size() > 2) {
        run.events.erase(run.events.begin() + 1, run.events.end() - 1);
        run.complete = false;
    }
}

void shortenLogs(ClusterRegister::Run& run) {
    for (RunEvent& event : run.events) {
        auto* incident = std::get_if<IncidentRaised>(&event.body);
        if (incident != nullptr && incident->lastLog.size() > kKeptLogBytes) {
            incident->lastLog = cleanText(incident->lastLog, kKeptLogBytes, Keep::Back);
            run.complete = false;
        }
    }
}

/// Of facts that replace earlier ones only the last, of lists the last few: a leader decides the same.
void keepWhatCounts(ClusterRegister::Run& run) {
    std::set<TaskId> tasks;
    std::set<std::size_t> kinds;
    std::size_t memberships = 0;
    std::size_t incidents = 0;
    std::set<std::uint64_t> resolved;
    const auto counts = [&](const RunEvent& event) {
        if (const auto* task = std::get_if<TaskChanged>(&event.body)) {
            return tasks.insert(task->task).second;
        }
        if (std::holds_alternative<MembershipCommitted>(event.body)) {
            return ++memberships <= kKeptMembershipsMax;
        }
        if (const auto* checkpoint = std::get_if<CheckpointCommitted>(&event.body)) {
            const auto& counted = run.snapshot.checkpoints;
            return std::find(counted.begin(), counted.end(), *checkpoint) != counted.end();
        }
        if (const auto* over = std::get_if<IncidentResolved>(&event.body)) {
            resolved.insert(over->incident);
            return false;
        }
        if (std::holds_alternative<IncidentRaised>(event.body)) {
            return !resolved.contains(event.sequence) && ++incidents <= kKeptOpenIncidentsMax;
        }
        return kinds.insert(event.body.index()).second;
    };
    std::vector<RunEvent> kept;
    for (auto event = run.events.rbegin(); event != run.events.rend(); ++event) {
        const bool last = event == run.events.rbegin();  // It tells where the log ends.
        if (counts(*event) || last) {
            kept.push_back(std::move(*event));
        }
    }
    std::reverse(kept.begin(), kept.end());
    run.complete = run.complete && kept.size() == run.events.size();
    run.events = std::move(kept);
}

}  // namespace

std::string encodeChange(const RegisterChange& change) {
    flatbuffers::FlatBufferBuilder builder(1024);
    builder.Finish(packChange(builder, change));
    return finished(builder);
}

Result<RegisterChange> decodeChange(std::string_view bytes) {
    const std::vector<std::uint64_t> words = aligned(bytes);
    const auto* change = verified<wire::RegisterChange>(words, bytes.size());
    if (change == nullptr) {
        return failure(ErrorKind::Corrupt, "A log entry is damaged: its structure does not hold together.");
    }
    return unpackChange(*change);
}

void ClusterRegister::apply(const RegisterChange& change) {
    bool ended = false;
    for (const RunEvent& event : change.events) {
        Run& run = m_runs[event.run];
        if (event.sequence <= run.snapshot.sequence) {
            continue;
        }
        run.complete = run.complete && event.sequence == run.snapshot.sequence + 1;
        longship::apply(run.snapshot, event);
        run.events.push_back(event);
        ended = ended || isTerminal(run.snapshot.state);
    }
    if (change.drained) {
        m_drained = *change.drained;
    }
    for (const ExecutedCommand& command : change.commands) {
        m_commands.record(command.client, command.answer);
    }
    if (ended) {
        forgetOldest();
    }
}

void ClusterRegister::forgetOldest() {
    auto count = static_cast<std::size_t>(std::count_if(
        m_runs.begin(), m_runs.end(), [](const auto& run) { return isTerminal(run.second.snapshot.state); }));
    for (auto run = m_runs.begin(); run != m_runs.end() && count > kFinishedRunsMax;) {
        if (isTerminal(run->second.snapshot.state)) {
            run = m_runs.erase(run);
            --count;
        } else {
            ++run;
        }
    }
}

Result<ClusterRegister> ClusterRegister::fromState(std::string_view bytes) {
    const std::vector<std::uint64_t> words = aligned(bytes);
    const auto* table = verified<wire::RegisterState>(words, bytes.size());
    if (table == nullptr) {
        return failure(ErrorKind::Corrupt,
                       "A log's snapshot is damaged: its structure does not hold together.");
    }
    LONGSHIP_ASSIGN(RegisterState state, unpackState(*table));
    ClusterRegister made;
    for (RegisterState::Run& stored : state.runs) {
        if (!stored.events.empty()) {
            const RunId id = stored.events.front().run;
            RunSnapshot snapshot = foldEvents(stored.events);
            made.m_runs[id] = Run{std::move(snapshot), std::move(stored.events), stored.complete};
        }
    }
    made.m_drained = std::move(state.drained);
    made.m_commands = CommandJournal(std::move(state.clients));
    return made;
}

std::string ClusterRegister::state(std::size_t bytesMax) {
    shrink(bytesMax);
    RegisterState state;
    for (const auto& [id, run] : m_runs) {
        state.runs.push_back({run.events, run.complete});
    }
    state.drained = m_drained;
    state.clients.assign(m_commands.clients().begin(), m_commands.clients().end());
    flatbuffers::FlatBufferBuilder builder(1024);
    builder.Finish(packState(builder, state));
    return finished(builder);
}

void ClusterRegister::shrink(std::size_t bytesMax) {
    std::map<RunId, std::size_t> sizes;
    std::size_t total = 0;
    for (const auto& [id, run] : m_runs) {
        total += sizes[id] = bytesOf(run);
    }
    const auto shrinkEach = [&](bool finishedOnes, void (*how)(Run&)) {
        for (auto& [id, run] : m_runs) {
            if (total <= bytesMax) {
                return;
            }
            if (isTerminal(run.snapshot.state) == finishedOnes) {
                how(run);
                const std::size_t now = bytesOf(run);
                total -= std::exchange(sizes[id], now) - now;
            }
        }
    };
    shrinkEach(true, keepEnds);
    shrinkEach(false, shortenLogs);
    shrinkEach(false, keepWhatCounts);
}

}  // namespace longship
