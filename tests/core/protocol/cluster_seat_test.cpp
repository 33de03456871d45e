#include "core/protocol/cluster_seat.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "core/domain/job_yaml.h"
#include "core/protocol/limits.h"

namespace longship {
namespace {

using std::chrono::milliseconds;

const NodeId kA("node-a");
const NodeId kB("node-b");
const NodeId kC("node-c");

/// Seats that speak to each other without delay, with disks that can be slow and nodes that can be away.
class Seats {
public:
    struct Node {
        std::unique_ptr<ClusterSeat> seat;
        StoredLog disk;
        std::deque<ReplicatedLog::Write> writing;
        std::map<RunId, std::vector<RunEvent>> history;
        std::vector<ClusterSeat::Answer> answers;
        std::vector<AgentAction> actions;
    };

    explicit Seats(std::vector<NodeId> ids) : m_ids(std::move(ids)) {
        for (const NodeId& id : m_ids) {
            start(id);
        }
        settle();
    }

    Node& operator[](const NodeId& id) { return m_nodes[id]; }
    ClusterSeat& seat(const NodeId& id) { return *m_nodes[id].seat; }
    TimePoint now() const { return m_now; }

    void start(const NodeId& id) {
        ClusterSeat::Options options;
        options.self = id;
        options.cluster = "test";
        options.nodes = m_ids;
        options.seed = ++m_seed;
        options.entriesUntilCompaction = 8;
        Node& node = m_nodes[id];
        std::vector<RunSnapshot> known;
        for (const auto& [run, events] : node.history) {
            known.push_back(foldEvents(events));
            options.lastEvents[run] = events.back().time;
        }
        node.seat = std::make_unique<ClusterSeat>(options, node.disk, known, m_now);
        for (const NodeId& other : m_ids) {
            if (other != id && m_nodes[other].seat) {
                m_nodes[other].seat->linkUp(id, m_now);
                m_nodes[other].seat->linkWelcomed(id, false, m_now);
                node.seat->linkUp(other, m_now);
                node.seat->linkWelcomed(other, m_nodes[other].seat->leads(), m_now);
            }
        }
    }
    void kill(const NodeId& id, bool refuses) {
        m_nodes[id].seat.reset();
        m_nodes[id].writing.clear();
        for (auto& [other, node] : m_nodes) {
            if (node.seat && refuses) {
                node.seat->linkRefused(id, m_now, wall());
            } else if (node.seat) {
                node.seat->linkDown(id, m_now);
            }
        }
    }
    /// They do not hear each other.
    void part(const NodeId& one, const NodeId& other, bool isCut) {
        m_cut = isCut;
        for (const auto& [from, to] : {std::pair(one, other), std::pair(other, one)}) {
            if (m_nodes[from].seat && isCut) {
                m_nodes[from].seat->linkDown(to, m_now);
            } else if (m_nodes[from].seat && m_nodes[to].seat) {
                m_nodes[from].seat->linkUp(to, m_now);
            }
        }
    }
    void stopDisk(const NodeId& id, bool stopped) { m_stopped = stopped ? id : NodeId(); }

