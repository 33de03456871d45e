#include "core/protocol/mirror.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "tests/support/run_records.h"

namespace longship {
namespace {

using namespace std::chrono_literals;

const RunId kRun("20260131-120000-aaaa");

RunEvent eventOf(RunEventBody body) {
    return test::eventOf(kRun.value, 1, std::move(body));
}

/// Nodes with a Mirror each over rows and logs in memory; what one asks another is answered at once, if the
/// two can reach each other.
class World {
public:
    struct Node {
        explicit Node(const NodeId& id) : mirror(id) {}
        Mirror mirror;
        std::map<RowKey, StepRow> rows;
        std::map<Mirror::LogName, std::pair<std::uint64_t, std::string>> logs;  ///< Where it begins, text.
    };

    explicit World(std::vector<NodeId> names) : m_names(std::move(names)), m_leader(m_names.front()) {
        for (const NodeId& name : m_names) {
            m_nodes.try_emplace(name, name);
        }
    }

    Node& at(const NodeId& node) { return m_nodes.at(node); }
    void lead(const NodeId& node) { m_leader = node; }
    void cut(const NodeId& node) { m_cut.insert(node); }
    void heal(const NodeId& node) { m_cut.erase(node); }
    TimePoint now() const { return m_now; }
    std::size_t questions() const { return m_questions; }
    std::uint64_t bytesTold() const { return m_bytes; }
    std::uint64_t rowsTold() const { return m_rows; }

    void learn(RunEventBody body) {
        for (auto& [name, node] : m_nodes) {
            node.mirror.learn(eventOf(body), m_now);
        }
    }

    void store(const NodeId& node, const StepRow& row) {
        at(node).rows.emplace(row.key, row);
        at(node).mirror.stored(kRun, row.key);
    }

    void write(const TaskId& task, const NodeId& node, const std::string& text) {
        at(node).logs[{task, node}].second += text;
    }

    void run(Duration time) {
        const TimePoint until = m_now + time;
        while (m_now < until) {
            for (const NodeId& name : m_names) {
                turn(name);
            }
            m_now += 50ms;
        }
    }

    std::string textAt(const NodeId& node, const TaskId& task, const NodeId& owner) {
        return at(node).logs[{task, owner}].second;
    }

private:
    void turn(const NodeId& name) {
        if (m_cut.contains(name)) {
            return;
        }
        Node& node = at(name);
        node.mirror.handleTimeout(m_leader, m_names, m_now);
        while (auto outgoing = node.mirror.pollTransmit()) {
            if (m_cut.contains(outgoing->to)) {
                continue;
            }
            ++m_questions;
            MirrorAnswer answer = answerOf(outgoing->to, outgoing->request);
            node.mirror.take(outgoing->to, answer, m_now);
            for (const StepRow& row : answer.rows) {
                store(name, row);
            }
            for (const LogPart& part : answer.logs) {
                auto& [begin, text] = node.logs[{part.task, part.node}];
                if (begin + text.size() != part.begin) {
                    begin = part.begin;
                    text.clear();
                }
                text += part.bytes;
            }
        }
    }

    MirrorAnswer answerOf(const NodeId& name, const MirrorRequest& request) {
        Node& node = at(name);
        MirrorAnswer answer{request.request, request.run, {}, {}, false};
        auto row = request.afterRow ? node.rows.upper_bound(*request.afterRow) : node.rows.begin();
        for (; row != node.rows.end() && answer.rows.size() < request.rowsMax; ++row) {
            answer.rows.push_back(row->second);
        }
        m_rows += answer.rows.size();
        for (const LogCursor& cursor : request.logs) {
            const auto log = node.logs.find({cursor.task, cursor.node});
            if (log == node.logs.end()) {
                continue;
            }
            const auto& [begin, text] = log->second;
            const std::uint64_t end = begin + text.size();
            if (end > cursor.end || (cursor.node == name && end < cursor.end)) {
                const std::uint64_t from = end < cursor.end ? begin : std::max(begin, cursor.end);
                answer.logs.push_back(
                    {cursor.task, cursor.node, from, text.substr(static_cast<std::size_t>(from - begin))});
                m_bytes += answer.logs.back().bytes.size();
            }
        }
        return answer;
    }

