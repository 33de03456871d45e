// The part of RunMachine that changes memberships: everybody is frozen and asked where it stands, it is
// decided who counts and from which step the others go on, that is recorded, and seats are given out.
#include <algorithm>
#include <cstdio>
#include <tuple>
#include <utility>

#include "core/protocol/incident_text.h"
#include "core/protocol/mutation.h"
#include "core/protocol/run_machine.h"
#include "core/protocol/shard_standing.h"

namespace longship {

namespace {

constexpr unsigned kFruitlessMax = 3;  ///< Memberships in a row that nobody entered: then a person is asked.
/// In a cluster of at least this many workers, losing over half of them at once asks instead of going on.
constexpr std::size_t kBrakeMembers = 4;

std::string hexToken(SeededRandom& random) {
    char text[33];
    std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(random()),
                  static_cast<unsigned long long>(random()));
    return text;
}

}  // namespace

/// The membership is left, whatever it was doing. Harmless when that is under way already.
void RunMachine::beginChange(const std::string& reason, Moment at) {
    m_suspicion.reset();
    m_joinAt.reset();
    if (std::exchange(m_calm, false) && m_phase != RunPhase::Training) {
        recordState(RunState::Recovering, at);  // More has happened than new shares.
    }
    switch (m_phase) {
        case RunPhase::Starting:
            if (!advance(Trigger::AllReady)) {
                break;
            }
            if (hasBegun()) {
                freezeAll(reason, m_shared.times.hung, at);  // They say what they hold.
            } else {
                decide(at);  // Those who are ready hold nothing that could be frozen.
            }
            break;
        case RunPhase::Entering:
        case RunPhase::Training:
        case RunPhase::Stopping:
            if (m_phase == RunPhase::Entering) {
                ++m_fruitless;
            }
            if (advance(Trigger::MembershipLeft)) {
                freezeAll(reason, m_shared.times.hung, at);
            }
            break;
        case RunPhase::Freezing: completeRound(at); break;
        case RunPhase::Paused:
            // Frozen already; but without anybody who has state there is nothing to wait for.
            if (auto all = candidates(); hasBegun() && !judge(all).isWhole()) {
                if (advance(Trigger::GoOn)) {
                    decide(at);
                }
            }
            break;
        case RunPhase::Queued:
        case RunPhase::Leaving:
        case RunPhase::Gone: break;
    }
}

void RunMachine::freezeAll(const std::string& reason, Duration patience, Moment at) {
    m_round.emplace(nextNumber(), reason, at.now, patience);
    m_deadline = m_round->deadline();
    std::vector<const Process*> asked;
    if (hasBegun() && m_snapshot.state != RunState::Recovering && !m_calm) {
        recordState(RunState::Recovering, at);
    }
    for (Process& process : m_processes) {
        if (!process.isThere()) {
            continue;
        }
        process.entered = false;
        process.finished.reset();
        if (process.mustAnswer) {
            m_round->await(process.key);
            process.orderedAt = at.now;
            asked.push_back(&process);
        }
    }
    sendOnce(asked, Freeze{m_shared.term, m_snapshot.run, m_round->number(), reason});
    completeRound(at);
}

void RunMachine::completeRound(Moment at) {
    if (m_phase != RunPhase::Freezing || !m_round) {
        return;
    }
    const bool enough = m_round->isComplete() || at.now >= m_round->deadline();
    if (!enough && !LONGSHIP_MUTANT("leader-does-not-wait-for-frozen")) {
        return;
    }
    // Whoever did not answer cannot be relied on to have stopped: it belongs to nothing from here on.
    const std::set<TaskKey> silent = m_round->awaited();
    if (!LONGSHIP_MUTANT("leader-does-not-wait-for-frozen")) {
        const std::set<TaskKey> late = silent;
        expelLate("did not answer when its membership was left", at,
                  [&](const Process& process) { return late.contains(process.key); });
    }
    if (m_phase == RunPhase::Freezing) {
        decide(at);
    }
}

