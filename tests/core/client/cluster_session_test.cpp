#include "core/client/cluster_session.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace longship {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const NodeId kA("node-a");
const NodeId kB("node-b");
const NodeId kC("node-c");
const RunId kRun("20260131-120000-aaaa");

Roster rosterOfThree() {
    Roster roster{"demo", {}};
    for (const NodeId& node : {kA, kB, kC}) {
        roster.nodes.push_back({node, "tcp://127.0.0.1:4100" + node.value.substr(5), "key of " + node.value});
    }
    return roster;
}

RunEvent stateEvent(std::uint64_t sequence, RunState state) {
    return {kRun, sequence, UtcTime{}, StateChanged{state}};
}

StepRow rowOf(Step step) {
    StepRow row;
    row.key = {1, step};
    return row;
}

/// A session and the client's side of it: keeps what arrives, as the cache does.
class Conversation {
public:
    Conversation() : m_session({"client-1", "0.1.0"}, [this](const RunId& run) { return progressOf(run); }) {
        m_session.setRoster(rosterOfThree(), m_now);
    }

    ClusterSession& session() { return m_session; }

    /// Who the agents say leads, from now on.
    NodeId leader = kA;
    Term term = 1;

    void welcome(const NodeId& node) {
        m_session.handleConnected(node, m_now);
        hear(node, Welcome{node, "demo", "0.1.0", leader, term});
    }
    void welcomeAll() {
        for (const NodeId& node : {kA, kB, kC}) {
            welcome(node);
        }
        sent();
    }
    void hear(const NodeId& from, const Message& message) {
        m_session.handle(from, message, m_now);
        settle();
    }
    void status(const NodeId& from, RunState state, std::uint64_t sequence) {
        ClusterStatus status{"demo", from, {}, {{kRun, state, sequence}}};
        for (const NodeId& node : {kA, kB, kC}) {
            NodeView view;
            view.node = node;
            view.state = NodeState::Ready;
            view.leader = node == leader;
            status.nodes.push_back(view);
        }
        status.term = term;
        hear(from, status);
    }
    void pass(milliseconds time) {
        for (milliseconds passed{0}; passed < time; passed += milliseconds(100)) {
            m_now += milliseconds(100);
            m_session.handleTimeout(m_now);
            settle();
        }
    }
    void disconnect(const NodeId& node) {
        m_session.handleDisconnected(node, m_now);
        settle();
    }
    void refuse(const NodeId& node) {
        m_session.handleRefused(node, m_now);
        settle();
    }
    std::uint64_t command(CommandBody body) {
        return m_session.command(std::move(body), m_now, m_now + seconds(6));
    }

    std::vector<ClusterSession::Outgoing> sent() { return std::exchange(m_sent, {}); }

    /// The messages of one kind sent since the last look, with their receivers.
    template <typename Kind>
    std::vector<std::pair<NodeId, Kind>> sentOf() {
        std::vector<std::pair<NodeId, Kind>> found;
        settle();
        for (const auto& outgoing : sent()) {
            if (const auto* message = std::get_if<Kind>(&outgoing.message)) {
                found.emplace_back(outgoing.to, *message);
            }
        }
        return found;
    }

    std::vector<RunEvent> events;
    std::vector<StepRow> rows;
    std::vector<ClusterSession::CommandDone> commands;
    std::vector<ClusterSession::FetchDone> fetches;
    RunProgress progress;
    bool forgotten = false;
    TimePoint now() const { return m_now; }

private:
    std::optional<RunProgress> progressOf(const RunId&) const {
        return forgotten ? std::nullopt : std::optional(progress);
    }

    void settle() {
        while (auto effect = m_session.pollEffect()) {
            if (auto* arrived = std::get_if<ClusterSession::RecordsArrived>(&*effect)) {
                take(*arrived);
            } else if (auto* command = std::get_if<ClusterSession::CommandDone>(&*effect)) {
                commands.push_back(*command);
            } else if (auto* fetched = std::get_if<ClusterSession::FetchDone>(&*effect)) {
                fetches.push_back(*fetched);
            }
        }
        m_session.handleTimeout(m_now);
        while (auto outgoing = m_session.pollTransmit()) {
            m_sent.push_back(std::move(*outgoing));
        }
    }