    /// Until nobody has anything to say.
    void settle() {
        for (bool spoke = true; spoke;) {
            spoke = false;
            for (const NodeId& id : m_ids) {
                if (m_nodes[id].seat) {
                    spoke = drain(id) || spoke;
                }
            }
        }
    }
    void wait(milliseconds duration) {
        for (const TimePoint end = m_now + duration; m_now < end;) {
            m_now += milliseconds(10);
            for (const NodeId& id : m_ids) {
                if (m_nodes[id].seat && m_nodes[id].seat->nextTimeout() <= m_now) {
                    m_nodes[id].seat->handleTimeout(m_now, wall());
                }
            }
            settle();
        }
    }
    std::optional<NodeId> leader() {
        for (const NodeId& id : m_ids) {
            if (m_nodes[id].seat && m_nodes[id].seat->leads()) {
                return id;
            }
        }
        return std::nullopt;
    }
    void submit(const NodeId& at, std::uint64_t ticket, std::uint64_t sequence) {
        seat(at).command(ticket, {"someone", sequence, SubmitRun{toYaml(demoJob())}}, m_now, wall());
        settle();
    }

private:
    UtcTime wall() const {
        return UtcTime{
            std::chrono::duration_cast<std::chrono::microseconds>(m_now.time_since_epoch()).count()};
    }
    bool drain(const NodeId& id) {
        Node& node = m_nodes[id];
        ClusterSeat::Work work = node.seat->drain(m_now, wall());
        bool any = !work.empty();
        for (auto& write : work.writes) {
            node.writing.push_back(std::move(write));
        }
        while (!node.writing.empty() && id != m_stopped) {
            EXPECT_TRUE(apply(node.writing.front().change, node.disk));
            node.seat->written(node.writing.front().number, m_now, wall());
            node.writing.pop_front();
            any = true;
        }
        if (!work.voidRuns.empty()) {
            for (const RunId& run : work.voidRuns) {
                node.history.erase(run);
            }
            start(id);
            return true;
        }
        for (const RunEvent& event : work.events) {
            EXPECT_EQ(event.sequence, node.history[event.run].size() + 1);
            node.history[event.run].push_back(event);
        }
        std::move(work.answers.begin(), work.answers.end(), std::back_inserter(node.answers));
        std::move(work.actions.begin(), work.actions.end(), std::back_inserter(node.actions));
        for (auto& [to, message] : work.toNodes) {
            deliver(id, to, message);
        }
        if (node.seat->compactionDue()) {
            EXPECT_TRUE(node.seat->compact(m_now));
        }
        return any;
    }
    void deliver(const NodeId& from, const NodeId& to, const Message& message) {
        if (!m_nodes[to].seat || m_cut) {
            return;
        }
        if (const auto* pull = std::get_if<PullRequest>(&message)) {
            PullAnswer answer{pull->request, pull->run, {}, {}, false};
            for (const RunEvent& event : m_nodes[to].history[pull->run]) {
                if (event.sequence > pull->afterSequence) {
                    answer.events.push_back(event);
                }
            }
            return deliver(to, from, answer);
        }
        m_nodes[to].seat->handleAgent(from, message, m_now, wall());
    }

