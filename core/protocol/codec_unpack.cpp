#include "core/protocol/codec_unpack.h"

#include <utility>

#include "core/protocol/limits.h"
#include "core/protocol/utf8.h"

namespace longship {

namespace {

/// What one record of a log's file may grow to: a whole log, rewritten.
constexpr std::size_t kRecordBudget = std::size_t{256} << 20;

using Text = flatbuffers::String;
template <typename T>
using Tables = flatbuffers::Vector<flatbuffers::Offset<T>>;

/// Reads one message and remembers the first thing wrong with it; after that it hands out empty values.
class Reader {
public:
    explicit Reader(std::size_t budget = 4 * kControlMessageBytesMax) : m_budget(budget) {}

    const std::optional<std::string>& problem() const { return m_problem; }

    void fail(std::string text) {
        if (!m_problem) {
            m_problem = std::move(text);
        }
    }

    /// An absent text is an empty one: that is what an older program sends for a field it does not know.
    std::string text(const Text* value, std::size_t bytesMax, const char* what) {
        if (value == nullptr || !take(value->size(), bytesMax, what)) {
            return {};
        }
        std::string text = value->str();
        if (!isUtf8(text)) {
            fail(std::string(what) + " is not UTF-8");
            return {};
        }
        return text;
    }
    std::string name(const Text* value, const char* what) { return text(value, kNameBytesMax, what); }
    std::string prose(const Text* value, const char* what) { return text(value, kTextBytesMax, what); }
    template <typename IdType>
    IdType id(const Text* value, const char* what) {
        return IdType(name(value, what));
    }

    template <typename To, typename From>
    To enumeration(From value, const char* what) {
        if (value > From::MAX) {
            fail(std::string(what) + " has the unknown value " + std::to_string(static_cast<int>(value)));
            return To{};
        }
        return static_cast<To>(value);
    }

    template <typename T, typename Table, typename Read>
    std::vector<T> list(const flatbuffers::Vector<Table>* values, const char* what, Read read) {
        std::vector<T> result;
        if (values == nullptr || !take(values->size() * sizeof(T), kListLengthMax * sizeof(T), what)) {
            return result;
        }
        result.reserve(values->size());
        for (flatbuffers::uoffset_t i = 0; i < values->size() && !m_problem; ++i) {
            result.push_back(read(values->Get(i)));
        }
        return result;
    }

    /// A part that a message has no meaning without.
    template <typename T, typename Table, typename Read>
    T required(const Table* table, const char* what, Read read) {
        if (table == nullptr) {
            fail(std::string(what) + " is missing");
            return T{};
        }
        return read(*table);
    }

