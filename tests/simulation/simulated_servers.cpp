// The servers among the simulated workers: pretended hosts of shards with real rules.
#include <algorithm>
#include <utility>

#include "core/domain/task_kind.h"
#include "core/protocol/mutation.h"
#include "tests/simulation/simulated_workers.h"

namespace longship::test {

using std::chrono::milliseconds;

bool SimulatedWorkers::hasServers(const RunId& run) const {
    const auto strategy = m_strategies.find(run);
    return strategy != m_strategies.end() && strategy->second.kind == StrategyKind::ParameterServer;
}

std::vector<ShardHeld> SimulatedWorkers::inventoryOf(const Process& process) {
    std::vector<ShardHeld> inventory;
    for (const auto& [shard, held] : process.shards) {
        inventory.push_back({shard, held.step, held.next.has_value()});
    }
    return inventory;
}

/// By the same function on all members.
void SimulatedWorkers::giveDuties(const GroupKey& id) {
    Group& group = m_groups.at(id);
    if (!hasServers(id.first)) {
        return;
    }
    std::vector<ServerPlace> places;
    for (const Seat& seat : group.assignment.seats) {
        const Member& member = seat.member;
        const std::optional<std::uint32_t> number = serverNumber(member.task);
        if (!number && !places.empty()) {
            m_broken("a worker is ranked behind a server");
        }
        (number ? group.servers : group.workers).push_back({id.first, member.task, member.generation});
        if (number) {
            places.push_back({*number, member.node, member.share > 0});
        }
    }
    if (group.workers.empty() ||
        std::none_of(places.begin(), places.end(), [](const ServerPlace& place) { return place.serves; })) {
        m_broken("a membership without a worker, or without a server that serves");
        group.broken = true;
        return;
    }
    const StrategySpec& strategy = m_strategies.at(id.first);
    group.duties = shardDuties(strategy.servers, places, strategy.backup);
}

/// What counts is what an undisturbed run has there: no update is missing, none was applied twice.
void SimulatedWorkers::checkInventory(const Seat& seat, const Process& process, const GroupKey& id) {
    const Group& group = m_groups.at(id);
    const Step base = group.assignment.baseStep;
    const Process* lowest = find(group.workers.front());
    const std::uint64_t course = lowest == nullptr ? 0 : lowest->course;
    for (const auto& [shard, held] : process.shards) {
        const std::optional<Content> content = held.at(base);
        if (seat.hasState && content && !(*content == Content{stateAfter(id.first, base), course})) {
            m_broken(seat.member.task.value + " counts, but its shard " + std::to_string(shard) +
                     " is of another course after step " + std::to_string(base));
        }
    }
}

SimulatedWorkers::Content SimulatedWorkers::following(const Content& content, const GroupKey& id,
                                                      Step step) const {
    return {nextState(content.state, step), keyOf({content.course, id.second})};
}

bool SimulatedWorkers::hasDuty(const Group& group, const TaskKey& server, std::uint32_t shard) const {
    const ShardDuty& duty = group.duties.at(shard);
    return group.servers[duty.primary] == server || (duty.backup && group.servers[*duty.backup] == server);
}

/// The state of a shard at the base: of the lowest server that holds it, else of the lowest worker that has
/// what servers begin with.
std::optional<SimulatedWorkers::Content> SimulatedWorkers::sourceOf(const GroupKey& id, std::uint32_t shard) {
    const Group& group = m_groups.at(id);
    const Step base = group.assignment.baseStep;
    std::optional<Content> fromWorker;
    for (const Seat& seat : group.assignment.seats) {
        const Process* process = find({id.first, seat.member.task, seat.member.generation});
        if (process == nullptr || !seat.hasState) {
            continue;
        }
        const bool worker = !isServer(seat.member.task);
        if (worker && !fromWorker && (base == 0 || process->wholeState)) {
            fromWorker = Content{process->state, process->course};
        }
        const auto held = process->shards.find(shard);
        if (!worker && held != process->shards.end() && held->second.at(base)) {
            return held->second.at(base);
        }
    }
    return fromWorker;
}

/// Before anybody trains: what it is to host and lacks.
void SimulatedWorkers::fillShards(const TaskKey& server, const GroupKey& id) {
    Process& process = *m_processes.at(server);
    const Group& group = m_groups.at(id);
    const Step base = group.assignment.baseStep;
    const auto seat =
        std::find_if(group.assignment.seats.begin(), group.assignment.seats.end(), [&](const Seat& s) {
            return s.member.task == server.task && s.member.generation == server.generation;
        });
    for (std::uint32_t shard = 0; shard < group.duties.size(); ++shard) {
        const auto held = process.shards.find(shard);
        const bool has = seat->hasState && held != process.shards.end() && held->second.at(base);
        if (has || !hasDuty(group, server, shard)) {
            continue;
        }
        const std::optional<Content> state = sourceOf(id, shard);
        if (!state) {
            m_broken("nobody has shard " + std::to_string(shard) + " after step " + std::to_string(base));
            return;
        }
        process.shards[shard] = {base, *state, {}};
    }
}

/// Once it has entered: only what it hosts, and nothing of a step that was given up.
void SimulatedWorkers::keepOwnShards(const TaskKey& server, const GroupKey& id) {
    Process& process = *m_processes.at(server);
    const Group& group = m_groups.at(id);
    const Step base = group.assignment.baseStep;
    std::erase_if(process.shards, [&](const auto& entry) { return !hasDuty(group, server, entry.first); });
    for (auto& [shard, held] : process.shards) {
        held = {base, held.at(base).value_or(Content()), {}};
    }
}

/// Over the wire between two members. What was sent arrives even when its sender is gone by then, or not at
/// all.
void SimulatedWorkers::carry(const TaskKey& from, const TaskKey& to, const GroupKey& id,
                             std::function<void()> arrives) {
    const Process* sender = find(from);
    const Process* receiver = find(to);
    if (sender == nullptr || receiver == nullptr || sender->inside != id.second) {
        return;
    }
    if (isCut(sender->node, receiver->node)) {
        for (const auto& [key, peer] : {std::pair(from, to), std::pair(to, from)}) {
            later(key, milliseconds(200) + upTo(800),
                  [this, key = key, id, peer = peer.task](Process&) { complain(key, id, "cut", peer); });
        }
        later(from, milliseconds(300),
              [this, from, to, id, arrives = std::move(arrives)](Process&) { carry(from, to, id, arrives); });
        return;
    }
    later(to, upTo(12), [this, to, id, arrives = std::move(arrives)](Process&) { arrive(to, id, arrives); });
}

/// Others may begin earlier than this one.
void SimulatedWorkers::arrive(const TaskKey& to, const GroupKey& id, std::function<void()> arrives) {
    const Process& process = *m_processes.at(to);
    const bool lost = m_groups.at(id).broken && m_random.below(2) == 0;
    if (process.inside != id.second || lost) {
        return;
    }
    if (process.entered != id.second) {
        later(to, milliseconds(3),
              [this, to, id, arrives = std::move(arrives)](Process&) { arrive(to, id, arrives); });
        return;
    }
    arrives();
}

/// One worker's gradients of one step, a part to each primary. After the last step empty ones, as among
/// workers.
void SimulatedWorkers::push(const TaskKey& worker, const GroupKey& id, Step step) {
    const Group& group = m_groups.at(id);
    for (std::uint32_t shard = 0; shard < group.duties.size(); ++shard) {
        carry(worker, group.servers[group.duties[shard].primary], id,
              [this, worker, id, shard, step] { onPush(worker, id, shard, step); });
    }
}

void SimulatedWorkers::onPush(const TaskKey& worker, const GroupKey& id, std::uint32_t shard, Step step) {
    Group& group = m_groups.at(id);
    std::set<TaskKey>& pushed = group.pushed[{step, shard}];
    pushed.insert(worker);
    if (pushed.size() < group.workers.size()) {
        return;
    }
    const ShardDuty& duty = group.duties[shard];
    const TaskKey primary = group.servers[duty.primary];
    const Content state = applyTo(primary, id, shard, step);
    if (!duty.backup || LONGSHIP_MUTANT("primary-serves-before-its-backup")) {
        serve(id, shard, step, state);
    }
    if (duty.backup) {
        const TaskKey backup = group.servers[*duty.backup];
        carry(primary, backup, id, [this, primary, backup, id, shard, step, state] {
            if (!(applyTo(backup, id, shard, step) == state)) {
                m_broken("a backup has another state than its primary");
            }
            carry(backup, primary, id, [this, id, shard, step, state] {
                if (!LONGSHIP_MUTANT("primary-serves-before-its-backup")) {
                    serve(id, shard, step, state);
                }
            });
        });
    }
}

/// The step before the last one is dropped: all workers have pushed, so all have applied the last one. What
/// the shard has then.
SimulatedWorkers::Content SimulatedWorkers::applyTo(const TaskKey& server, const GroupKey& id,
                                                    std::uint32_t shard, Step step) {
    Shard& held = m_processes.at(server)->shards.at(shard);
    const Content now = held.next.value_or(held.state);
    if (held.newest() != step) {
        m_broken(server.task.value + " applies step " + std::to_string(step) + " to a shard that stands at " +
                 std::to_string(held.newest()));
    }
    if (isLast(id, step)) {
        return now;
    }
    const Content next = following(now, id, step);
    held = LONGSHIP_MUTANT("server-keeps-one-step-only") ? Shard{step + 1, next, {}} : Shard{step, now, next};
    return next;
}

void SimulatedWorkers::serve(const GroupKey& id, std::uint32_t shard, Step step, const Content& content) {
    const Group& group = m_groups.at(id);
    const TaskKey primary = group.servers[group.duties[shard].primary];
    for (const TaskKey& worker : group.workers) {
        carry(primary, worker, id,
              [this, worker, id, shard, step, content] { onServed(worker, id, shard, step, content); });
    }
}

void SimulatedWorkers::onServed(const TaskKey& worker, const GroupKey& id, std::uint32_t shard, Step step,
                                const Content& content) {
    Group& group = m_groups.at(id);
    std::map<std::uint32_t, Content>& served = group.served[{worker, step}];
    served[shard] = content;
    if (served.size() < group.duties.size()) {
        return;
    }
    for (const auto& [other, its] : served) {
        if (!(its == content)) {
            m_broken("the shards do not stand at the same step");
        }
    }
    complete(worker, id, step, content);
}

}  // namespace longship::test