    void take(const ClusterSession::RecordsArrived& arrived) {
        if (arrived.startOver) {
            events.clear();
            rows.clear();
            progress = {};
            return;
        }
        for (const RunEvent& event : arrived.events) {
            if (event.sequence == progress.sequence + 1) {
                events.push_back(event);
                progress.sequence = event.sequence;
                const auto* changed = std::get_if<StateChanged>(&event.body);
                progress.finished = changed != nullptr && isTerminal(changed->state);
            }
        }
        for (const StepRow& row : arrived.rows) {
            if (!progress.lastRow || *progress.lastRow < row.key) {
                rows.push_back(row);
                progress.lastRow = row.key;
            }
        }
    }

    TimePoint m_now{seconds(1000)};
    ClusterSession m_session;
    std::vector<ClusterSession::Outgoing> m_sent;
};

TEST(ClusterSession, GreetsEachNodeAndWatchesTheWelcoming) {
    Conversation talk;
    talk.session().handleConnected(kA, talk.now());
    const auto hellos = talk.sentOf<Hello>();
    ASSERT_EQ(hellos.size(), 1u);
    EXPECT_EQ(hellos[0].first, kA);
    EXPECT_EQ(hellos[0].second.name, "client-1");
    EXPECT_FALSE(talk.session().view().connected);
    talk.hear(kA, Welcome{kA, "demo", "0.1.0", kA});
    EXPECT_EQ(talk.sentOf<WatchCluster>().size(), 1u);
    EXPECT_TRUE(talk.session().view().connected);
}

TEST(ClusterSession, FollowsARunFromTheLeaderByCursor) {
    Conversation talk;
    talk.welcomeAll();
    talk.status(kA, RunState::Training, 2);
    auto pulls = talk.sentOf<PullRequest>();
    ASSERT_EQ(pulls.size(), 1u);
    EXPECT_EQ(pulls[0].first, kA);
    EXPECT_EQ(pulls[0].second.afterSequence, 0u);
    EXPECT_EQ(pulls[0].second.waitMs, 0u) << "the first question tells at once whether something is missing";

    talk.hear(kA, PullAnswer{pulls[0].second.request,
                             kRun,
                             {stateEvent(1, RunState::Preparing), stateEvent(2, RunState::Training)},
                             {rowOf(0), rowOf(1)},
                             false});
    pulls = talk.sentOf<PullRequest>();
    ASSERT_EQ(pulls.size(), 1u) << "one question at a time";
    EXPECT_EQ(pulls[0].second.afterSequence, 2u);
    EXPECT_EQ(pulls[0].second.afterRow, (RowKey{1, 1}));
    EXPECT_GT(pulls[0].second.waitMs, 0u);
    EXPECT_EQ(talk.events.size(), 2u);
    EXPECT_TRUE(talk.session().view().caughtUp);
}

TEST(ClusterSession, TheLeaderIsWaitedForUntilSomethingSpeaksAgainstIt) {
    Conversation talk;
    talk.welcome(kB);
    talk.status(kB, RunState::Training, 2);
    EXPECT_FALSE(talk.session().view().connected) << "node-a may answer in a moment, and it knows best";
    talk.pass(seconds(2));
    talk.status(kB, RunState::Training, 2);
    talk.pass(seconds(1));
    EXPECT_TRUE(talk.session().view().connected);
    EXPECT_EQ(talk.session().view().nodes[0].state, NodeState::Lost);
}

TEST(ClusterSession, ALostLeaderIsReplacedByTheNextNodeAtOnce) {
    Conversation talk;
    talk.welcomeAll();
    talk.status(kB, RunState::Training, 2);
    talk.status(kA, RunState::Training, 2);
    talk.sent();
    talk.disconnect(kA);
    auto pulls = talk.sentOf<PullRequest>();
    ASSERT_EQ(pulls.size(), 1u);
    EXPECT_EQ(pulls[0].first, kB);
    talk.hear(kB, PullAnswer{pulls[0].second.request,
                             kRun,
                             {stateEvent(1, RunState::Preparing), stateEvent(2, RunState::Training),
                              stateEvent(3, RunState::Failed)},
                             {},
                             false});
    EXPECT_EQ(talk.progress.sequence, 3u);
    const auto view = talk.session().view();
    EXPECT_TRUE(view.connected);
    EXPECT_EQ(view.nodes[0].state, NodeState::Lost);
    EXPECT_FALSE(view.nodes[0].detail.empty());
}