    std::vector<NodeId> m_names;
    NodeId m_leader;
    std::map<NodeId, Node> m_nodes;
    std::set<NodeId> m_cut;
    TimePoint m_now{1h};
    std::size_t m_questions = 0;
    std::uint64_t m_bytes = 0;
    std::uint64_t m_rows = 0;
};

const NodeId kA("node-a"), kB("node-b"), kC("node-c");
const TaskId kTask("worker-2");

TaskChanged placed(const TaskId& task, const NodeId& node) {
    return {task, 1, node, TaskState::Running, ""};
}

TEST(RowSpans, NameTheFirstRowThatIsMissing) {
    RowSpans spans;
    EXPECT_EQ(spans.next(), 0u);
    EXPECT_FALSE(spans.frontier() || spans.last() || spans.hasGap());
    spans.add({1, 1});
    EXPECT_TRUE(spans.hasGap());
    EXPECT_FALSE(spans.frontier());
    spans.add({1, 0});
    EXPECT_FALSE(spans.hasGap());
    EXPECT_EQ(spans.frontier(), (RowKey{1, 1}));
    spans.add({3, 5});
    EXPECT_EQ(spans.next(), 2u);
    EXPECT_EQ(spans.last(), (RowKey{3, 5}));
    EXPECT_TRUE(spans.hasGap());
}

RC_GTEST_PROP(RowSpans, DoNotCareInWhichOrderRowsCome, ()) {
    const auto steps = *rc::gen::container<std::vector<Step>>(rc::gen::inRange<Step>(0, 12));
    RowSpans spans;
    std::set<Step> seen;
    for (const Step step : steps) {
        spans.add({1, step});
        seen.insert(step);
        Step next = 0;
        while (seen.contains(next)) {
            ++next;
        }
        RC_ASSERT(spans.next() == next);
        RC_ASSERT(spans.hasGap() == (seen.size() > next));
        RC_ASSERT(spans.last() == (RowKey{1, *seen.rbegin()}));
    }
}

TEST(Mirror, WhatANodeWritesIsEverywhereWithinASecond) {
    World world({kA, kB, kC});
    world.learn(placed(kTask, kC));
    world.learn(placed(TaskId("worker-0"), kA));
    world.run(2s);
    world.write(kTask, kC, "from c\n");
    world.write(TaskId("worker-0"), kA, "from the leader\n");
    world.store(kA, test::rowOf(1, 0));
    world.run(1s);
    EXPECT_EQ(world.textAt(kA, kTask, kC), "from c\n");
    EXPECT_EQ(world.textAt(kB, kTask, kC), "from c\n");
    EXPECT_EQ(world.textAt(kB, TaskId("worker-0"), kA), "from the leader\n");
    EXPECT_EQ(world.textAt(kC, TaskId("worker-0"), kA), "from the leader\n");
    EXPECT_EQ(world.at(kB).rows.size(), 1u);
    EXPECT_EQ(world.at(kC).rows.size(), 1u);
    // Each byte went once to the leader, if it was not written there, and once to each other node.
    EXPECT_EQ(world.bytesTold(),
              2 * (std::string("from c\n").size() + std::string("from the leader\n").size()));
}

TEST(Mirror, AfterABrokenConnectionItGoesOnWhereItStopped) {
    World world({kA, kB, kC});
    world.learn(placed(kTask, kC));
    world.write(kTask, kC, std::string(50'000, 'x') + "\n");
    for (Step step = 0; step < 100; ++step) {
        world.store(kA, test::rowOf(1, step));
    }
    world.run(2s);
    ASSERT_EQ(world.at(kB).rows.size(), 100u);
    const std::uint64_t bytes = world.bytesTold();
    const std::uint64_t rows = world.rowsTold();
    world.cut(kB);
    world.run(5s);
    world.write(kTask, kC, "late\n");
    world.store(kA, test::rowOf(1, 100));
    world.heal(kB);
    world.run(4s);
    EXPECT_TRUE(world.textAt(kB, kTask, kC).ends_with("x\nlate\n"));
    EXPECT_EQ(world.at(kB).rows.size(), 101u);
    EXPECT_EQ(world.bytesTold() - bytes, 2 * std::string("late\n").size());
    EXPECT_EQ(world.rowsTold() - rows, 2u) << "one to each follower";
}

TEST(Mirror, ANewLeaderHandsOnWhatItHolds) {
    World world({kA, kB, kC});
    world.learn(placed(kTask, kC));
    world.write(kTask, kC, "last words\n");
    world.run(1s);
    world.cut(kC);
    world.cut(kA);
    world.lead(kB);
    world.run(2s);
    EXPECT_EQ(world.textAt(kB, kTask, kC), "last words\n");
    // A node that comes with an empty disk gets it from the new leader.
    world.at(kA).logs.clear();
    world.at(kA).mirror = Mirror(kA);
    world.at(kA).mirror.learn(eventOf(placed(kTask, kC)), world.now());
    world.heal(kA);
    world.run(2s);
    EXPECT_EQ(world.textAt(kA, kTask, kC), "last words\n");
}

TEST(Mirror, ALogThatBeganAnewIsCopiedAnew) {
    World world({kA, kB, kC});
    world.learn(placed(kTask, kC));
    world.write(kTask, kC, "the disk of c\n");
    world.run(1s);
    world.at(kC).logs[{kTask, kC}] = {0, "new\n"};
    world.run(1s);
    EXPECT_EQ(world.textAt(kA, kTask, kC), "new\n");
}

TEST(Mirror, AGapIsFilledFromWhoeverHasTheRows) {
    World world({kA, kB, kC});
    world.learn(placed(kTask, kC));
    for (Step step = 0; step < 30; ++step) {
        world.store(kC, test::rowOf(1, step));
        if (step < 10 || step >= 20) {
            world.store(kA, test::rowOf(1, step));
        }
    }
    EXPECT_EQ(world.at(kA).mirror.heldBack(kRun, world.now()), std::nullopt) << "nobody to ask is known";
    world.run(100ms);
    world.run(3s);
    EXPECT_EQ(world.at(kA).rows.size(), 30u);
    EXPECT_EQ(world.at(kB).rows.size(), 30u);
    EXPECT_FALSE(world.at(kB).mirror.heldBack(kRun, world.now()));
}

TEST(Mirror, ReadersWaitForAGapOnlyWhileSomebodyMayFillIt) {
    World world({kA, kB, kC});
    world.learn(placed(kTask, kC));
    world.run(100ms);
    world.store(kA, test::rowOf(1, 0));
    world.store(kA, test::rowOf(1, 2));
    EXPECT_EQ(world.at(kA).mirror.heldBack(kRun, world.now()), Step{1});
    world.run(3s);
    EXPECT_FALSE(world.at(kA).mirror.heldBack(kRun, world.now())) << "nobody has it";
    const std::uint64_t rows = world.rowsTold();
    world.run(8s);
    EXPECT_LT(world.rowsTold() - rows, 10u) << "the rows behind a gap are not told again and again";
}

TEST(Mirror, ComesToRestAfterTheRunsEnd) {
    World world({kA, kB, kC});
    world.learn(placed(kTask, kC));
    world.store(kA, test::rowOf(1, 0));
    RunFinished finished;
    finished.steps = 1;
    world.learn(finished);
    world.run(2s);
    world.write(kTask, kC, "the last word after the end\n");
    world.run(8s);
    EXPECT_EQ(world.textAt(kB, kTask, kC), "the last word after the end\n");
    const std::size_t questions = world.questions();
    world.run(60s);
    EXPECT_EQ(world.questions(), questions);
}

TEST(Mirror, AnAnswerNobodyWaitsForIsNotTaken) {
    Mirror mirror(kB);
    mirror.learn(eventOf(placed(kTask, kC)), TimePoint{1s});
    MirrorAnswer answer{7, kRun, {test::rowOf(1, 0)}, {{kTask, kC, 0, "text"}}, false};
    mirror.take(kA, answer, TimePoint{2s});
    EXPECT_TRUE(answer.rows.empty() && answer.logs.empty());
    mirror.handleTimeout(kA, {kA, kB, kC}, TimePoint{2s});
    const auto asked = mirror.pollTransmit();
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->to, kA);
    answer = {asked->request.request, kRun, {}, {{TaskId("stranger"), kC, 0, "text"}}, false};
    mirror.take(kA, answer, TimePoint{2s});
    EXPECT_TRUE(answer.logs.empty()) << "no event has spoken of this task";
}

}  // namespace
}  // namespace longship