std::vector<RunMachine::Candidate> RunMachine::candidates() {
    std::vector<Candidate> all;
    for (Process& process : m_processes) {
        const bool frozen = m_round && m_round->answerOf(process.key) != nullptr;
        // A joiner that got ready meanwhile holds nothing that could be frozen.
        const bool fresh = process.isReady() && !process.rank && !(m_round && m_round->awaits(process.key));
        const bool counts = LONGSHIP_MUTANT("leader-counts-the-dead")
                                ? frozen || fresh
                                : process.isReady() && (frozen || fresh || !m_round);
        if (!counts) {
            continue;
        }
        all.push_back({&process, Standing::Nothing, isDrained(process.node) || isReplaced(process)});
    }
    // Who had a low rank keeps one; joiners come in the order of their tasks.
    std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
        return a.process->rank.value_or(~Rank{0}) < b.process->rank.value_or(~Rank{0});
    });
    return all;
}

/// The workers say where the run stands; the servers must have all of its shards there.
RunMachine::Judgement RunMachine::judge(std::vector<Candidate>& all) const {
    std::vector<StandingClaim> claims;
    std::vector<Candidate*> workers;
    for (Candidate& candidate : all) {
        if (candidate.serves()) {
            continue;
        }
        workers.push_back(&candidate);
        const Process& process = *candidate.process;
        StandingClaim claim{process.key.task, process.key.generation, 0, 0};
        if (const Frozen* frozen = m_round ? m_round->answerOf(process.key) : nullptr) {
            claim.entered = frozen->entered;
            claim.stepsApplied = frozen->stepsApplied;
        }
        claims.push_back(std::move(claim));
    }
    const Standings standings = judgeStandings(claims, m_snapshot.memberships);
    if (!standings.baseStep) {
        return {};
    }
    for (std::size_t i = 0; i < workers.size(); ++i) {
        workers[i]->standing = standings.of[i];
    }
    return {standings.baseStep, judgeServers(all, *standings.baseStep)};
}

void RunMachine::decide(Moment at) {
    std::vector<Candidate> all = candidates();
    if (!hasBegun()) {
        decideFirst(at);
        return;
    }
    const Judgement judgement = judge(all);
    m_missing = judgement.missing;
    if (!judgement.isWhole()) {
        waitForState(at);
        return;
    }
    forgetGoingBack();
    const Step base = *judgement.base;
    if (!pauseInstead(base, at)) {
        commit(whoStays(all, base, at), base, at);
    }
}

/// Who leaves stays for one membership more where nobody else has what it has; it goes when its heirs have
/// it. So does who cannot reach all others.
std::vector<RunMachine::Candidate> RunMachine::whoStays(const std::vector<Candidate>& all, Step base,
                                                        Moment at) {
    std::vector<TaskId> tasks;  // Servers first: everybody needs them.
    for (const bool servers : {true, false}) {
        for (const Candidate& candidate : all) {
            if (candidate.serves() == servers) {
                tasks.push_back(candidate.process->key.task);
            }
        }
    }
    const std::set<TaskId> apart = m_links.keepApart(tasks, at.now);
    const auto enough = [&](const std::vector<Candidate>& some, bool servers) {
        return servers ? isServed(some, base)
                       : std::any_of(some.begin(), some.end(), [](const Candidate& c) { return c.counts(); });
    };
    std::vector<Candidate> chosen;
    for (const bool servers : {false, true}) {
        std::vector<Candidate> kind = all;
        std::erase_if(kind, [&](const Candidate& candidate) { return candidate.serves() != servers; });
        std::vector<Candidate> reachable = kind;
        std::erase_if(reachable, [&](const Candidate& c) { return apart.contains(c.process->key.task); });
        std::vector<Candidate> staying = reachable;
        std::erase_if(staying, [](const Candidate& candidate) { return candidate.leaves; });
        if (!enough(staying, servers) && !LONGSHIP_MUTANT("leavers-take-the-state-with-them")) {
            staying = std::move(reachable);
        }
        const std::vector<Candidate>& some = enough(staying, servers) ? staying : kind;
        chosen.insert(chosen.end(), some.begin(), some.end());
    }
    return chosen;
}

