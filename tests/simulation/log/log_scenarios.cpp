#include "tests/simulation/log/log_scenarios.h"

#include <algorithm>

#include "core/protocol/limits.h"
#include "tests/simulation/log/simulated_logs.h"

namespace longship::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kT = SimulatedLogs::kT;

/// A cluster that is founded and calm, and what a scenario says of it.
class Story {
public:
    explicit Story(unsigned nodes, std::size_t entriesUntilCompaction = 4096)
        : logs({.seed = 11,
                .nodes = nodes,
                .clockSpread = 0.01,
                .entriesUntilCompaction = entriesUntilCompaction,
                .codec = true}) {
        expect(becomesCalm(2 * kT), "a new cluster has one leader, and all vote");
    }

    void expect(bool is, const std::string& what) {
        if (m_said.empty() && !is) {
            m_said = "not so: " + what + "\n" + logs.describe();
        }
    }
    bool becomesCalm(Duration within) {
        return logs.runFor(within, [this] { return logs.isCalm(); }) && logs.problem().empty();
    }
    bool commitsSomething(Duration within) {
        const auto index = logs.propose();
        return index && logs.runFor(within, [&] {
            return std::any_of(logs.ids().begin(), logs.ids().end(), [&](const NodeId& id) {
                return logs.isUp(id) && logs.log(id).leads() && logs.log(id).applied() >= *index;
            });
        });
    }
    bool anotherLeads(const NodeId& than, Duration within) {
        return logs.runFor(within, [&] { return logs.leader() && *logs.leader() != than; });
    }
    NodeId leader() const { return logs.leader().value_or(NodeId()); }
    NodeId follower(std::size_t which = 0) const {
        for (const NodeId& id : logs.ids()) {
            if (id != leader() && logs.isUp(id) && which-- == 0) {
                return id;
            }
        }
        return {};
    }
    std::string end() const {
        return logs.problem().empty() ? m_said : logs.problem() + "\n" + logs.describe();
    }

    SimulatedLogs logs;

private:
    std::string m_said;
};

std::string silentLeader() {
    Story story(3);
    const NodeId old = story.leader();
    story.logs.crash(old);
    story.expect(story.anotherLeads(old, kT * 3 / 4), "another leads 3/4 T after a leader fell silent");
    story.expect(story.commitsSomething(seconds(1)), "it commits");
    story.logs.start(old);
    story.expect(story.becomesCalm(kT), "the old one follows when it is back");
    return story.end();
}

std::string refusedLeader() {
    Story story(3);
    const NodeId old = story.leader();
    story.logs.crash(old);
    story.logs.runFor(milliseconds(5));  // A connection is refused after its last word.
    story.logs.tellRefused(old);
    story.expect(story.anotherLeads(old, kT / 8),
                 "another leads T/8 after a leader's connection was refused");
    story.expect(story.becomesCalm(kT / 4), "and the dead one has lost its vote");
    return story.end();
}

/// One after the other, down to the last: always one whose death can be survived.
std::string oneAfterTheOther() {
    Story story(5);
    for (std::size_t left = 4; left >= 1; --left) {
        const auto& voters = story.logs.log(story.leader()).voting().now;
        std::uint32_t total = 0;
        for (const auto& [node, voter] : voters) {
            total += voter.weight;
        }
        const bool leaderHoldsAll = 2 * voters.at(story.leader()).weight > total;
        story.logs.crash(leaderHoldsAll ? story.follower() : story.leader());
        story.expect(story.becomesCalm(3 * kT), std::to_string(left) + " nodes that are left go on");
        story.expect(story.commitsSomething(seconds(1)), std::to_string(left) + " nodes commit");
        if (!story.end().empty()) {
            break;
        }
    }
    for (const NodeId& id : story.logs.ids()) {
        story.logs.start(id);
    }
    story.expect(story.becomesCalm(3 * kT), "all vote again when they are back");
    return story.end();
}

