#include "tests/core/protocol/sample_messages.h"

namespace longship::test {

namespace {

const RunId kRun("20260131-120000-k3f9");
const TaskKey kKey{kRun, TaskId("worker-1"), 3};
const Member kMember{1, TaskId("worker-1"), 3, NodeId("node-b"), 7};
const RunPrepared kPrepared{60'000, 10'000, 1'863'690, 235, 32, "cpu", "OpenBLAS 0.3.21", {"shoe", "größe"}};
const EvaluationFinished kEvaluation{235, 1, 0.5, 8'400, 10'000};

NodeSample nodeSample() {
    NodeSample s{UtcTime{1'700'000'000'000'000},
                 0.5,
                 2,
                 100,
                 200,
                 300,
                 400,
                 1.5,
                 2.5,
                 61.5,
                 {},
                 1.75,
                 77,
                 3.5,
                 4.5,
                 0.125};
    s.gpus = {{"GPU 0", 0.25, 10, 20, 55.5}, {"GPU 1", 0.5, 30, 40, std::nullopt}};
    return s;
}

StepRow stepRow(Step step) {
    StepRow row{{2, step}, 1, UtcTime{1'700'000'000'000'001}, 2.25, 200, 12.5, {11, 22, 256}, "ab12", {}};
    row.members = {{0, 1.0, 2.0, 3.0}, {1, 4.0, 5.0, 9.0}};
    return row;
}

std::vector<RunEvent> oneEventOfEachKind() {
    const std::vector<RunEventBody> bodies = {
        RunQueued{"name: a\n", "demo"},
        kPrepared,
        TaskChanged{TaskId("worker-1"), 3, NodeId("node-b"), TaskState::Exited, "exit status 1"},
        MembershipCommitted{1, 4, 0, {kMember}, "the run starts"},
        kEvaluation,
        IncidentRaised{
            NodeId("node-b"), TaskId("worker-1"), "what", "why", "action", "log\nline", {"go-on", "wait"}},
        StateChanged{RunState::Evaluating},
        ModelSaved{NodeId("node-a"), 99, "cd34"},
        RunFinished{RunState::Completed, 235, 60'000, 0.84, "cause", "ab12"},
        IncidentResolved{6, "training goes on", 0.4, 1, 2},
        CheckpointCommitted{200, 51'200, 9'000, "ef56", {NodeId("node-a"), NodeId("node-b")}, 2},
        MembershipCommitted{2, 5, 200, {kMember}, "back", true}};
    std::vector<RunEvent> events;
    for (const RunEventBody& body : bodies) {
        const std::uint64_t sequence = events.size() + 1;
        events.push_back({kRun, sequence, UtcTime{static_cast<std::int64_t>(sequence)}, body});
    }
    return events;
}

void addClientMessages(std::vector<Message>& all) {
    const NodeView view{NodeId("node-b"), "127.0.0.1:4001", NodeState::Busy, true,         true,
                        "0.1.0",          "ready",          {"worker-1"},    nodeSample(), true};
    all.push_back(Hello{Role::Worker, "worker-1", "0.1.0"});
    all.push_back(Welcome{NodeId("node-a"), "demo", "0.1.0", NodeId("node-c"), 4});
    all.push_back(Refusal{5, ErrorKind::Exhausted, "No slot is free."});
    all.push_back(
        Refusal{6, ErrorKind::Refused, "node-b does not lead; node-c does.", true, NodeId("node-c"), 9});
    all.push_back(Roster{"demo",
                         {{NodeId("node-a"), "tcp://127.0.0.1:40001", "key-a"},
                          {NodeId("node-b"), "tcp://127.0.0.1:40002", "key-b"}}});
    all.push_back(Command{"client-1", 8, SubmitRun{"name: job\n"}});
    all.push_back(Command{"client-1", 9, StopRun{kRun}});
    all.push_back(Command{"client-1", 10, MoveTask{kRun, TaskId("worker-1"), NodeId("node-c")}});
    all.push_back(Command{"client-1", 11, DrainNode{NodeId("node-b")}});
    all.push_back(Command{"client-1", 12, UndrainNode{NodeId("node-b")}});
    all.push_back(Command{"client-1", 13, PauseRun{kRun}});
    all.push_back(Command{"client-1", 14, ResumeRun{kRun}});
    all.push_back(Command{"client-1", 15, Drill{kRun, NodeId("node-b"), Fault::Pause, 5000}});
    all.push_back(Command{"client-1", 16, TakeOver{NodeId("node-b")}});
    all.push_back(CommandAnswer{8, Error{ErrorKind::BadInput, "Line 3: …"}, RunId()});
    all.push_back(CommandAnswer{8, std::nullopt, kRun});
    all.push_back(PullRequest{3, kRun, 17, RowKey{1, 99}, 500, 250});
    all.push_back(PullRequest{3, kRun, 0, std::nullopt, 500, 250, UtcTime{77}});
    all.push_back(PullAnswer{3, kRun, oneEventOfEachKind(), {stepRow(1), stepRow(2)}, true});
    all.push_back(PullAnswer{3, kRun, {}, {}, false, true});
    all.push_back(WatchCluster{});
    all.push_back(
        ClusterStatus{"demo", NodeId("node-a"), {view}, {{kRun, RunState::Training, 12}}, 7, UtcTime{99}});
    TakeoverOutlook outlook{NodeId("node-b"), "node-c hears a leader", {{NodeId("node-b"), true, 40}}};
    all.push_back(ClusterStatus{"demo", NodeId("node-a"), {}, {}, 7, UtcTime{99}, outlook});
    all.push_back(FetchRequest{4, kRun, "model.safetensors", 1024, 4096});
    all.push_back(FetchAnswer{4, 1024, 9999, std::string("\0\xff\x80 bytes", 9)});
    all.push_back(Shutdown{"the demo is over"});
}

void addAgentMessages(std::vector<Message>& all) {
    all.push_back(Heartbeat{NodeId("node-b"), 4, 77, {kKey}, nodeSample(), "0.1.0"});
    all.push_back(Heartbeat{NodeId("node-b"), 4, 78, {}, std::nullopt, "0.1.0"});
    all.push_back(HeartbeatAck{4, 77});
    all.push_back(StartTask{4, kKey, "name: job\n", {{400, "ab"}, {200, "cd"}}});
    all.push_back(KillTask{4, kKey, "the run was ended"});
    all.push_back(
        AssignMembership{4, kRun, 1, 20, "00ff", {{kMember, "tcp://127.0.0.1:40011", "key", true}}});
    all.push_back(Freeze{4, kRun, 2, "node-b was lost"});
    all.push_back(StopWork{4, kRun, "stopped by the user"});
}

void addWorkerMessages(std::vector<Message>& all) {
    all.push_back(
        WorkerReady{kKey, "tcp://127.0.0.1:40011", "key", kPrepared, 200, "damaged", RowKey{2, 240}});
    all.push_back(MembershipEntered{kKey, 1});
    all.push_back(MembershipEntered{kKey, 1, true});
    all.push_back(StepsDone{kKey, {stepRow(1), stepRow(2)}});
    all.push_back(EvaluationDone{kKey, kEvaluation});
    all.push_back(PhaseChanged{kKey, RunState::Evaluating});
    all.push_back(
        WorkerFinished{kKey, 235, 60'000, "ab12", true, ModelSaved{NodeId("node-b"), 99, "cd34"}, 3});
    all.push_back(WorkerFinished{kKey, 235, 60'000, "ab12", false, std::nullopt});
    all.push_back(WorkerFailed{kKey, Error{ErrorKind::Io, "The file cannot be read."}});
    all.push_back(TaskExited{kKey, "killed by signal 9 (SIGKILL)", true, "last line"});
    all.push_back(Frozen{
        kKey, 2, 1, 17, "tcp://127.0.0.1:40012", "key", UtcTime{1'700'000}, {{0, 17, true}, {3, 16, false}}});
    all.push_back(MembershipBroken{kKey,
                                   1,
                                   17,
                                   Error{ErrorKind::Unavailable, "worker-0 is gone."},
                                   TaskId("worker-0"),
                                   {{TaskId("worker-0"), true, 4711}, {TaskId("worker-2"), false, 0}}});
    all.push_back(CheckpointWritten{kKey, 2, 200, 51'200, 9'000, "ef56", std::nullopt});
    all.push_back(CheckpointWritten{kKey, 2, 200, 51'200, 0, "", Error{ErrorKind::Exhausted, "full"}});
    all.push_back(InjectFault{Fault::DiskFull, 10'000});
    all.push_back(Ping{6});
    all.push_back(Pong{6, 100, 200, 300});
}

void addLogMessages(std::vector<Message>& all) {
    const VoterWeights three{
        {NodeId("node-a"), {7, 1}}, {NodeId("node-b"), {8, 1}}, {NodeId("node-c"), {9, 1}}};
    const VoterWeights two{{NodeId("node-a"), {7, 2}}, {NodeId("node-b"), {8, 1}}};
    all.push_back(VoteRequest{99, 5, true, 120, 4});
    all.push_back(VoteAnswer{99, 4, 5, true, true, 8, {120, 4, 119}, NodeId("node-a")});
    all.push_back(AppendEntries{99, 5, 3, 120, 4, 119, {}});
    all.push_back(AppendEntries{99,
                                5,
                                3,
                                120,
                                4,
                                119,
                                {{121, 5, EntryKind::TermStart, {}, {}},
                                 {122, 5, EntryKind::Voting, {}, {two, three}},
                                 {123, 5, EntryKind::Payload, std::string("\0\xff bytes", 8), {}}}});
    all.push_back(AppendAnswer{99, 5, 3, 8, true, 123});
    all.push_back(InstallSnapshot{99, 5, 4, {100, 3, {two, {}}, std::string("state\0", 6)}});
}

void addMirrorMessages(std::vector<Message>& all) {
    all.push_back(MirrorRequest{
        9, kRun, RowKey{2, 300}, 2000, {{TaskId("worker-0"), NodeId("node-b"), std::uint64_t{1} << 40}}});
    all.push_back(MirrorRequest{10, kRun, std::nullopt, 0, {}});
    all.push_back(MirrorAnswer{9,
                               kRun,
                               {stepRow(1), stepRow(2)},
                               {{TaskId("worker-0"), NodeId("node-b"), 77, std::string("\0\xff log\n", 7)}},
                               true});
}

}  // namespace

std::vector<Message> sampleMessages() {
    std::vector<Message> all;
    addClientMessages(all);
    addAgentMessages(all);
    addWorkerMessages(all);
    addLogMessages(all);
    addMirrorMessages(all);
    return all;
}

}  // namespace longship::test