void RunMachine::startWhenReady(Moment at) {
    if (m_phase != RunPhase::Starting) {
        return;
    }
    bool someReady = false;
    bool someLoad = false;
    for (const Process& process : m_processes) {
        someReady = someReady || process.isReady();
        someLoad = someLoad || (process.isThere() && !process.isReady());
    }
    // Without a server workers alone cannot begin, nor the other way round: that has its time, too.
    const bool enough = hasBegun() ? someReady : !kindMissing();
    if (enough && !someLoad && !someCome()) {
        beginChange(hasBegun() ? "the run goes back to a checkpoint" : "the run starts", at);
    }
}

/// Everybody who was placed begins together, with the initial state.
void RunMachine::decideFirst(Moment at) {
    const bool someLoad = std::any_of(m_processes.begin(), m_processes.end(), [](const Process& process) {
        return process.isThere() && !process.isReady();
    });
    std::vector<Candidate> all = candidates();
    std::erase_if(all, [](const Candidate& candidate) { return candidate.leaves; });
    bool works = false;
    bool serves = !hasServers();
    for (Candidate& candidate : all) {
        candidate.standing = candidate.serves() ? Standing::Nothing : Standing::Counts;
        (candidate.serves() ? serves : works) = true;
    }
    const bool inTime = !m_deadline || at.now < *m_deadline;
    if (!works || !serves || ((someLoad || someCome()) && inTime && m_deadline)) {
        if (advance(Trigger::NotReady)) {
            m_round.reset();
            m_deadline = std::max(m_deadline.value_or(at.now), at.now + m_shared.times.start);
            if (m_snapshot.state != RunState::Preparing) {
                recordState(RunState::Preparing, at);
            }
        }
        return;
    }
    commit(std::move(all), 0, at);
}

/// True when the run is paused instead of going on.
bool RunMachine::pauseInstead(Step base, Moment at) {
    const bool computing = std::exchange(m_lostWhileComputing, false);
    if (m_stopWanted) {
        return false;  // Somebody waits for its end.
    }
    const std::vector<Member>& last = m_snapshot.memberships.back().members;
    const auto before = static_cast<std::size_t>(
        std::count_if(last.begin(), last.end(), [](const Member& member) { return !isServer(member.task); }));
    const auto there = static_cast<std::size_t>(std::count_if(
        m_processes.begin(), m_processes.end(),
        [](const Process& process) { return process.isThere() && process.rank && !process.serves(); }));
    const std::vector<std::string> choices = {"go-on", "wait", "move", "stop"};
    if (computing && m_losses.lostAt(base, current())) {
        m_askWanted = true;
        raise({NodeId(), TaskId(),
               "workers were lost twice in a row while they computed step " + std::to_string(base),
               "The samples of this step may be what kills them. The run goes on when you say so.", ""},
              "The run is paused. It waits for your decision.", {"go-on", "stop"}, at);
    } else if (m_fruitless >= kFruitlessMax) {
        m_askWanted = true;
        m_fruitless = 0;
        raise(
            {NodeId(), TaskId(),
             "the workers could not connect to each other in " + std::to_string(kFruitlessMax) + " attempts",
             "A firewall or a broken link between the nodes does this.", ""},
            "The run is paused. It waits for your decision.", choices, at);
    } else if (before >= kBrakeMembers && 2 * there < before && !m_pauseWanted && !m_askWanted &&
               m_shared.nodes.lostCount() * 2 > before) {
        m_askWanted = true;
        raise({NodeId(), TaskId(),
               "over half of the workers were lost at once (" + std::to_string(before - there) + " of " +
                   std::to_string(before) + ")",
               "A switch or a power line may have failed: they may be back soon.", ""},
              "The run is paused. It waits for your decision.", choices, at);
    }
    if (!m_pauseWanted && !m_askWanted) {
        return false;
    }
    enterPause(m_pauseWanted ? "paused on request" : "waits for a decision", at);
    return true;
}