TEST(ClusterSession, ASilentLeaderIsLeftWithinThreeSecondsAndTakenBack) {
    Conversation talk;
    talk.welcomeAll();
    talk.status(kB, RunState::Training, 2);
    talk.status(kA, RunState::Training, 2);
    talk.sent();
    // node-b keeps talking, node-a says nothing, although its connection stands.
    for (int second = 0; second < 3; ++second) {
        talk.pass(seconds(1));
        talk.status(kB, RunState::Training, 2);
    }
    auto pulls = talk.sentOf<PullRequest>();
    ASSERT_FALSE(pulls.empty());
    EXPECT_EQ(pulls.back().first, kB);
    EXPECT_EQ(talk.session().view().nodes[0].state, NodeState::Silent);

    talk.status(kA, RunState::Training, 2);
    pulls = talk.sentOf<PullRequest>();
    ASSERT_FALSE(pulls.empty());
    EXPECT_EQ(pulls.back().first, kA);
}

TEST(ClusterSession, TheSameRecordsFromTwoNodesCountOnce) {
    Conversation talk;
    talk.welcomeAll();
    talk.status(kB, RunState::Training, 2);
    talk.status(kA, RunState::Training, 2);
    const auto first = talk.sentOf<PullRequest>().front().second;
    talk.disconnect(kA);
    const auto second = talk.sentOf<PullRequest>().front().second;
    const std::vector<RunEvent> events{stateEvent(1, RunState::Preparing), stateEvent(2, RunState::Training)};
    talk.hear(kB, PullAnswer{second.request, kRun, events, {rowOf(0)}, false});
    // The answer of the lost leader was under way all the time.
    talk.hear(kA, PullAnswer{first.request, kRun, events, {rowOf(0), rowOf(1)}, false});
    EXPECT_EQ(talk.events.size(), 2u);
    EXPECT_EQ(talk.rows.size(), 2u);
}

TEST(ClusterSession, ALongPollThatIsNeverAnsweredIsAskedAgain) {
    Conversation talk;
    talk.welcomeAll();
    talk.status(kA, RunState::Training, 2);
    const auto first = talk.sentOf<PullRequest>().front().second;
    for (int second = 0; second < 6; ++second) {
        talk.pass(seconds(1));
        talk.status(kA, RunState::Training, 2);
    }
    const auto again = talk.sentOf<PullRequest>();
    ASSERT_FALSE(again.empty());
    EXPECT_NE(again.back().second.request, first.request);
}

TEST(ClusterSession, ARunThatIsCompleteIsLeftAlone) {
    Conversation talk;
    talk.progress = {5, RowKey{1, 9}, {}, true, 10};
    talk.welcomeAll();
    talk.status(kA, RunState::Completed, 5);
    EXPECT_TRUE(talk.sentOf<PullRequest>().empty());
    EXPECT_TRUE(talk.session().view().caughtUp);
}

TEST(ClusterSession, RowsThatAreMissingAtTheEndAreSoughtOnTheOtherNodes) {
    Conversation talk;
    talk.progress = {5, RowKey{1, 7}, {}, true, 10};
    talk.welcomeAll();
    talk.status(kB, RunState::Completed, 5);
    talk.status(kA, RunState::Completed, 5);
    auto pulls = talk.sentOf<PullRequest>();
    ASSERT_FALSE(pulls.empty());
    EXPECT_EQ(pulls.back().first, kA);
    talk.hear(kA, PullAnswer{pulls.back().second.request, kRun, {}, {}, false});
    pulls = talk.sentOf<PullRequest>();
    ASSERT_EQ(pulls.size(), 1u);
    EXPECT_EQ(pulls[0].first, kB);
    talk.hear(kB, PullAnswer{pulls[0].second.request, kRun, {}, {rowOf(8), rowOf(9)}, false});
    EXPECT_TRUE(talk.sentOf<PullRequest>().empty());
    EXPECT_EQ(talk.rows.size(), 2u);
}