/// Of two, one holds two of three votes. The other does not go on alone.
std::string wrongOneOfTwo() {
    Story story(2);
    const NodeId holder = story.leader();
    const NodeId other = story.follower();
    story.expect(story.logs.log(holder).voting().now.at(holder).weight == 2, "one of two has two votes");
    story.logs.crash(holder);
    story.logs.tellRefused(holder);
    story.logs.runFor(5 * kT);
    story.expect(!story.logs.log(other).leads(), "the one with one vote of three does not lead");
    story.logs.start(holder);
    story.expect(story.becomesCalm(kT), "both go on when the other is back");
    story.logs.crash(other);
    story.expect(story.becomesCalm(2 * kT), "the one with two votes goes on alone");
    story.expect(story.commitsSomething(seconds(1)), "and commits");
    return story.end();
}

std::string cutOffFollower() {
    Story story(3);
    const NodeId leader = story.leader();
    const Term term = story.logs.log(leader).term();
    const NodeId lonely = story.follower();
    story.logs.isolate(lonely, true);
    story.logs.runFor(3 * kT);
    story.logs.isolate(lonely, false);
    story.expect(story.becomesCalm(kT), "a follower that was cut off comes back");
    story.expect(story.leader() == leader && story.logs.log(leader).term() == term, "and ends no leadership");
    return story.end();
}

/// It can speak, so nobody misses it; and hears nothing, so nothing is ever committed.
std::string deafLeader() {
    Story story(3);
    const NodeId deaf = story.leader();
    for (const NodeId& id : story.logs.ids()) {
        story.logs.cut(id, deaf, id != deaf);
    }
    story.expect(story.anotherLeads(deaf, 2 * kT), "a leader that hears nobody makes way");
    return story.end();
}

std::string onePairCannotTalk() {
    Story story(4);
    const NodeId leader = story.leader();
    const Term term = story.logs.log(leader).term();
    const NodeId other = story.follower();
    story.logs.cut(leader, other, true);
    story.logs.cut(other, leader, true);
    story.logs.runFor(4 * kT);
    story.expect(story.leader() == leader && story.logs.log(leader).term() == term,
                 "a leader stays although one follower cannot hear it");
    story.expect(story.commitsSomething(seconds(1)), "and commits");
    story.logs.heal();
    story.expect(story.becomesCalm(kT), "the other is back at once when it hears");
    return story.end();
}

/// Who starts again has forgotten whom it heard a moment ago, and must not help to replace it.
std::string restartsBesideOneCutOff() {
    Story story(3);
    const NodeId leader = story.leader();
    const Term term = story.logs.log(leader).term();
    const NodeId lonely = story.follower(0);
    const NodeId restless = story.follower(1);
    story.logs.cut(leader, lonely, true);
    story.logs.cut(lonely, leader, true);
    for (int i = 0; i < 60; ++i) {
        story.logs.crash(restless);
        story.logs.start(restless);
        story.logs.runFor(milliseconds(311));
    }
    story.expect(story.leader() == leader && story.logs.log(leader).term() == term, "the leader stays");
    return story.end();
}

std::string drainedLeader() {
    Story story(3);
    const NodeId drained = story.leader();
    story.logs.setDrained({drained});
    story.expect(story.anotherLeads(drained, 2 * kT), "another leads after the leader was drained");
    story.expect(story.becomesCalm(kT), "the drained one has no vote");
    story.logs.crash(drained);
    story.expect(story.commitsSomething(seconds(1)), "nobody needs it");
    return story.end();
}

/// What it promised with its old disk is gone; it may not stand in for it.
std::string lostDisk() {
    Story story(3);
    const NodeId forgetful = story.follower(0);
    const NodeId other = story.follower(1);
    story.logs.crash(forgetful);
    story.logs.crash(other);
    story.expect(story.logs.wipe(forgetful), "one of three disks may be lost");
    story.logs.start(forgetful);
    story.expect(!story.commitsSomething(3 * kT), "nothing is committed with a voter that lost its disk");
    story.logs.start(other);
    story.expect(story.becomesCalm(2 * kT), "all vote again when the other is back");
    return story.end();
}

std::string foundersDiskLost() {
    Story story(3);
    const NodeId founder = story.logs.ids().front();
    const std::uint64_t lineage = story.logs.log(founder).lineage();
    story.expect(story.commitsSomething(seconds(1)), "something is committed");
    story.logs.crash(founder);
    story.expect(story.logs.wipe(founder), "the founder's disk may be lost");
    story.logs.start(founder);
    story.expect(story.becomesCalm(3 * kT), "the founder joins the others again");
    story.expect(story.logs.log(founder).lineage() == lineage, "and founds nothing anew");
    return story.end();
}