void RunMachine::enterPause(const std::string&, Moment at) {
    if (!advance(Trigger::PauseDue)) {
        return;
    }
    m_deadline.reset();
    m_goBackBy.reset();
    m_calm = false;
    if (m_snapshot.state != RunState::Paused) {
        recordState(RunState::Paused, at);
    }
}

/// Nobody who is there has the state, or a shard of it. Whoever was lost with its node may bring it back, as
/// long as its agent leaves its workers alone.
void RunMachine::waitForState(Moment at) {
    const Cause cause = lastCause();
    const bool hope = mayBringState();
    const std::string what =
        m_missing.empty() ? " has the state of the run" : " has the state of " + shardsText(m_missing);
    const std::string kind = m_missing.empty() ? "worker" : "server";
    if (m_whatIsGone.empty()) {
        m_whatIsGone = "no " + kind + what + " any more";
    }
    if (canGoBack() && !hope) {
        goBack(at);
        return;
    }
    if (!hope || m_stopWanted) {
        fail({cause.node, cause.task, cause.what + "; no other " + kind + what, cause.why, cause.lastLog},
             at);
        return;
    }
    if (!m_waitsForState) {
        m_waitsForState = true;
        raise({cause.node, cause.task, cause.what + "; nobody else" + what, cause.why, cause.lastLog},
              canGoBack() ? "The run waits for those who have it to come back, and goes back to its last "
                            "checkpoint otherwise."
                          : "The run waits for those who have it to come back.",
              canGoBack() ? std::vector<std::string>{"go-on", "wait", "stop"}
                          : std::vector<std::string>{"wait", "stop"},
              at);
    }
    enterPause("waits for a worker that has the state", at);
    m_deadline = at.now + m_shared.times.orphan;
}

/// Out of a pause everybody is asked anew where it stands: they may have changed meanwhile.
void RunMachine::unpause(const std::string& reason, Moment at) {
    if (!advance(Trigger::GoOn)) {
        return;
    }
    m_askWanted = false;
    m_pauseWanted = false;
    freezeAll(reason, m_shared.times.hung, at);
}

void RunMachine::commit(std::vector<Candidate> chosen, Step base, Moment at, bool fromCheckpoint) {
    if (!advance(Trigger::Committed)) {
        return;
    }
    const std::string reason = !hasBegun() ? "the run starts" : m_round ? m_round->reason() : "";
    // Rank 0 has the state: it is the one that sends it to those who lack it. Servers come behind.
    const auto placeOf = [](const Candidate& candidate) {
        const std::optional<std::uint32_t> server = serverNumber(candidate.process->key.task);
        const bool lacks = !server && !candidate.counts() && !LONGSHIP_MUTANT("rank-zero-may-lack-the-state");
        return std::tuple(server.has_value(), lacks, server.value_or(0));
    };
    std::stable_sort(chosen.begin(), chosen.end(),
                     [&](const Candidate& a, const Candidate& b) { return placeOf(a) < placeOf(b); });
    recordPrepared(chosen, at);
    if (LONGSHIP_MUTANT("base-is-a-step-too-low")) {
        base -= std::min<Step>(base, 1);
    }
    base += LONGSHIP_MUTANT("base-is-a-step-too-high") && hasBegun() ? 1 : 0;
    const MembershipNumber number =
        LONGSHIP_MUTANT("numbers-are-used-again") && hasBegun() ? current() : nextNumber();
    MembershipCommitted membership{number, m_shared.term, base, {}, reason, fromCheckpoint};
    const std::vector<std::uint32_t> shares = sharesOf(chosen);
    for (Process& process : m_processes) {
        process.rank.reset();
        process.entered = false;
        process.follows = false;
        process.finished.reset();
    }
    m_seatsWithState.clear();
    for (const Candidate& candidate : chosen) {
        Process& process = *candidate.process;
        process.rank = static_cast<Rank>(membership.members.size());
        membership.members.push_back(
            {*process.rank, process.key.task, process.key.generation, process.node, shares[*process.rank]});
        if (candidate.standing == Standing::Counts || LONGSHIP_MUTANT("leader-says-all-have-state")) {
            m_seatsWithState.insert(process.key);
        }
    }
    record(std::move(membership), at);
    m_steps = base;
    m_checkpoints.dropAbove(base);
    m_reported = RunState::Training;
    m_token = hexToken(m_shared.random);
    m_round.reset();
    m_deadline = at.now + m_shared.times.enter;
    seatAndRetire(at);
}