TEST(ClusterSession, AForgottenRunIsNotAskedFor) {
    Conversation talk;
    talk.forgotten = true;
    talk.welcomeAll();
    talk.status(kA, RunState::Training, 5);
    EXPECT_TRUE(talk.sentOf<PullRequest>().empty());
}

TEST(ClusterSession, ACommandIsSentAgainUnderTheSameNumberAfterTheConnectionWasLost) {
    Conversation talk;
    talk.welcomeAll();
    const auto number = talk.command(StopRun{kRun});
    auto commands = talk.sentOf<Command>();
    ASSERT_EQ(commands.size(), 1u);
    EXPECT_EQ(commands[0].first, kA);
    talk.disconnect(kA);
    talk.welcome(kA);
    const auto again = talk.sentOf<Command>();
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(again[0].second, commands[0].second);
    talk.hear(kA, CommandAnswer{number, std::nullopt, kRun});
    talk.hear(kA, CommandAnswer{number, std::nullopt, kRun});
    ASSERT_EQ(talk.commands.size(), 1u);
    EXPECT_EQ(talk.commands[0].result.value(), kRun);
}

TEST(ClusterSession, ACommandWithoutALeaderFailsInWordsAtItsDeadline) {
    Conversation talk;
    for (const NodeId& node : {kA, kB, kC}) {
        talk.refuse(node);
    }
    talk.command(SubmitRun{"x"});
    talk.pass(seconds(7));
    ASSERT_EQ(talk.commands.size(), 1u);
    ASSERT_FALSE(talk.commands[0].result);
    EXPECT_EQ(talk.commands[0].result.error().kind, ErrorKind::Unavailable);
    EXPECT_NE(talk.commands[0].result.error().text.find("node-a"), std::string::npos);
}

TEST(ClusterSession, ARefusedCommandEndsWithTheReason) {
    Conversation talk;
    talk.welcomeAll();
    const auto number = talk.command(SubmitRun{"x"});
    talk.hear(kA, Refusal{number, ErrorKind::Exhausted, "100 runs are waiting already."});
    ASSERT_EQ(talk.commands.size(), 1u);
    EXPECT_EQ(talk.commands[0].result.error().kind, ErrorKind::Exhausted);
}

TEST(ClusterSession, ACommandAtANodeThatDoesNotLeadGoesToTheOneThatDoes) {
    Conversation talk;
    talk.welcomeAll();
    const auto number = talk.command(StopRun{kRun});
    const auto first = talk.sentOf<Command>();
    talk.hear(kA, Refusal{number, ErrorKind::Refused, "node-a does not lead.", true, kC, 2});
    const auto again = talk.sentOf<Command>();
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(again[0].first, kC);
    EXPECT_EQ(again[0].second, first[0].second) << "the same number, so that it has one effect";
    EXPECT_TRUE(talk.session().view().nodes[2].leader);
    EXPECT_FALSE(talk.session().view().nodes[0].leader);
    talk.hear(kC, CommandAnswer{number, std::nullopt, kRun});
    ASSERT_EQ(talk.commands.size(), 1u);
    EXPECT_EQ(talk.commands[0].result.value(), kRun);
}

TEST(ClusterSession, AnUnansweredCommandIsRepeatedAtTheNextLeader) {
    Conversation talk;
    talk.welcomeAll();
    const auto number = talk.command(SubmitRun{"x"});
    const auto first = talk.sentOf<Command>();
    ASSERT_EQ(first[0].first, kA);
    // It hangs; the others have noticed and elected one of them.
    talk.leader = kB;
    talk.term = 2;
    talk.status(kC, RunState::Training, 2);
    const auto again = talk.sentOf<Command>();
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(again[0].first, kB);
    EXPECT_EQ(again[0].second, first[0].second);
    talk.hear(kB, CommandAnswer{number, std::nullopt, kRun});
    talk.hear(kA, CommandAnswer{number, std::nullopt, kRun});
    EXPECT_EQ(talk.commands.size(), 1u);
}