    /// Counts what the message grows to in memory: many small offsets may all point at one large part.
    bool take(std::size_t bytes, std::size_t bytesMax, const char* what) {
        if (bytes > bytesMax || bytes > m_budget) {
            fail(std::string(what) + " is larger than allowed");
            return false;
        }
        m_budget -= bytes;
        return !m_problem;
    }

private:
    std::size_t m_budget;
    std::optional<std::string> m_problem;
};

// --- Parts.

Error read(Reader& r, const wire::Error& t) {
    return {r.enumeration<ErrorKind>(t.kind(), "error kind"), r.prose(t.text(), "error text")};
}

TaskKey read(Reader& r, const wire::TaskKey& t) {
    return {r.id<RunId>(t.run(), "run"), r.id<TaskId>(t.task(), "task"), t.generation()};
}

RosterEntry read(Reader& r, const wire::RosterEntry& t) {
    return {r.id<NodeId>(t.node(), "node"), r.name(t.endpoint(), "endpoint"),
            r.name(t.public_key(), "public key")};
}

RowKey read(Reader&, const wire::RowKey& t) {
    return {t.membership(), t.step()};
}

SampleDigest read(Reader&, const wire::SampleDigest& t) {
    return {t.low(), t.high(), t.count()};
}

MemberTiming read(Reader&, const wire::MemberTiming& t) {
    return {t.rank(), t.compute_ms(), t.wait_ms(), t.total_ms()};
}

template <typename T, typename Table>
std::vector<T> readList(Reader& r, const Tables<Table>* values, const char* what) {
    return r.list<T>(values, what, [&](const Table* table) { return read(r, *table); });
}

template <typename T, typename Table>
T readPart(Reader& r, const Table* table, const char* what) {
    return r.required<T>(table, what, [&](const Table& part) { return read(r, part); });
}

template <typename T, typename Table>
std::optional<T> readOptional(Reader& r, const Table* table) {
    return table == nullptr ? std::nullopt : std::optional<T>(read(r, *table));
}

std::vector<std::string> readNames(Reader& r, const Tables<Text>* values, const char* what) {
    return r.list<std::string>(values, what, [&](const Text* text) { return r.name(text, what); });
}

template <typename IdType>
std::vector<IdType> readIds(Reader& r, const Tables<Text>* values, const char* what) {
    return r.list<IdType>(values, what, [&](const Text* text) { return r.id<IdType>(text, what); });
}

std::optional<double> readOptional(const flatbuffers::Optional<double>& value) {
    return value ? std::optional<double>(*value) : std::nullopt;
}

StepRow read(Reader& r, const wire::StepRow& t) {
    StepRow row;
    row.key = readPart<RowKey>(r, t.key(), "row key");
    row.epoch = t.epoch();
    row.appliedAt = UtcTime{t.applied_at()};
    row.loss = t.loss();
    row.correct = t.correct();
    row.durationMs = t.duration_ms();
    row.digest = readPart<SampleDigest>(r, t.digest(), "sample digest");
    row.parameterHash = r.name(t.parameter_hash(), "parameter hash");
    row.members = readList<MemberTiming>(r, t.members(), "member timings");
    return row;
}

RunEvent read(Reader& r, const wire::RunEvent& t) {
    RunEvent event{r.id<RunId>(t.run(), "run of an event"), t.sequence(), UtcTime{t.time()}, RunEventBody{}};
    const std::string name = r.name(t.name(), "event name");
    const std::string json = r.text(t.json(), kEventBytesMax, "event body");
    std::optional<RunEventBody> body = runEventFrom(name, json);
    if (!body) {
        r.fail("event \"" + name + "\" is unknown or has a damaged body");
        return event;
    }
    event.body = std::move(*body);
    return event;
}

GpuSample read(Reader& r, const wire::GpuSample& t) {
    return {r.name(t.name(), "GPU name"), t.utilization(), t.memory_used(), t.memory_total(),
            readOptional(t.temperature_celsius())};
}

NodeSample read(Reader& r, const wire::NodeSample& t) {
    NodeSample s;
    s.time = UtcTime{t.time()};
    s.cpu = t.cpu();
    s.cores = t.cores();
    s.memoryUsed = t.memory_used();
    s.memoryTotal = t.memory_total();
    s.diskUsed = t.disk_used();
    s.diskTotal = t.disk_total();
    s.networkReceived = t.network_received();
    s.networkSent = t.network_sent();
    s.temperatureCelsius = readOptional(t.temperature_celsius());
    s.gpus = readList<GpuSample>(r, t.gpus(), "GPUs");
    s.ownCpu = t.own_cpu();
    s.ownMemory = t.own_memory();
    s.ownReceived = t.own_received();
    s.ownSent = t.own_sent();
    s.timerLagMs = t.timer_lag_ms();
    return s;
}

NodeView read(Reader& r, const wire::NodeView& t) {
    NodeView v;
    v.node = r.id<NodeId>(t.node(), "node");
    v.address = r.name(t.address(), "address");
    v.state = r.enumeration<NodeState>(t.state(), "node state");
    v.leader = t.leader();
    v.sharesMachine = t.shares_machine();
    v.version = r.name(t.version(), "version");
    v.detail = r.prose(t.detail(), "detail");
    v.tasks = readNames(r, t.tasks(), "tasks");
    v.sample = readOptional<NodeSample>(r, t.sample());
    v.drained = t.drained();
    return v;
}

RunHead read(Reader& r, const wire::RunHead& t) {
    return {r.id<RunId>(t.run(), "run"), r.enumeration<RunState>(t.state(), "run state"), t.sequence()};
}

Seat read(Reader& r, const wire::Seat& t) {
    const auto member = [&](const wire::Member& m) {
        return Member{m.rank(), r.id<TaskId>(m.task(), "task"), m.generation(),
                      r.id<NodeId>(m.node(), "node"), m.share()};
    };
    return {r.required<Member>(t.member(), "member of a seat", member), r.name(t.endpoint(), "endpoint"),
            r.name(t.public_key(), "public key"), t.has_state()};
}

ShardHeld read(Reader&, const wire::ShardHeld& t) {
    return {t.shard(), t.step(), t.has_next()};
}

BrokenLink read(Reader& r, const wire::BrokenLink& t) {
    return {r.id<TaskId>(t.peer(), "peer"), t.is_silent(), t.bytes_stuck()};
}

RunPrepared read(Reader& r, const wire::RunPrepared& t) {
    RunPrepared p;
    p.trainingSamples = t.training_samples();
    p.testSamples = t.test_samples();
    p.parameters = t.parameters();
    p.stepsTotal = t.steps_total();
    p.microBatch = t.micro_batch();
    p.device = r.name(t.device(), "device");
    p.blas = r.name(t.blas(), "BLAS name");
    p.classNames = readNames(r, t.class_names(), "class names");
    return p;
}

EvaluationFinished read(Reader&, const wire::EvaluationFinished& t) {
    return {t.step(), t.epoch(), t.loss(), t.correct(), t.samples()};
}

ModelSaved read(Reader& r, const wire::ModelSaved& t) {
    return {r.id<NodeId>(t.node(), "node"), t.bytes(), r.name(t.sha256(), "SHA-256")};
}

// --- Messages, in the order of the variant.

Hello read(Reader& r, const wire::Hello& t) {
    return {r.enumeration<Role>(t.role(), "role"), r.name(t.name(), "name"), r.name(t.version(), "version")};
}

Welcome read(Reader& r, const wire::Welcome& t) {
    return {r.id<NodeId>(t.node(), "node"), r.name(t.cluster(), "cluster"), r.name(t.version(), "version"),
            r.id<NodeId>(t.leader(), "leader"), t.term()};
}

Refusal read(Reader& r, const wire::Refusal& t) {
    return {t.request(),
            r.enumeration<ErrorKind>(t.kind(), "error kind"),
            r.prose(t.text(), "text"),
            t.elsewhere(),
            r.id<NodeId>(t.leader(), "leader"),
            t.term()};
}

Roster read(Reader& r, const wire::Roster& t) {
    return {r.name(t.cluster(), "cluster"), readList<RosterEntry>(r, t.nodes(), "nodes")};
}

Command read(Reader& r, const wire::Command& t) {
    Command command{r.name(t.client(), "client"), t.sequence(), SubmitRun{}};
    if (const auto* submit = t.body_as_SubmitRun()) {
        command.body = SubmitRun{r.text(submit->job_yaml(), kJobBytesMax, "job file")};
    } else if (const auto* stop = t.body_as_StopRun()) {
        command.body = StopRun{r.id<RunId>(stop->run(), "run")};
    } else if (const auto* move = t.body_as_MoveTask()) {
        command.body = MoveTask{r.id<RunId>(move->run(), "run"), r.id<TaskId>(move->task(), "task"),
                                r.id<NodeId>(move->node(), "node")};
    } else if (const auto* drain = t.body_as_DrainNode()) {
        command.body = DrainNode{r.id<NodeId>(drain->node(), "node")};
    } else if (const auto* undrain = t.body_as_UndrainNode()) {
        command.body = UndrainNode{r.id<NodeId>(undrain->node(), "node")};
    } else if (const auto* pause = t.body_as_PauseRun()) {
        command.body = PauseRun{r.id<RunId>(pause->run(), "run")};
    } else if (const auto* resume = t.body_as_ResumeRun()) {
        command.body = ResumeRun{r.id<RunId>(resume->run(), "run")};
    } else if (const auto* drill = t.body_as_Drill()) {
        command.body = Drill{r.id<RunId>(drill->run(), "run"), r.id<NodeId>(drill->node(), "node"),
                             r.enumeration<Fault>(drill->fault(), "fault"), drill->heal_ms()};
    } else if (const auto* takeOver = t.body_as_TakeOver()) {
        command.body = TakeOver{r.id<NodeId>(takeOver->node(), "node")};
    } else {
        r.fail("the command is missing or unknown to this version");
    }
    return command;
}

CommandAnswer read(Reader& r, const wire::CommandAnswer& t) {
    return {t.sequence(), readOptional<Error>(r, t.error()), r.id<RunId>(t.run(), "run")};
}

PullRequest read(Reader& r, const wire::PullRequest& t) {
    return {t.request(),
            r.id<RunId>(t.run(), "run"),
            t.after_sequence(),
            readOptional<RowKey>(r, t.after_row()),
            t.rows_max(),
            t.wait_ms(),
            UtcTime{t.after_time()}};
}

PullAnswer read(Reader& r, const wire::PullAnswer& t) {
    return {t.request(),
            r.id<RunId>(t.run(), "run"),
            readList<RunEvent>(r, t.events(), "events"),
            readList<StepRow>(r, t.rows(), "rows"),
            t.more(),
            t.start_over()};
}

WatchCluster read(Reader&, const wire::WatchCluster&) {
    return {};
}

LogStanding read(Reader& r, const wire::LogStanding& t) {
    return {r.id<NodeId>(t.node(), "node"), t.answers(), t.entries()};
}

TakeoverOutlook read(Reader& r, const wire::TakeoverOutlook& t) {
    return {r.id<NodeId>(t.founder(), "founder"), r.prose(t.refusal(), "refusal"),
            readList<LogStanding>(r, t.logs(), "logs")};
}

ClusterStatus read(Reader& r, const wire::ClusterStatus& t) {
    return {r.name(t.cluster(), "cluster"),
            r.id<NodeId>(t.reporter(), "reporter"),
            readList<NodeView>(r, t.nodes(), "nodes"),
            readList<RunHead>(r, t.runs(), "runs"),
            t.term(),
            UtcTime{t.time_us()},
            readOptional<TakeoverOutlook>(r, t.takeover())};
}

FetchRequest read(Reader& r, const wire::FetchRequest& t) {
    return {t.request(), r.id<RunId>(t.run(), "run"), r.name(t.name(), "file name"), t.offset(),
            t.bytes_max()};
}

FetchAnswer read(Reader& r, const wire::FetchAnswer& t) {
    FetchAnswer answer{t.request(), t.offset(), t.bytes_total(), {}};
    if (t.bytes() != nullptr && r.take(t.bytes()->size(), kFetchBytesMax, "part of a file")) {
        answer.bytes.assign(reinterpret_cast<const char*>(t.bytes()->data()), t.bytes()->size());
    }
    return answer;
}

Shutdown read(Reader& r, const wire::Shutdown& t) {
    return {r.prose(t.reason(), "reason")};
}

Heartbeat read(Reader& r, const wire::Heartbeat& t) {
    return {r.id<NodeId>(t.node(), "node"),
            t.term(),
            t.number(),
            readList<TaskKey>(r, t.tasks(), "tasks"),
            readOptional<NodeSample>(r, t.sample()),
            r.name(t.version(), "version")};
}

HeartbeatAck read(Reader&, const wire::HeartbeatAck& t) {
    return {t.term(), t.number()};
}

CheckpointRef read(Reader& r, const wire::CheckpointRef& t) {
    return {t.step(), r.name(t.sha256(), "hash of a checkpoint")};
}

StartTask read(Reader& r, const wire::StartTask& t) {
    return {t.term(), readPart<TaskKey>(r, t.key(), "task key"),
            r.text(t.job_yaml(), kJobBytesMax, "job file"),
            readList<CheckpointRef>(r, t.checkpoints(), "checkpoints")};
}

KillTask read(Reader& r, const wire::KillTask& t) {
    return {t.term(), readPart<TaskKey>(r, t.key(), "task key"), r.prose(t.reason(), "reason")};
}

AssignMembership read(Reader& r, const wire::AssignMembership& t) {
    return {t.term(),      r.id<RunId>(t.run(), "run"), t.number(),
            t.base_step(), r.name(t.token(), "token"),  readList<Seat>(r, t.seats(), "seats")};
}

StopWork read(Reader& r, const wire::StopWork& t) {
    return {t.term(), r.id<RunId>(t.run(), "run"), r.prose(t.reason(), "reason")};
}

WorkerReady read(Reader& r, const wire::WorkerReady& t) {
    return {readPart<TaskKey>(r, t.key(), "task key"),
            r.name(t.endpoint(), "endpoint"),
            r.name(t.public_key(), "public key"),
            readPart<RunPrepared>(r, t.prepared(), "prepared data"),
            t.checkpoint_step(),
            r.prose(t.checkpoint_problem(), "checkpoint problem"),
            readOptional<RowKey>(r, t.last_row())};
}

MembershipEntered read(Reader& r, const wire::MembershipEntered& t) {
    return {readPart<TaskKey>(r, t.key(), "task key"), t.number(), t.following()};
}

StepsDone read(Reader& r, const wire::StepsDone& t) {
    return {readPart<TaskKey>(r, t.key(), "task key"), readList<StepRow>(r, t.rows(), "rows")};
}

EvaluationDone read(Reader& r, const wire::EvaluationDone& t) {
    return {readPart<TaskKey>(r, t.key(), "task key"),
            readPart<EvaluationFinished>(r, t.evaluation(), "evaluation")};
}

PhaseChanged read(Reader& r, const wire::PhaseChanged& t) {
    return {readPart<TaskKey>(r, t.key(), "task key"), r.enumeration<RunState>(t.state(), "run state")};
}

WorkerFinished read(Reader& r, const wire::WorkerFinished& t) {
    return {readPart<TaskKey>(r, t.key(), "task key"),
            t.steps(),
            t.samples(),
            r.name(t.parameter_hash(), "parameter hash"),
            t.stopped(),
            readOptional<ModelSaved>(r, t.model()),
            t.number()};
}

WorkerFailed read(Reader& r, const wire::WorkerFailed& t) {
    return {readPart<TaskKey>(r, t.key(), "task key"), readPart<Error>(r, t.error(), "error")};
}

TaskExited read(Reader& r, const wire::TaskExited& t) {
    return {readPart<TaskKey>(r, t.key(), "task key"), r.prose(t.detail(), "detail"), t.expected(),
            r.prose(t.last_log(), "log")};
}

Freeze read(Reader& r, const wire::Freeze& t) {
    return {t.term(), r.id<RunId>(t.run(), "run"), t.number(), r.prose(t.reason(), "reason")};
}

Frozen read(Reader& r, const wire::Frozen& t) {
    return {readPart<TaskKey>(r, t.key(), "task key"),
            t.number(),
            t.entered(),
            t.steps_applied(),
            r.name(t.endpoint(), "endpoint"),
            r.name(t.public_key(), "public key"),
            UtcTime{t.last_step_at()},
            readList<ShardHeld>(r, t.shards(), "shards")};
}

MembershipBroken read(Reader& r, const wire::MembershipBroken& t) {
    return {readPart<TaskKey>(r, t.key(), "task key"),
            t.number(),
            t.step(),
            readPart<Error>(r, t.error(), "error"),
            r.id<TaskId>(t.peer(), "peer"),
            readList<BrokenLink>(r, t.links(), "links")};
}

InjectFault read(Reader& r, const wire::InjectFault& t) {
    return {r.enumeration<Fault>(t.fault(), "fault"), t.heal_ms()};
}

CheckpointWritten read(Reader& r, const wire::CheckpointWritten& t) {
    return {readPart<TaskKey>(r, t.key(), "task key"),
            t.number(),
            t.step(),
            t.samples(),
            t.bytes(),
            r.name(t.sha256(), "hash of a checkpoint"),
            readOptional<Error>(r, t.error())};
}

Ping read(Reader&, const wire::Ping& t) {
    return {t.number()};
}

Pong read(Reader&, const wire::Pong& t) {
    return {t.number(), t.batches(), t.bytes_received(), t.bytes_sent()};
}

// --- The replicated log.

std::string readBytes(Reader& r, const flatbuffers::Vector<std::uint8_t>* bytes, std::size_t bytesMax,
                      const char* what) {
    if (bytes == nullptr || !r.take(bytes->size(), bytesMax, what)) {
        return {};
    }
    return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

VoterWeights readVoters(Reader& r, const Tables<wire::Voter>* voters) {
    VoterWeights weights;
    if (voters == nullptr || !r.take(voters->size() * sizeof(Voter), kNodesMax * sizeof(Voter), "voters")) {
        return weights;
    }
    for (flatbuffers::uoffset_t i = 0; i < voters->size(); ++i) {
        const wire::Voter& voter = *voters->Get(i);
        weights[r.id<NodeId>(voter.node(), "voter")] = {voter.incarnation(), voter.weight()};
    }
    return weights;
}

VotingConfig readVoting(Reader& r, const wire::VotingConfig* table) {
    return table == nullptr ? VotingConfig()
                            : VotingConfig{readVoters(r, table->now()), readVoters(r, table->before())};
}

LogEntry read(Reader& r, const wire::LogEntry& t) {
    return {t.index(), t.term(), r.enumeration<EntryKind>(t.kind(), "entry kind"),
            readBytes(r, t.payload(), kLogEntryBytesMax, "log entry"), readVoting(r, t.voting())};
}

LogSnapshot read(Reader& r, const wire::LogSnapshot& t) {
    return {t.index(), t.term(), readVoting(r, t.voting()),
            readBytes(r, t.state(), kSnapshotBytesMax, "snapshot")};
}

std::vector<LogEntry> readEntries(Reader& r, const Tables<wire::LogEntry>* entries) {
    return r.list<LogEntry>(entries, "log entries",
                            [&](const wire::LogEntry* entry) { return read(r, *entry); });
}

VoteRequest read(Reader&, const wire::VoteRequest& t) {
    return {t.lineage(), t.term(), t.prevote(), t.last_index(), t.last_term()};
}

VoteAnswer read(Reader& r, const wire::VoteAnswer& t) {
    return {t.lineage(),
            t.term(),
            t.asked(),
            t.prevote(),
            t.granted(),
            t.incarnation(),
            {t.last_index(), t.last_term(), t.commit()},
            r.id<NodeId>(t.leader(), "leader")};
}

AppendEntries read(Reader& r, const wire::AppendEntries& t) {
    return {t.lineage(),
            t.term(),
            t.number(),
            t.previous_index(),
            t.previous_term(),
            t.commit(),
            readEntries(r, t.entries())};
}

AppendAnswer read(Reader&, const wire::AppendAnswer& t) {
    return {t.lineage(), t.term(), t.number(), t.incarnation(), t.matched(), t.index()};
}

InstallSnapshot read(Reader& r, const wire::InstallSnapshot& t) {
    return {t.lineage(), t.term(), t.number(),
            r.required<LogSnapshot>(t.snapshot(), "snapshot",
                                    [&](const wire::LogSnapshot& s) { return read(r, s); })};
}

LogCursor read(Reader& r, const wire::LogCursor& t) {
    return {r.id<TaskId>(t.task(), "task"), r.id<NodeId>(t.node(), "node"), t.end()};
}

LogPart read(Reader& r, const wire::LogPart& t) {
    LogPart part{r.id<TaskId>(t.task(), "task"), r.id<NodeId>(t.node(), "node"), t.begin(), {}};
    if (t.bytes() != nullptr && r.take(t.bytes()->size(), kFetchBytesMax, "part of a log")) {
        part.bytes.assign(reinterpret_cast<const char*>(t.bytes()->data()), t.bytes()->size());
    }
    return part;
}

MirrorRequest read(Reader& r, const wire::MirrorRequest& t) {
    return {t.request(), r.id<RunId>(t.run(), "run"), readOptional<RowKey>(r, t.after_row()), t.rows_max(),
            readList<LogCursor>(r, t.logs(), "logs")};
}

MirrorAnswer read(Reader& r, const wire::MirrorAnswer& t) {
    return {t.request(), r.id<RunId>(t.run(), "run"), readList<StepRow>(r, t.rows(), "rows"),
            readList<LogPart>(r, t.logs(), "logs"), t.more()};
}

LogWrite read(Reader& r, const wire::LogWrite& t) {
    LogWrite write;
    if (t.identity() != nullptr) {
        write.identity = {t.identity()->lineage(), t.identity()->incarnation()};
    }
    if (t.ballot() != nullptr) {
        write.ballot = {t.ballot()->term(), r.id<NodeId>(t.ballot()->voted_for(), "vote")};
    }
    if (t.base() != nullptr) {
        write.base = read(r, *t.base());
    }
    if (t.truncate_after().has_value()) {
        write.truncateAfter = t.truncate_after().value();
    }
    write.entries = readEntries(r, t.entries());
    return write;
}

RegisterChange read(Reader& r, const wire::RegisterChange& t) {
    RegisterChange change;
    change.events = readList<RunEvent>(r, t.events(), "events");
    if (t.drained() != nullptr) {
        const std::vector<NodeId> nodes = readIds<NodeId>(r, t.drained()->nodes(), "drained nodes");
        change.drained.emplace(nodes.begin(), nodes.end());
    }
    change.commands =
        r.list<ExecutedCommand>(t.commands(), "executed commands", [&](const wire::ExecutedCommand* command) {
            return ExecutedCommand{r.name(command->client(), "client"),
                                   readPart<CommandAnswer>(r, command->answer(), "command answer")};
        });
    return change;
}

RegisterState read(Reader& r, const wire::RegisterState& t) {
    RegisterState state;
    state.runs = r.list<RegisterState::Run>(t.runs(), "runs", [&](const wire::RunRecord* run) {
        return RegisterState::Run{readList<RunEvent>(r, run->events(), "events"), run->complete()};
    });
    const std::vector<NodeId> nodes = readIds<NodeId>(r, t.drained(), "drained nodes");
    state.drained.insert(nodes.begin(), nodes.end());
    state.clients =
        r.list<CommandJournal::Client>(t.clients(), "clients", [&](const wire::ClientRecord* client) {
            return CommandJournal::Client{r.name(client->client(), "client"), client->forgotten(),
                                          readList<CommandAnswer>(r, client->answers(), "answers")};
        });
    return state;
}

template <typename Table>
Message readBody(Reader& r, const void* body) {
    return read(r, *static_cast<const Table*>(body));
}

Message readMessage(Reader& r, const wire::Envelope& envelope) {
    const void* body = envelope.body();
    switch (envelope.body_type()) {
        case wire::Body::Hello: return readBody<wire::Hello>(r, body);
        case wire::Body::Welcome: return readBody<wire::Welcome>(r, body);
        case wire::Body::Refusal: return readBody<wire::Refusal>(r, body);
        case wire::Body::Roster: return readBody<wire::Roster>(r, body);
        case wire::Body::Command: return readBody<wire::Command>(r, body);
        case wire::Body::CommandAnswer: return readBody<wire::CommandAnswer>(r, body);
        case wire::Body::PullRequest: return readBody<wire::PullRequest>(r, body);
        case wire::Body::PullAnswer: return readBody<wire::PullAnswer>(r, body);
        case wire::Body::WatchCluster: return readBody<wire::WatchCluster>(r, body);
        case wire::Body::ClusterStatus: return readBody<wire::ClusterStatus>(r, body);
        case wire::Body::FetchRequest: return readBody<wire::FetchRequest>(r, body);
        case wire::Body::FetchAnswer: return readBody<wire::FetchAnswer>(r, body);
        case wire::Body::Shutdown: return readBody<wire::Shutdown>(r, body);
        case wire::Body::Heartbeat: return readBody<wire::Heartbeat>(r, body);
        case wire::Body::HeartbeatAck: return readBody<wire::HeartbeatAck>(r, body);
        case wire::Body::StartTask: return readBody<wire::StartTask>(r, body);
        case wire::Body::KillTask: return readBody<wire::KillTask>(r, body);
        case wire::Body::AssignMembership: return readBody<wire::AssignMembership>(r, body);
        case wire::Body::StopWork: return readBody<wire::StopWork>(r, body);
        case wire::Body::WorkerReady: return readBody<wire::WorkerReady>(r, body);
        case wire::Body::MembershipEntered: return readBody<wire::MembershipEntered>(r, body);
        case wire::Body::StepsDone: return readBody<wire::StepsDone>(r, body);
        case wire::Body::EvaluationDone: return readBody<wire::EvaluationDone>(r, body);
        case wire::Body::PhaseChanged: return readBody<wire::PhaseChanged>(r, body);
        case wire::Body::WorkerFinished: return readBody<wire::WorkerFinished>(r, body);
        case wire::Body::WorkerFailed: return readBody<wire::WorkerFailed>(r, body);
        case wire::Body::TaskExited: return readBody<wire::TaskExited>(r, body);
        case wire::Body::Ping: return readBody<wire::Ping>(r, body);
        case wire::Body::Pong: return readBody<wire::Pong>(r, body);
        case wire::Body::Freeze: return readBody<wire::Freeze>(r, body);
        case wire::Body::Frozen: return readBody<wire::Frozen>(r, body);
        case wire::Body::MembershipBroken: return readBody<wire::MembershipBroken>(r, body);
        case wire::Body::VoteRequest: return readBody<wire::VoteRequest>(r, body);
        case wire::Body::VoteAnswer: return readBody<wire::VoteAnswer>(r, body);
        case wire::Body::AppendEntries: return readBody<wire::AppendEntries>(r, body);
        case wire::Body::AppendAnswer: return readBody<wire::AppendAnswer>(r, body);
        case wire::Body::InstallSnapshot: return readBody<wire::InstallSnapshot>(r, body);
        case wire::Body::InjectFault: return readBody<wire::InjectFault>(r, body);
        case wire::Body::CheckpointWritten: return readBody<wire::CheckpointWritten>(r, body);
        case wire::Body::MirrorRequest: return readBody<wire::MirrorRequest>(r, body);
        case wire::Body::MirrorAnswer: return readBody<wire::MirrorAnswer>(r, body);
        case wire::Body::NONE: break;
    }
    r.fail("it has no body");
    return Ping{};
}

// The wire numbers of enums are the ones of the C++ enums; a new value must reach both.
static_assert(static_cast<int>(wire::EntryKind::MAX) == static_cast<int>(EntryKind::Payload));
static_assert(static_cast<int>(wire::Role::MAX) == static_cast<int>(Role::Worker));
static_assert(static_cast<int>(wire::Fault::MAX) == static_cast<int>(Fault::KillLeader));
static_assert(static_cast<int>(wire::ErrorKind::MAX) == static_cast<int>(ErrorKind::Internal));
static_assert(static_cast<int>(wire::NodeState::MAX) == static_cast<int>(NodeState::Lost));
static_assert(static_cast<int>(wire::RunState::MAX) == static_cast<int>(RunState::Paused));
static_assert(static_cast<std::size_t>(wire::Body::MAX) == std::variant_size_v<Message>);
static_assert(static_cast<std::size_t>(wire::CommandBody::MAX) == std::variant_size_v<CommandBody>);

}  // namespace

Result<Message> unpackBody(const wire::Envelope& envelope) {
    if (envelope.body_type() > wire::Body::MAX) {
        return failure(ErrorKind::NotFound, "The other side sent a kind of message (number " +
                                                std::to_string(static_cast<int>(envelope.body_type())) +
                                                ") that this version does not know; it was skipped.");
    }
    Reader reader;
    Message message = readMessage(reader, envelope);
    if (reader.problem()) {
        return failure(ErrorKind::Corrupt, "A control message makes no sense: " + *reader.problem() + ".");
    }
    return message;
}

Result<LogWrite> unpackWrite(const wire::LogWrite& write) {
    Reader reader(kRecordBudget);
    LogWrite result = read(reader, write);
    if (reader.problem()) {
        return failure(ErrorKind::Corrupt, "A stored log entry makes no sense: " + *reader.problem() + ".");
    }
    return result;
}

Result<RegisterChange> unpackChange(const wire::RegisterChange& change) {
    Reader reader;
    RegisterChange result = read(reader, change);
    if (reader.problem()) {
        return failure(ErrorKind::Corrupt, "A log entry makes no sense: " + *reader.problem() + ".");
    }
    return result;
}

Result<RegisterState> unpackState(const wire::RegisterState& state) {
    Reader reader;
    RegisterState result = read(reader, state);
    if (reader.problem()) {
        return failure(ErrorKind::Corrupt, "A log's snapshot makes no sense: " + *reader.problem() + ".");
    }
    return result;
}

}  // namespace longship
