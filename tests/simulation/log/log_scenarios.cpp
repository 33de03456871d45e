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
    Story story(4);
    const NodeId drained = story.leader();
    story.logs.setDrained({drained});
    story.expect(story.anotherLeads(drained, 2 * kT), "another leads after the leader was drained");
    story.expect(story.becomesCalm(kT), "the drained one has no vote");
    story.logs.crash(drained);
    story.expect(story.commitsSomething(seconds(1)), "nobody needs it");
    return story.end();
}

/// Two others are too few to do without it as long as it is there; when it is switched off, they do.
std::string drainedLeaderOfThree() {
    Story story(3);
    const NodeId drained = story.leader();
    story.logs.setDrained({drained});
    story.expect(story.commitsSomething(kT), "all goes on with the drained one");
    story.logs.crash(drained);
    story.expect(story.anotherLeads(drained, 2 * kT), "another leads after it was switched off");
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

/// The one with two votes of three is gone for good: a person tells the other to go on. It comes back with
/// what it had, which is the same.
std::string takenOver() {
    Story story(2);
    const NodeId holder = story.leader();
    const NodeId other = story.follower();
    story.expect(!story.logs.takeOver(other), "nothing is taken over while somebody leads");
    story.logs.crash(holder);
    story.expect(!story.logs.takeOver(other), "nor a moment after");
    story.logs.runFor(2 * kT);
    const Lineage before = story.logs.log(other).lineage();
    const std::uint64_t committed = story.logs.committed();
    story.expect(story.logs.takeOver(other), "a person tells the one that is left to go on");
    story.expect(story.becomesCalm(kT), "it leads alone");
    story.expect(story.logs.committed() >= committed, "and has all that there was");
    story.expect(story.commitsSomething(seconds(1)), "and commits");
    story.expect(supersedes(story.logs.log(other).lineage(), before), "it is another branch");
    story.expect(!story.logs.takeOver(other), "once is enough");
    story.logs.start(holder);
    story.expect(story.becomesCalm(kT), "the old one joins");
    story.expect(story.logs.discards() == 0, "what it had is part of the branch");
    story.logs.crash(holder);
    story.expect(story.becomesCalm(2 * kT), "and may go again");
    return story.end();
}

/// Two of five take over while the three others go on: what these do is void when they meet.
std::string majorityGoesOn(std::size_t entriesUntilCompaction) {
    Story story(5, entriesUntilCompaction);
    const NodeId one = story.follower(0);
    const NodeId two = story.follower(1);
    for (const NodeId& id : story.logs.ids()) {
        for (const NodeId& lonely : {one, two}) {
            const bool isCut = id != one && id != two;
            story.logs.cut(id, lonely, isCut);
            story.logs.cut(lonely, id, isCut);
        }
    }
    story.logs.runFor(2 * kT);
    for (int i = 0; i < 12; ++i) {
        story.expect(story.commitsSomething(seconds(1)), "three of five commit");
    }
    story.expect(story.logs.takeOver(one) || story.logs.takeOver(two), "two of five are told to go on");
    story.expect(!story.logs.takeOver(one) && !story.logs.takeOver(two), "once");
    story.logs.runFor(2 * kT);
    const Lineage branch = std::max(story.logs.log(one).lineage(), story.logs.log(two).lineage());
    story.logs.heal();
    story.expect(story.becomesCalm(2 * kT), "all meet in one branch");
    story.expect(story.logs.log(story.leader()).lineage() == branch, "that of the takeover");
    // The other of the two, too, where it was given a snapshot: nobody can tell what that is made of.
    const std::uint64_t dropped = story.logs.discards();
    story.expect(dropped == 3 || (dropped == 4 && entriesUntilCompaction < 100),
                 "the three drop what they had, not " + std::to_string(dropped));
    story.expect(story.commitsSomething(seconds(1)), "and all go on");
    return story.end();
}

std::string bothSidesGoOn() {
    std::string said = majorityGoesOn(4096);
    return said.empty() ? majorityGoesOn(4) : said;
}

std::string takeoversOnTwoSides() {
    Story story(3);
    const NodeId gone = story.leader();
    const NodeId one = story.follower(0);
    const NodeId two = story.follower(1);
    story.logs.crash(gone);
    story.logs.isolate(one, true);
    story.logs.runFor(2 * kT);
    story.expect(story.logs.takeOver(one) && story.logs.takeOver(two), "both are told to go on");
    story.logs.runFor(kT);
    for (const NodeId& id : {one, two}) {
        story.expect(story.logs.log(id).leads(), id.value + " leads its branch");
    }
    const Lineage winner = std::max(story.logs.log(one).lineage(), story.logs.log(two).lineage());
    story.logs.heal();
    story.expect(story.becomesCalm(2 * kT), "they meet, and the third comes back");
    story.expect(story.logs.log(gone).lineage() == winner, "one branch is left");
    // The third one, too, where it heard of the other branch first.
    const std::uint64_t dropped = story.logs.discards();
    story.expect(dropped == 1 || dropped == 2, "what the other one did is void");
    return story.end();
}

/// Who has more goes on.
std::string takeoverOfTheFurthest() {
    Story story(5);
    const NodeId leader = story.leader();
    const NodeId behind = story.follower(0);
    const NodeId ahead = story.follower(1);
    story.logs.isolate(behind, true);
    story.expect(story.commitsSomething(seconds(1)), "four of five commit");
    story.logs.runFor(milliseconds(300));
    for (const NodeId& id : story.logs.ids()) {
        if (id != behind && id != ahead) {
            story.logs.crash(id);
        }
    }
    story.logs.isolate(behind, false);
    story.logs.runFor(2 * kT);
    story.expect(!story.logs.takeOver(behind), "who lacks something is refused");
    story.expect(story.logs.takeOver(ahead), "who has it is not");
    story.expect(story.becomesCalm(2 * kT), "both go on");
    story.logs.start(leader);
    story.expect(story.becomesCalm(2 * kT), "the old leader follows");
    story.expect(story.logs.discards() == 0, "nobody has lost anything");
    return story.end();
}

/// They heard of a branch and have nothing of it: their votes are for a log that was given up.
std::string newcomersWithoutALeader() {
    Story story(5);
    const NodeId founder = story.follower(0);
    story.logs.isolate(founder, true);
    story.logs.runFor(2 * kT);
    story.expect(story.logs.takeOver(founder), "one of five is told to go on");
    story.logs.runFor(kT);
    for (const NodeId& id : story.logs.ids()) {
        story.logs.cut(founder, id, false);  // It is heard, and hears nothing.
    }
    story.logs.runFor(milliseconds(600));
    story.logs.crash(founder);
    story.logs.runFor(3 * kT);
    for (const NodeId& id : story.logs.ids()) {
        story.expect(id == founder || !story.logs.log(id).leads(), "nobody leads without it");
    }
    story.logs.heal();
    story.expect(story.becomesCalm(2 * kT), "all join when it is back");
    return story.end();
}

/// A confirmation that comes two leaderships late, when what was confirmed then may be gone. No network keeps
/// a message for so long, so this one is handed over by hand.
std::string lateConfirmation() {
    const NodeId self("node-a");
    const NodeId other("node-b");
    const VoterWeights three{{self, {1, 1}}, {other, {2, 1}}, {NodeId("node-c"), {3, 1}}};
    const Lineage lineage = newLineage(9);
    StoredLog stored{lineage, 1, 4, NodeId(), {}, {{1, 0, EntryKind::Voting, {}, {three, {}}}}};
    TimePoint now{std::chrono::hours(1)};
    ReplicatedLog log({.self = self, .nodes = {self, other, NodeId("node-c")}, .seed = 5}, stored, now);
    const auto settle = [&] {
        while (const auto write = log.pollWrite()) {
            log.written(write->number, now);
        }
    };
    now += kT;
    log.handleTimeout(now);
    log.handle(other, VoteAnswer{lineage, 4, 5, true, true, 2}, now);
    settle();
    log.handle(other, VoteAnswer{lineage, 5, 5, false, true, 2}, now);
    settle();
    if (!log.leads() || log.term() != 5) {
        return "it was elected, and does not lead";
    }
    log.handle(other, AppendAnswer{lineage, 3, 1, 2, true, 2}, now);
    if (log.committed() != 0) {
        return "a confirmation of an earlier term made it commit";
    }
    log.handle(other, AppendAnswer{lineage, 5, 1, 2, true, 2}, now);
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
            {"drainedLeaderOfThree", drainedLeaderOfThree},
            {"lostDisk", lostDisk},
            {"lateConfirmation", lateConfirmation},
            {"foundersDiskLost", foundersDiskLost},
            {"founderAlone", founderAlone},
            {"farBehind", farBehind},
            {"noMajority", noMajority},
            {"takenOver", takenOver},
            {"bothSidesGoOn", bothSidesGoOn},
            {"takeoversOnTwoSides", takeoversOnTwoSides},
            {"takeoverOfTheFurthest", takeoverOfTheFurthest},
            {"newcomersWithoutALeader", newcomersWithoutALeader}};
}

}  // namespace longship::test