TEST(ClusterSession, ANodeThatLeadsAgainIsAskedAgain) {
    Conversation talk;
    talk.welcomeAll();
    talk.command(SubmitRun{"x"});
    talk.sentOf<Command>();
    talk.status(kB, RunState::Training, 2);
    EXPECT_TRUE(talk.sentOf<Command>().empty()) << "the same leadership has it";
    talk.term = 3;
    talk.status(kB, RunState::Training, 2);
    EXPECT_EQ(talk.sentOf<Command>().size(), 1u) << "what was not committed then is gone";
}

TEST(ClusterSession, AnEarlierLeadersWordDoesNotCount) {
    Conversation talk;
    talk.welcomeAll();
    talk.leader = kB;
    talk.term = 2;
    talk.status(kC, RunState::Training, 2);
    talk.leader = kA;
    talk.term = 1;
    talk.status(kA, RunState::Training, 2);  // Cut off from the others, and does not know yet.
    talk.command(SubmitRun{"x"});
    const auto commands = talk.sentOf<Command>();
    ASSERT_EQ(commands.size(), 1u);
    EXPECT_EQ(commands[0].first, kB);
}

TEST(ClusterSession, WithoutALeaderACommandWaitsForTheNextOne) {
    Conversation talk;
    talk.welcomeAll();
    const auto number = talk.command(SubmitRun{"x"});
    talk.sentOf<Command>();
    talk.hear(kA, Refusal{number, ErrorKind::Refused, "node-a does not lead.", true, NodeId(), 2});
    talk.pass(milliseconds(500));
    EXPECT_TRUE(talk.sentOf<Command>().empty());
    EXPECT_TRUE(talk.commands.empty());
    talk.leader = kB;
    talk.term = 2;
    talk.status(kC, RunState::Training, 2);
    const auto again = talk.sentOf<Command>();
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(again[0].first, kB);
}

TEST(ClusterSession, ALeaderThatRefersToItselfIsNotAskedInATightLoop) {
    Conversation talk;
    talk.welcomeAll();
    const auto number = talk.command(SubmitRun{"x"});
    talk.sentOf<Command>();
    std::size_t asked = 0;
    for (int i = 0; i < 10; ++i) {
        talk.hear(kA, Refusal{number, ErrorKind::Refused, "node-a does not lead yet.", true, kA, 1});
        talk.pass(milliseconds(100));
        asked += talk.sentOf<Command>().size();
    }
    EXPECT_GE(asked, 5u);
    EXPECT_LE(asked, 10u) << "at most every 100 ms";
}

TEST(ClusterSession, TheCommandsOfAClusterWithoutALeaderFailInWords) {
    Conversation talk;
    talk.welcomeAll();
    const auto number = talk.command(SubmitRun{"x"});
    talk.hear(kA, Refusal{number, ErrorKind::Refused, "node-a does not lead.", true, NodeId(), 2});
    talk.leader = NodeId();
    talk.term = 2;
    for (int i = 0; i < 70; ++i) {
        for (const NodeId& node : {kA, kB, kC}) {
            talk.status(node, RunState::Training, 2);
        }
        talk.pass(milliseconds(100));
    }
    ASSERT_EQ(talk.commands.size(), 1u);
    ASSERT_FALSE(talk.commands[0].result);
    EXPECT_NE(talk.commands[0].result.error().text.find("has no leader now"), std::string::npos)
        << talk.commands[0].result.error().text;
    EXPECT_TRUE(talk.session().view().connected) << "reading goes on";
}

TEST(ClusterSession, ARunSubmittedHereIsFollowedBeforeAStatusNamesIt) {
    Conversation talk;
    talk.welcomeAll();
    const auto number = talk.command(SubmitRun{"x"});
    talk.hear(kA, CommandAnswer{number, std::nullopt, kRun});
    const auto pulls = talk.sentOf<PullRequest>();
    ASSERT_EQ(pulls.size(), 1u);
    EXPECT_EQ(pulls[0].second.run, kRun);
}