    const std::vector<NodeId> m_ids;
    std::map<NodeId, Node> m_nodes;
    NodeId m_stopped;
    bool m_cut = false;
    TimePoint m_now{std::chrono::hours(1)};
    std::uint64_t m_seed = 40;
};

TEST(ClusterSeat, aClusterOfOneLeadsItself) {
    Seats seats({kA});
    EXPECT_TRUE(seats.seat(kA).leads());
    seats.submit(kA, 1, 1);
    ASSERT_EQ(seats[kA].answers.size(), 1u);
    ASSERT_TRUE(seats[kA].answers[0].answer);
    EXPECT_TRUE(seats[kA].history.contains(seats[kA].answers[0].answer->run));
}

TEST(ClusterSeat, theFirstNodeFoundsAndAllKeepTheEvents) {
    Seats seats({kA, kB, kC});
    seats.wait(milliseconds(1000));
    EXPECT_EQ(seats.leader(), kA);
    EXPECT_EQ(seats.seat(kB).leader(), kA);
    EXPECT_TRUE(seats.seat(kB).leaderHeard(seats.now()));
    seats.submit(kA, 7, 1);
    seats.wait(milliseconds(500));
    ASSERT_EQ(seats[kA].answers.size(), 1u);
    EXPECT_EQ(seats[kA].answers[0].ticket, 7u);
    EXPECT_FALSE(seats[kA].history.empty());
    EXPECT_EQ(seats[kA].history, seats[kB].history);
    EXPECT_EQ(seats[kA].history, seats[kC].history);
}

/// A supervising parent starts an agent again within milliseconds: nobody is ever refused by its machine.
TEST(ClusterSeat, aLeaderThatIsBackBeforeItWasMissedIsReplacedAtOnce) {
    Seats seats({kA, kB, kC});
    seats.wait(milliseconds(1000));
    const Term term = seats.seat(kB).term();
    seats.kill(kA, false);
    seats.start(kA);
    seats.wait(milliseconds(700));
    ASSERT_TRUE(seats.leader().has_value());
    EXPECT_GT(seats.seat(*seats.leader()).term(), term);
}

/// Nothing that depends on an event is said before a majority has it.
TEST(ClusterSeat, answersAndOrdersWaitForTheCommit) {
    Seats seats({kA, kB, kC});
    seats.wait(milliseconds(1000));
    seats.kill(kC, false);
    seats.stopDisk(kB, true);
    seats.submit(kA, 1, 1);
    EXPECT_TRUE(seats[kA].answers.empty());
    EXPECT_TRUE(seats[kA].history.empty());
    EXPECT_TRUE(seats[kA].actions.empty());
    EXPECT_TRUE(seats.seat(kA).isKnown({"someone", 1, {}}));
    seats.stopDisk(kB, false);
    seats.settle();
    ASSERT_EQ(seats[kA].answers.size(), 1u);
    EXPECT_TRUE(seats[kA].answers[0].answer);
    EXPECT_FALSE(seats[kA].actions.empty());
}

TEST(ClusterSeat, anotherLeadsWhenTheLeaderIsKilledAndACommandHasOneEffect) {
    Seats seats({kA, kB, kC});
    seats.wait(milliseconds(1000));
    seats.submit(kA, 1, 1);
    seats.wait(milliseconds(500));
    const RunId run = seats[kA].answers.at(0).answer->run;
    seats.kill(kA, true);
    seats.wait(milliseconds(600));
    const auto leader = seats.leader();
    ASSERT_TRUE(leader);
    EXPECT_NE(*leader, kA);
    seats.submit(*leader, 2, 1);
    ASSERT_EQ(seats[*leader].answers.size(), 1u);
    ASSERT_TRUE(seats[*leader].answers[0].answer);
    EXPECT_EQ(seats[*leader].answers[0].answer->run, run);
    EXPECT_EQ(seats[kB].history.size(), 1u);
    // Down to one of two: the one with two votes goes on by itself.
    seats.wait(milliseconds(4000));
    seats.start(kA);
    seats.wait(milliseconds(3000));
    EXPECT_EQ(seats[kA].history, seats[*leader].history);
    EXPECT_EQ(seats.seat(kA).leader(), *leader);
}

TEST(ClusterSeat, aLeaderWithoutAMajorityGivesUpAndAnswersNothing) {
    Seats seats({kA, kB, kC});
    seats.wait(milliseconds(1000));
    seats.kill(kB, false);
    seats.kill(kC, false);
    seats.submit(kA, 1, 1);
    EXPECT_TRUE(seats[kA].answers.empty());
    seats.wait(milliseconds(2000));
    EXPECT_FALSE(seats.seat(kA).leads());
    EXPECT_FALSE(seats.seat(kA).leaderHeard(seats.now()));
    ASSERT_EQ(seats[kA].answers.size(), 1u);
    EXPECT_FALSE(seats[kA].answers[0].answer);
}

/// One goes on alone and is destroyed; the other is told to go on with less. When the first comes back, it
/// has what the cluster has, whether it was away meanwhile or alive on its side.
class ClusterSeatTakeover : public ::testing::TestWithParam<bool> {};

TEST_P(ClusterSeatTakeover, whatTheOtherSideDidIsVoid) {
    const bool wasAlive = GetParam();
    Seats seats({kA, kB});
    seats.wait(milliseconds(1000));
    seats.submit(kA, 1, 1);
    seats.wait(milliseconds(500));
    const RunId common = seats[kA].answers.at(0).answer->run;
    ASSERT_TRUE(seats[kB].history.contains(common));
    EXPECT_FALSE(seats.seat(kB).outlook(seats.now()));
    EXPECT_FALSE(seats.seat(kB).takeOver(seats.now(), UtcTime()));
    seats.part(kA, kB, true);
    seats.wait(milliseconds(6000));
    seats.submit(kA, 2, 2);
    seats.seat(kA).command(3, {"someone", 3, StopRun{common}}, seats.now(), UtcTime());
    seats.settle();
    if (!wasAlive) {
        seats.kill(kA, false);
    }
    const auto outlook = seats.seat(kB).outlook(seats.now());
    ASSERT_TRUE(outlook);
    EXPECT_EQ(outlook->refusal, "");
    EXPECT_EQ(outlook->founder, kB);
    EXPECT_EQ(outlook->logs.at(0).node, kA);
    EXPECT_FALSE(outlook->logs.at(0).answers);
    EXPECT_TRUE(outlook->logs.at(1).answers);
    ASSERT_TRUE(seats.seat(kB).takeOver(seats.now(), UtcTime()));
    seats.wait(milliseconds(4000));
    ASSERT_TRUE(seats.seat(kB).leads());
    seats.submit(kB, 4, 4);
    seats.wait(milliseconds(500));
    const RunId next = seats[kB].answers.back().answer->run;
    seats.part(kA, kB, false);
    if (!wasAlive) {
        seats.start(kA);
    }
    seats.wait(milliseconds(4000));
    EXPECT_EQ(seats.seat(kA).leader(), kB);
    EXPECT_FALSE(seats.seat(kA).leads());
    EXPECT_EQ(seats[kA].history, seats[kB].history);
    EXPECT_TRUE(seats[kA].history.contains(common));
    EXPECT_TRUE(seats[kA].history.contains(next));
    EXPECT_EQ(seats.seat(kA).log().lineage(), seats.seat(kB).log().lineage());
}

INSTANTIATE_TEST_SUITE_P(AliveOrNot, ClusterSeatTakeover, ::testing::Bool());

/// Runs of before, and of before the log was compacted, are there after all were started again.
TEST(ClusterSeat, everythingIsThereAfterARestartOfAll) {
    Seats seats({kA, kB, kC});
    seats.wait(milliseconds(1000));
    for (std::uint64_t i = 1; i <= 12; ++i) {
        seats.submit(kA, i, i);
        seats.wait(milliseconds(50));
    }
    seats.seat(kA).command(99, {"someone", 99, DrainNode{kC}}, seats.now(), UtcTime());
    seats.wait(milliseconds(500));
    const auto before = seats[kA].history;
    EXPECT_EQ(before.size(), 12u);
    EXPECT_GT(seats[kA].disk.base.index, 0u);
    for (const NodeId& id : {kA, kB, kC}) {
        seats.kill(id, true);
        if (id == kC) {
            seats[id].history.clear();  // Its history was lost, its log was not.
        }
    }
    for (const NodeId& id : {kA, kB, kC}) {
        seats.start(id);
    }
    seats.wait(milliseconds(4000));
    const auto leader = seats.leader();
    ASSERT_TRUE(leader);
    EXPECT_EQ(seats.seat(*leader).drained(), std::set<NodeId>{kC});
    EXPECT_EQ(seats.seat(*leader).coordinator()->runs().size(), 12u);
    for (const auto& [run, events] : before) {
        for (std::size_t i = 0; i < events.size(); ++i) {
            EXPECT_EQ(seats[kC].history[run].at(i), events[i]);
        }
    }
    EXPECT_EQ(seats[kA].history, seats[kC].history);
    seats.submit(*leader, 1, 5);
    ASSERT_TRUE(seats[*leader].answers.back().answer);
    EXPECT_TRUE(before.contains(seats[*leader].answers.back().answer->run));
}

}  // namespace
}  // namespace longship