/// The data as the first of them found it: all found the same.
void RunMachine::recordPrepared(const std::vector<Candidate>& chosen, Moment at) {
    const auto first = std::find_if(chosen.begin(), chosen.end(),
                                    [](const Candidate& c) { return c.process->prepared.has_value(); });
    if (!m_snapshot.prepared && first != chosen.end()) {
        record(RunPrepared(*first->process->prepared), at);
    }
}

/// After the commit: seats for the members, the end for those whose task is another process's now.
void RunMachine::seatAndRetire(Moment at) {
    std::vector<const Process*> seated;
    std::vector<TaskKey> retired;
    for (Process& process : m_processes) {
        if (process.rank) {
            process.orderedAt = at.now;
            seated.push_back(&process);
        } else if (process.isReady() && isDrained(process.node)) {
            retired.push_back(process.key);
        }
    }
    sendOnce(seated, assignment());
    for (Process& process : m_processes) {
        if (!process.successor || !process.rank) {
            continue;
        }
        Process* before = presentOf(process.key.task);
        if (before != nullptr && before->rank) {
            continue;  // It has to hand over the state first.
        }
        if (before != nullptr && !before->gone) {
            retired.push_back(before->key);
        }
        process.successor = false;
        Post& post = m_posts.at(process.key.task);
        post.current = process.key.generation;
        post.node = process.node;
        post.goal.reset();
        post.wanted = false;
        post.unplaced = false;
        recordProcess(process, TaskState::Ready, "", at);
    }
    for (const TaskKey& key : retired) {
        Process& process = *find(key);
        endProcess(process, isDrained(process.node) ? "its node is drained" : "it was moved", at);
        if (m_posts.at(key.task).current == key.generation) {
            unplace(key.task, "its node is drained", at);
        }
    }
}

AssignMembership RunMachine::assignment() const {
    const MembershipCommitted& membership = m_snapshot.memberships.back();
    AssignMembership assign{m_shared.term,       m_snapshot.run, membership.number,
                            membership.baseStep, m_token,        {}};
    for (const Process* process : members()) {
        const Member& member = membership.members.at(*process->rank);
        assign.seats.push_back(
            {member, process->endpoint, process->publicKey, m_seatsWithState.contains(process->key)});
    }
    return assign;
}

/// When joiners are let in: those who are about to be ready come along; who is kept apart waits for longer.
std::optional<TimePoint> RunMachine::joinDue(TimePoint now) const {
    std::optional<TimePoint> due;
    for (const Process& process : m_processes) {
        if (!process.isReady() || process.rank) {
            continue;
        }
        const TimePoint mine = m_links.isApart(process.key.task, now) ? m_links.nextTry(now).value_or(now)
                                                                      : now + m_shared.times.collect;
        due = due ? std::min(*due, mine) : mine;
    }
    return due;
}

/// Somebody who is to leave is still a member, and no longer the only one who has what it has.
bool RunMachine::leaverHasHeirs() const {
    return haveHeirs(false) || haveHeirs(true);
}