TEST(ClusterSession, AFetchWaitsForItsNodeAndFailsAtItsDeadline) {
    Conversation talk;
    talk.welcomeAll();
    talk.disconnect(kB);
    FetchRequest request;
    request.run = kRun;
    request.name = "worker-1.log";
    const auto number = talk.session().fetch(kB, request, talk.now(), talk.now() + seconds(5));
    EXPECT_TRUE(talk.sentOf<FetchRequest>().empty());
    talk.welcome(kB);
    ASSERT_EQ(talk.sentOf<FetchRequest>().size(), 1u);
    talk.hear(kB, FetchAnswer{number, 0, 3, "log"});
    ASSERT_EQ(talk.fetches.size(), 1u);
    EXPECT_EQ(talk.fetches[0].result->bytes, "log");

    talk.session().fetch(kC, request, talk.now(), talk.now() + seconds(5));
    talk.pass(seconds(6));
    ASSERT_EQ(talk.fetches.size(), 2u);
    EXPECT_EQ(talk.fetches[1].result.error().kind, ErrorKind::Unavailable);
}

TEST(ClusterSession, AFetchFromANodeThatRefusesFailsAtOnce) {
    Conversation talk;
    talk.welcomeAll();
    talk.disconnect(kB);
    talk.refuse(kB);
    FetchRequest request;
    request.run = kRun;
    request.name = "worker-1.log";
    talk.session().fetch(kB, request, talk.now(), talk.now() + seconds(5));
    talk.pass(milliseconds(100));
    ASSERT_EQ(talk.fetches.size(), 1u);
    EXPECT_NE(talk.fetches[0].result.error().text.find("No agent listens"), std::string::npos);
}

TEST(ClusterSession, AnAgentOfAnotherClusterIsToldApart) {
    Conversation talk;
    talk.session().handleConnected(kA, talk.now());
    talk.hear(kA, Welcome{kA, "other", "0.1.0", kA});
    const auto view = talk.session().view();
    EXPECT_FALSE(view.connected);
    EXPECT_NE(view.detail.find("other"), std::string::npos);
}

TEST(ClusterSession, AnAgentOfAnotherVersionIsNamedInWords) {
    Conversation talk;
    talk.session().handleConnected(kA, talk.now());
    talk.session().handleUnreadable(kA, {ErrorKind::Refused, "It speaks protocol 2, this program speaks 1."},
                                    talk.now());
    talk.pass(seconds(4));
    const auto view = talk.session().view();
    EXPECT_FALSE(view.connected);
    EXPECT_NE(view.detail.find("protocol 2"), std::string::npos);
}

TEST(ClusterSession, ANewAddressIsANewConnection) {
    Conversation talk;
    talk.welcomeAll();
    Roster moved = rosterOfThree();
    moved.nodes[0].endpoint = "tcp://127.0.0.1:50000";
    talk.session().setRoster(moved, talk.now());
    EXPECT_FALSE(talk.session().isReady(kA));
    EXPECT_TRUE(talk.session().isReady(kB));
}

/// Two of three are gone: node-b is left, and says so.
TakeoverOutlook outlookOfB() {
    return {kB, {}, {{kA, false, 0}, {kB, true, 12}, {kC, false, 0}}};
}

ClusterStatus leaderless(const NodeId& reporter, std::optional<TakeoverOutlook> outlook) {
    ClusterStatus status{"demo", reporter, {}, {{kRun, RunState::Training, 1}}, 0, {}, {}};
    status.takeover = std::move(outlook);
    return status;
}