/// It asks before it founds, even when only some answer, and waits while it cannot know.
std::string founderAlone() {
    Story story(3);
    const NodeId founder = story.logs.ids().front();
    story.logs.crash(founder);
    story.expect(story.becomesCalm(2 * kT), "two go on");
    story.expect(story.logs.wipe(founder) || story.logs.disk(founder).lineage != 0, "the disk may be lost");
    story.logs.isolate(founder, true);
    story.logs.start(founder);
    story.logs.runFor(3 * kT);
    story.expect(story.logs.log(founder).lineage() == 0 || story.logs.disk(founder).term != 0,
                 "a founder that nobody answers founds nothing");
    story.logs.isolate(founder, false);
    story.expect(story.becomesCalm(2 * kT), "and joins when it hears of a log");
    return story.end();
}

std::string farBehind() {
    Story story(3, 8);
    const NodeId late = story.follower();
    story.logs.crash(late);
    for (int i = 0; i < 100; ++i) {
        story.expect(story.commitsSomething(2 * kT), "two of three commit");
    }
    story.expect(story.logs.log(story.leader()).entries().base().index > 80, "old entries are dropped");
    story.logs.start(late);
    story.expect(story.becomesCalm(kT), "a node far behind gets a snapshot, then the rest");
    story.expect(story.logs.snapshots() > 0, "a snapshot was applied");
    return story.end();
}

std::string noMajority() {
    Story story(3);
    const NodeId leader = story.leader();
    story.logs.isolate(leader, true);
    std::size_t taken = 0;
    while (taken <= kUncommittedEntriesMax && story.logs.propose()) {
        ++taken;
    }
    story.expect(taken > kUncommittedEntriesMax / 2 && taken <= kUncommittedEntriesMax,
                 "a leader without a majority takes only so many entries");
    story.logs.isolate(leader, false);
    story.expect(story.becomesCalm(2 * kT), "what was not committed is committed or forgotten");
    return story.end();
}

/// A confirmation that comes two leaderships late, when what was confirmed then may be gone. No network keeps
/// a message for so long, so this one is handed over by hand.
std::string lateConfirmation() {
    const NodeId self("node-a");
    const NodeId other("node-b");
    const VoterWeights three{{self, {1, 1}}, {other, {2, 1}}, {NodeId("node-c"), {3, 1}}};
    StoredLog stored{9, 1, 4, NodeId(), {}, {{1, 0, EntryKind::Voting, {}, {three, {}}}}};
    TimePoint now{std::chrono::hours(1)};
    ReplicatedLog log({.self = self, .nodes = {self, other, NodeId("node-c")}, .seed = 5}, stored, now);
    const auto settle = [&] {
        while (const auto write = log.pollWrite()) {
            log.written(write->number, now);
        }
    };
    now += kT;
    log.handleTimeout(now);
    log.handle(other, VoteAnswer{9, 4, 5, true, true, 2}, now);
    settle();
    log.handle(other, VoteAnswer{9, 5, 5, false, true, 2}, now);
    settle();
    if (!log.leads() || log.term() != 5) {
        return "it was elected, and does not lead";
    }
    log.handle(other, AppendAnswer{9, 3, 1, 2, true, 2}, now);
    if (log.committed() != 0) {
        return "a confirmation of an earlier term made it commit";
    }
    log.handle(other, AppendAnswer{9, 5, 1, 2, true, 2}, now);
    return log.committed() == 2 ? "" : "a confirmation of this term did not make it commit";
}

}  // namespace

std::vector<LogScenario> logScenarios() {
    return {{"silentLeader", silentLeader},
            {"refusedLeader", refusedLeader},
            {"oneAfterTheOther", oneAfterTheOther},
            {"wrongOneOfTwo", wrongOneOfTwo},
            {"cutOffFollower", cutOffFollower},
            {"deafLeader", deafLeader},
            {"onePairCannotTalk", onePairCannotTalk},
            {"restartsBesideOneCutOff", restartsBesideOneCutOff},
            {"drainedLeader", drainedLeader},
            {"lostDisk", lostDisk},
            {"lateConfirmation", lateConfirmation},
            {"foundersDiskLost", foundersDiskLost},
            {"founderAlone", founderAlone},
            {"farBehind", farBehind},
            {"noMajority", noMajority}};
}

}  // namespace longship::test