/// Joiners are let in together, and not while the others are about to end.
void RunMachine::letJoin(Moment at) {
    if (m_phase != RunPhase::Training) {
        return;
    }
    const auto all = workers();
    const bool ending = std::any_of(all.begin(), all.end(), [](const Process* p) { return p->finished; });
    if (const auto due = joinDue(at.now); due && !ending) {
        m_joinAt = m_joinAt ? std::min(*m_joinAt, *due) : *due;
    }
    if (m_joinAt && at.now >= *m_joinAt && !ending) {
        m_joinAt.reset();
        beginChange(leaverHasHeirs() ? "a task moves" : "a " + joinerKind() + " joins", at);
    } else if (ending) {
        m_joinAt.reset();
    }
}

/// Who was a member keeps its share, also under another leader. Who joins gets what they have on average, and
/// shows by and by how fast it is.
std::vector<std::uint32_t> RunMachine::sharesOf(const std::vector<Candidate>& chosen) {
    std::map<TaskKey, std::uint32_t> known = std::exchange(m_newShares, {});
    if (known.empty() && hasBegun()) {
        for (const Member& member : m_snapshot.memberships.back().members) {
            if (!isServer(member.task)) {
                known[{m_snapshot.run, member.task, member.generation}] = member.share;
            }
        }
    }
    std::uint64_t sum = 0;
    for (const auto& [key, share] : known) {
        sum += share;
    }
    const auto average =
        known.empty() ? 1U : static_cast<std::uint32_t>(std::max<std::uint64_t>(sum / known.size(), 1));
    std::vector<std::uint32_t> shares;
    const bool some = std::any_of(chosen.begin(), chosen.end(), [](const Candidate& candidate) {
        return candidate.serves() && !candidate.leaves;
    });
    for (const Candidate& candidate : chosen) {
        const auto found = known.find(candidate.process->key);
        const std::uint32_t ofWorker = found == known.end() ? average : found->second;
        // A server that leaves only gives what it holds to those who serve.
        shares.push_back(!candidate.serves() ? ofWorker : candidate.leaves && some ? 0 : 1);
    }
    const auto servers =
        std::find_if(chosen.begin(), chosen.end(), [](const Candidate& c) { return c.serves(); });
    const auto workersEnd = shares.begin() + (servers - chosen.begin());
    if (std::all_of(shares.begin(), workersEnd, [](std::uint32_t share) { return share == 0; })) {
        std::fill(shares.begin(), workersEnd, 1);
    }
    return shares;
}

void RunMachine::beginToMeasure(Moment at) {
    if (!m_snapshot.prepared || m_snapshot.prepared->microBatch == 0) {
        return;
    }
    std::vector<std::uint32_t> shares;
    for (const Member& member : m_snapshot.memberships.back().members) {
        if (!isServer(member.task)) {
            shares.push_back(member.share);
        }
    }
    const std::uint64_t batch = m_snapshot.prepared->microBatch;
    m_shareMeter.begin(current(), std::move(shares), (m_job.globalBatch + batch - 1) / batch, at.now);
}

/// The members stay; who is faster gets more micro-batches.
void RunMachine::shareBySpeed(Moment at) {
    const auto all = workers();
    const bool settled =
        m_phase == RunPhase::Training && m_snapshot.state == RunState::Training &&
        m_reported == RunState::Training && !m_stopWanted && !m_joinAt && !m_suspicion &&
        std::none_of(all.begin(), all.end(), [](const Process* p) { return p->finished || p->follows; });
    if (!settled) {
        return;
    }
    const auto better = m_shareMeter.better(at.now);
    if (!better || better->size() != all.size()) {
        return;
    }
    for (const Process* member : all) {
        m_newShares[member->key] = (*better)[*member->rank];
    }
    if (advance(Trigger::MembershipLeft)) {
        m_calm = true;
        freezeAll("the work is shared out by speed", m_shared.times.hung, at);
    }
}

}  // namespace longship