TEST(ClusterSession, SaysWhatGoingOnWithoutAMajorityWouldCost) {
    Conversation talk;
    talk.welcomeAll();
    talk.status(kB, RunState::Training, 1);
    EXPECT_FALSE(talk.session().view().standstill) << "node-a leads";
    const TimePoint heard = talk.now();
    talk.pass(seconds(1));
    talk.refuse(kA);
    talk.refuse(kC);
    TakeoverOutlook early = outlookOfB();
    early.refusal = "The leader was lost only a moment ago.";
    talk.hear(kB, leaderless(kB, early));
    EXPECT_FALSE(talk.session().view().standstill) << "they may still elect one";
    talk.hear(kB, leaderless(kB, outlookOfB()));
    const auto standstill = talk.session().view().standstill;
    ASSERT_TRUE(standstill);
    EXPECT_EQ(standstill->outlook, outlookOfB());
    EXPECT_EQ(standstill->lastHeard, (std::map<NodeId, TimePoint>{{kA, heard}, {kC, heard}}));
    // It goes on.
    talk.leader = kB;
    talk.term = 9;
    talk.status(kB, RunState::Training, 1);
    EXPECT_FALSE(talk.session().view().standstill);
}

TEST(ClusterSession, ANodeThatHearsALeaderKeepsTheOthersFromBeingTakenOver) {
    Conversation talk;
    talk.welcomeAll();
    talk.refuse(kA);
    talk.hear(kC, leaderless(kC, std::nullopt));
    talk.hear(kB, leaderless(kB, outlookOfB()));
    EXPECT_FALSE(talk.session().view().standstill);
}

TEST(ClusterSession, ARunIsUnknownToAllOnlyWhenALeaderSaysSo) {
    const RunId other("20260131-120000-bbbb");
    const UtcTime queued{10'000'000};
    Conversation talk;
    talk.welcomeAll();
    const auto unknown = [&] { return talk.session().isUnknownToAll(other, queued); };
    EXPECT_FALSE(unknown()) << "nobody said anything yet";
    ClusterStatus status = leaderless(kA, std::nullopt);
    NodeView first;
    first.node = kA;
    first.state = NodeState::Ready;
    first.leader = true;
    status.nodes.push_back(first);
    status.term = 1;
    status.time = UtcTime{11'000'000};
    talk.hear(kA, status);
    EXPECT_FALSE(unknown()) << "it may have been queued since, by a clock that goes before";
    status.time = UtcTime{20'000'000};
    talk.hear(kA, status);
    EXPECT_TRUE(unknown());
    EXPECT_FALSE(talk.session().isUnknownToAll(kRun, queued)) << "that one it lists";
    ClusterStatus second = leaderless(kB, std::nullopt);
    second.runs.push_back({other, RunState::Training, 1});
    talk.hear(kB, second);
    EXPECT_FALSE(unknown()) << "somebody knows it";
    talk.refuse(kB);
    EXPECT_TRUE(unknown());
    talk.refuse(kA);
    EXPECT_FALSE(unknown()) << "who would know does not answer";
}

TEST(ClusterSession, WhatATakeoverMadeVoidIsDroppedAndComesAnew) {
    Conversation talk;
    talk.welcomeAll();
    talk.status(kA, RunState::Training, 3);
    const auto first = talk.sentOf<PullRequest>();
    ASSERT_EQ(first.size(), 1u);
    PullAnswer answer{first[0].second.request, kRun, {}, {rowOf(0), rowOf(1)}};
    for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
        answer.events.push_back(stateEvent(sequence, RunState::Training));
    }
    talk.hear(kA, answer);
    ASSERT_EQ(talk.progress.sequence, 3u);
    const auto second = talk.sentOf<PullRequest>();
    ASSERT_EQ(second.size(), 1u);
    EXPECT_EQ(second[0].second.afterSequence, 3u);
    PullAnswer doubtful{second[0].second.request, kRun, {}, {}};
    doubtful.startOver = true;
    talk.hear(kA, doubtful);
    EXPECT_TRUE(talk.events.empty() && talk.rows.empty()) << "all of it may be of a branch that was given up";
    const auto third = talk.sentOf<PullRequest>();
    ASSERT_EQ(third.size(), 1u);
    EXPECT_EQ(third[0].second.afterSequence, 0u);
    EXPECT_FALSE(third[0].second.afterRow);
    talk.hear(kA, PullAnswer{third[0].second.request, kRun, {stateEvent(1, RunState::Queued)}, {rowOf(0)}});
    EXPECT_EQ(talk.events.size(), 1u);
    EXPECT_EQ(talk.rows.size(), 1u);
}

}  // namespace
}  // namespace longship
