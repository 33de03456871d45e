#include "core/protocol/codec_pack.h"

#include "core/protocol/limits.h"
#include "core/protocol/utf8.h"

namespace longship {

namespace {

using Builder = flatbuffers::FlatBufferBuilder;
template <typename T>
using Offset = flatbuffers::Offset<T>;

/// Ids, keys and other exact texts.
Offset<flatbuffers::String> exact(Builder& b, const std::string& text) {
    return b.CreateString(text);
}

template <typename Tag>
Offset<flatbuffers::String> exact(Builder& b, const Id<Tag>& id) {
    return b.CreateString(id.value);
}

/// Texts for people: whatever a program wrote into them, the receiver must be able to take them.
Offset<flatbuffers::String> prose(Builder& b, const std::string& text, Keep keep = Keep::Front) {
    return b.CreateString(cleanText(text, kTextBytesMax, keep));
}

/// Short texts for people, such as the name of a device or a class.
Offset<flatbuffers::String> label(Builder& b, const std::string& text) {
    return b.CreateString(cleanText(text, kNameBytesMax, Keep::Front));
}

template <typename Values, typename Make>
auto list(Builder& b, const Values& values, Make make) {
    std::vector<decltype(make(*values.begin()))> offsets;
    offsets.reserve(values.size());
    for (const auto& value : values) {
        offsets.push_back(make(value));
    }
    return b.CreateVector(offsets);
}

template <typename To, typename From>
To same(From value) {
    return static_cast<To>(value);
}

// --- Parts.

auto pack(Builder& b, const Error& e) {
    return wire::CreateError(b, same<wire::ErrorKind>(e.kind), prose(b, e.text));
}

auto pack(Builder& b, const TaskKey& k) {
    return wire::CreateTaskKey(b, exact(b, k.run), exact(b, k.task), k.generation);
}

auto pack(Builder& b, const CheckpointRef& c) {
    return wire::CreateCheckpointRef(b, c.step, exact(b, c.sha256));
}

auto pack(Builder& b, const RosterEntry& e) {
    return wire::CreateRosterEntry(b, exact(b, e.node), exact(b, e.endpoint), exact(b, e.publicKey));
}

auto pack(Builder& b, const RowKey& k) {
    return wire::CreateRowKey(b, k.membership, k.step);
}

auto pack(Builder& b, const MemberTiming& t) {
    return wire::CreateMemberTiming(b, t.rank, t.computeMs, t.waitMs, t.totalMs);
}

auto pack(Builder& b, const StepRow& r) {
    const auto key = pack(b, r.key);
    const auto digest = wire::CreateSampleDigest(b, r.digest.low, r.digest.high, r.digest.count);
    const auto hash = exact(b, r.parameterHash);
    const auto members = list(b, r.members, [&](const MemberTiming& timing) { return pack(b, timing); });
    return wire::CreateStepRow(b, key, r.epoch, r.appliedAt.microseconds, r.loss, r.correct, r.durationMs,
                               digest, hash, members);
}

auto pack(Builder& b, const RunEvent& e) {
    return wire::CreateRunEvent(b, exact(b, e.run), e.sequence, e.time.microseconds,
                                b.CreateString(std::string(nameOf(e.body))), b.CreateString(toJson(e.body)));
}

auto pack(Builder& b, const GpuSample& s) {
    const auto name = label(b, s.name);
    wire::GpuSampleBuilder table(b);
    table.add_name(name);
    table.add_utilization(s.utilization);
    table.add_memory_used(s.memoryUsed);
    table.add_memory_total(s.memoryTotal);
    if (s.temperatureCelsius) {
        table.add_temperature_celsius(*s.temperatureCelsius);
    }
    return table.Finish();
}

auto pack(Builder& b, const NodeSample& s) {
    const auto gpus = list(b, s.gpus, [&](const GpuSample& gpu) { return pack(b, gpu); });
    wire::NodeSampleBuilder table(b);
    table.add_time(s.time.microseconds);
    table.add_cpu(s.cpu);
    table.add_cores(s.cores);
    table.add_memory_used(s.memoryUsed);
    table.add_memory_total(s.memoryTotal);
    table.add_disk_used(s.diskUsed);
    table.add_disk_total(s.diskTotal);
    table.add_network_received(s.networkReceived);
    table.add_network_sent(s.networkSent);
    if (s.temperatureCelsius) {
        table.add_temperature_celsius(*s.temperatureCelsius);
    }
    table.add_gpus(gpus);
    table.add_own_cpu(s.ownCpu);
    table.add_own_memory(s.ownMemory);
    table.add_own_received(s.ownReceived);
    table.add_own_sent(s.ownSent);
    table.add_timer_lag_ms(s.timerLagMs);
    return table.Finish();
}

auto pack(Builder& b, const RunHead& h) {
    return wire::CreateRunHead(b, exact(b, h.run), same<wire::RunState>(h.state), h.sequence);
}

auto pack(Builder& b, const Member& m) {
    return wire::CreateMember(b, m.rank, exact(b, m.task), m.generation, exact(b, m.node), m.share);
}

auto pack(Builder& b, const Seat& s) {
    return wire::CreateSeat(b, pack(b, s.member), exact(b, s.endpoint), exact(b, s.publicKey), s.hasState);
}

auto pack(Builder& b, const ShardHeld& h) {
    return wire::CreateShardHeld(b, h.shard, h.step, h.hasNext);
}

auto pack(Builder& b, const BrokenLink& l) {
    return wire::CreateBrokenLink(b, exact(b, l.peer), l.isSilent, l.bytesStuck);
}

auto pack(Builder& b, const RunPrepared& p) {
    const auto names = list(b, p.classNames, [&](const std::string& name) { return label(b, name); });
    return wire::CreateRunPrepared(b, p.trainingSamples, p.testSamples, p.parameters, p.stepsTotal,
                                   p.microBatch, label(b, p.device), label(b, p.blas), names);
}

auto pack(Builder& b, const EvaluationFinished& e) {
    return wire::CreateEvaluationFinished(b, e.step, e.epoch, e.loss, e.correct, e.samples);
}

auto pack(Builder& b, const ModelSaved& m) {
    return wire::CreateModelSaved(b, exact(b, m.node), m.bytes, exact(b, m.sha256));
}

auto pack(Builder& b, const LogStanding& m) {
    return wire::CreateLogStanding(b, exact(b, m.node), m.answers, m.entries);
}

template <typename T>
auto packOptional(Builder& b, const std::optional<T>& value) -> decltype(pack(b, *value)) {
    return value ? pack(b, *value) : decltype(pack(b, *value))();
}

auto pack(Builder& b, const NodeView& v) {
    const auto tasks = list(b, v.tasks, [&](const std::string& task) { return exact(b, task); });
    const auto sample = packOptional(b, v.sample);
    return wire::CreateNodeView(b, exact(b, v.node), exact(b, v.address), same<wire::NodeState>(v.state),
                                v.leader, v.sharesMachine, exact(b, v.version), prose(b, v.detail), tasks,
                                sample, v.drained);
}

template <typename Values>
auto packList(Builder& b, const Values& values) {
    return list(b, values, [&](const auto& value) { return pack(b, value); });
}

// --- Messages, in the order of the variant.

auto pack(Builder& b, const Hello& m) {
    return wire::CreateHello(b, same<wire::Role>(m.role), exact(b, m.name), exact(b, m.version));
}

auto pack(Builder& b, const Welcome& m) {
    return wire::CreateWelcome(b, exact(b, m.node), exact(b, m.cluster), exact(b, m.version),
                               exact(b, m.leader), m.term);
}

auto pack(Builder& b, const Refusal& m) {
    return wire::CreateRefusal(b, m.request, same<wire::ErrorKind>(m.kind), prose(b, m.text), m.elsewhere,
                               exact(b, m.leader), m.term);
}

auto pack(Builder& b, const Roster& m) {
    return wire::CreateRoster(b, exact(b, m.cluster), packList(b, m.nodes));
}

auto pack(Builder& b, const SubmitRun& m) {
    return wire::CreateSubmitRun(b, exact(b, m.jobYaml));
}

auto pack(Builder& b, const StopRun& m) {
    return wire::CreateStopRun(b, exact(b, m.run));
}

auto pack(Builder& b, const MoveTask& m) {
    return wire::CreateMoveTask(b, exact(b, m.run), exact(b, m.task), exact(b, m.node));
}

auto pack(Builder& b, const DrainNode& m) {
    return wire::CreateDrainNode(b, exact(b, m.node));
}

auto pack(Builder& b, const UndrainNode& m) {
    return wire::CreateUndrainNode(b, exact(b, m.node));
}

auto pack(Builder& b, const PauseRun& m) {
    return wire::CreatePauseRun(b, exact(b, m.run));
}

auto pack(Builder& b, const ResumeRun& m) {
    return wire::CreateResumeRun(b, exact(b, m.run));
}

auto pack(Builder& b, const Drill& m) {
    return wire::CreateDrill(b, exact(b, m.run), exact(b, m.node), same<wire::Fault>(m.fault), m.healMs);
}

auto pack(Builder& b, const TakeOver& m) {
    return wire::CreateTakeOver(b, exact(b, m.node));
}

template <typename Table>
constexpr wire::CommandBody kindOf(Offset<Table>) {
    return wire::CommandBodyTraits<Table>::enum_value;
}

auto pack(Builder& b, const Command& m) {
    const auto client = exact(b, m.client);
    return std::visit(
        [&](const auto& body) {
            const auto packed = pack(b, body);
            return wire::CreateCommand(b, client, m.sequence, kindOf(packed), packed.Union());
        },
        m.body);
}

auto pack(Builder& b, const CommandAnswer& m) {
    const auto error = packOptional(b, m.error);
    return wire::CreateCommandAnswer(b, m.sequence, error, exact(b, m.run));
}

auto pack(Builder& b, const PullRequest& m) {
    const auto row = packOptional(b, m.afterRow);
    return wire::CreatePullRequest(b, m.request, exact(b, m.run), m.afterSequence, row, m.rowsMax, m.waitMs,
                                   m.afterTime.microseconds);
}

auto pack(Builder& b, const PullAnswer& m) {
    return wire::CreatePullAnswer(b, m.request, exact(b, m.run), packList(b, m.events), packList(b, m.rows),
                                  m.more, m.startOver);
}

auto pack(Builder& b, const WatchCluster&) {
    return wire::CreateWatchCluster(b);
}

auto pack(Builder& b, const TakeoverOutlook& m) {
    return wire::CreateTakeoverOutlook(b, exact(b, m.founder), exact(b, m.refusal), packList(b, m.logs));
}

auto pack(Builder& b, const ClusterStatus& m) {
    const auto takeover = m.takeover ? pack(b, *m.takeover) : 0;
    return wire::CreateClusterStatus(b, exact(b, m.cluster), exact(b, m.reporter), packList(b, m.nodes),
                                     packList(b, m.runs), m.term, m.time.microseconds, takeover);
}

auto pack(Builder& b, const FetchRequest& m) {
    return wire::CreateFetchRequest(b, m.request, exact(b, m.run), exact(b, m.name), m.offset, m.bytesMax);
}

auto pack(Builder& b, const FetchAnswer& m) {
    const auto bytes = b.CreateVector(reinterpret_cast<const std::uint8_t*>(m.bytes.data()), m.bytes.size());
    return wire::CreateFetchAnswer(b, m.request, m.offset, m.bytesTotal, bytes);
}

auto pack(Builder& b, const Shutdown& m) {
    return wire::CreateShutdown(b, prose(b, m.reason));
}

auto pack(Builder& b, const Heartbeat& m) {
    const auto tasks = packList(b, m.tasks);
    const auto sample = packOptional(b, m.sample);
    return wire::CreateHeartbeat(b, exact(b, m.node), m.term, m.number, tasks, sample, exact(b, m.version));
}

auto pack(Builder& b, const HeartbeatAck& m) {
    return wire::CreateHeartbeatAck(b, m.term, m.number);
}

auto pack(Builder& b, const StartTask& m) {
    const auto checkpoints = packList(b, m.checkpoints);
    return wire::CreateStartTask(b, m.term, pack(b, m.key), exact(b, m.jobYaml), checkpoints);
}

auto pack(Builder& b, const KillTask& m) {
    return wire::CreateKillTask(b, m.term, pack(b, m.key), prose(b, m.reason));
}

auto pack(Builder& b, const AssignMembership& m) {
    return wire::CreateAssignMembership(b, m.term, exact(b, m.run), m.number, m.baseStep, exact(b, m.token),
                                        packList(b, m.seats));
}

auto pack(Builder& b, const StopWork& m) {
    return wire::CreateStopWork(b, m.term, exact(b, m.run), prose(b, m.reason));
}

auto pack(Builder& b, const WorkerReady& m) {
    const auto lastRow = packOptional(b, m.lastRow);
    return wire::CreateWorkerReady(b, pack(b, m.key), exact(b, m.endpoint), exact(b, m.publicKey),
                                   pack(b, m.prepared), m.checkpointStep, prose(b, m.checkpointProblem),
                                   lastRow);
}

auto pack(Builder& b, const MembershipEntered& m) {
    return wire::CreateMembershipEntered(b, pack(b, m.key), m.number, m.following);
}

auto pack(Builder& b, const StepsDone& m) {
    return wire::CreateStepsDone(b, pack(b, m.key), packList(b, m.rows));
}

auto pack(Builder& b, const EvaluationDone& m) {
    return wire::CreateEvaluationDone(b, pack(b, m.key), pack(b, m.evaluation));
}

auto pack(Builder& b, const PhaseChanged& m) {
    return wire::CreatePhaseChanged(b, pack(b, m.key), same<wire::RunState>(m.state));
}

auto pack(Builder& b, const WorkerFinished& m) {
    const auto key = pack(b, m.key);
    const auto model = packOptional(b, m.model);
    return wire::CreateWorkerFinished(b, key, m.steps, m.samples, exact(b, m.parameterHash), m.stopped, model,
                                      m.number);
}

auto pack(Builder& b, const WorkerFailed& m) {
    return wire::CreateWorkerFailed(b, pack(b, m.key), pack(b, m.error));
}

auto pack(Builder& b, const TaskExited& m) {
    return wire::CreateTaskExited(b, pack(b, m.key), prose(b, m.detail), m.expected,
                                  prose(b, m.lastLog, Keep::Back));
}

auto pack(Builder& b, const Freeze& m) {
    return wire::CreateFreeze(b, m.term, exact(b, m.run), m.number, prose(b, m.reason));
}

auto pack(Builder& b, const Frozen& m) {
    return wire::CreateFrozen(b, pack(b, m.key), m.number, m.entered, m.stepsApplied, exact(b, m.endpoint),
                              exact(b, m.publicKey), m.lastStepAt.microseconds, packList(b, m.shards));
}

auto pack(Builder& b, const MembershipBroken& m) {
    return wire::CreateMembershipBroken(b, pack(b, m.key), m.number, m.step, pack(b, m.error),
                                        exact(b, m.peer), packList(b, m.links));
}

auto pack(Builder& b, const InjectFault& m) {
    return wire::CreateInjectFault(b, same<wire::Fault>(m.fault), m.healMs);
}

auto pack(Builder& b, const CheckpointWritten& m) {
    const auto key = pack(b, m.key);
    const auto error = packOptional(b, m.error);
    return wire::CreateCheckpointWritten(b, key, m.number, m.step, m.samples, m.bytes, exact(b, m.sha256),
                                         error);
}

auto pack(Builder& b, const Ping& m) {
    return wire::CreatePing(b, m.number);
}

auto pack(Builder& b, const Pong& m) {
    return wire::CreatePong(b, m.number, m.batches, m.bytesReceived, m.bytesSent);
}

// --- The replicated log.

auto packBytes(Builder& b, const std::string& bytes) {
    return b.CreateVector(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

auto packVoters(Builder& b, const VoterWeights& voters) {
    return list(b, voters, [&](const auto& entry) {
        return wire::CreateVoter(b, exact(b, entry.first), entry.second.incarnation, entry.second.weight);
    });
}

/// Most entries have none.
Offset<wire::VotingConfig> pack(Builder& b, const VotingConfig& v) {
    if (v == VotingConfig()) {
        return 0;
    }
    const auto now = packVoters(b, v.now);
    return wire::CreateVotingConfig(b, now, packVoters(b, v.before));
}

auto pack(Builder& b, const LogEntry& e) {
    const auto payload = packBytes(b, e.payload);
    return wire::CreateLogEntry(b, e.index, e.term, same<wire::EntryKind>(e.kind), payload,
                                pack(b, e.voting));
}

auto packEntries(Builder& b, const std::vector<LogEntry>& entries) {
    return list(b, entries, [&](const LogEntry& entry) { return pack(b, entry); });
}

auto pack(Builder& b, const LogSnapshot& s) {
    const auto voting = pack(b, s.voting);
    return wire::CreateLogSnapshot(b, s.index, s.term, voting, packBytes(b, s.state));
}

auto pack(Builder& b, const VoteRequest& m) {
    return wire::CreateVoteRequest(b, m.lineage, m.term, m.prevote, m.lastIndex, m.lastTerm);
}

auto pack(Builder& b, const VoteAnswer& m) {
    return wire::CreateVoteAnswer(b, m.lineage, m.term, m.asked, m.prevote, m.granted, m.incarnation,
                                  m.reach.lastIndex, m.reach.lastTerm, m.reach.commit, exact(b, m.leader));
}

auto pack(Builder& b, const AppendEntries& m) {
    return wire::CreateAppendEntries(b, m.lineage, m.term, m.number, m.previousIndex, m.previousTerm,
                                     m.commit, packEntries(b, m.entries));
}

auto pack(Builder& b, const AppendAnswer& m) {
    return wire::CreateAppendAnswer(b, m.lineage, m.term, m.number, m.incarnation, m.matched, m.index);
}

auto pack(Builder& b, const InstallSnapshot& m) {
    return wire::CreateInstallSnapshot(b, m.lineage, m.term, m.number, pack(b, m.snapshot));
}

auto pack(Builder& b, const LogCursor& c) {
    return wire::CreateLogCursor(b, exact(b, c.task), exact(b, c.node), c.end);
}

auto pack(Builder& b, const LogPart& p) {
    const auto task = exact(b, p.task);
    const auto node = exact(b, p.node);
    const auto bytes = b.CreateVector(reinterpret_cast<const std::uint8_t*>(p.bytes.data()), p.bytes.size());
    return wire::CreateLogPart(b, task, node, p.begin, bytes);
}

auto pack(Builder& b, const MirrorRequest& m) {
    const auto row = packOptional(b, m.afterRow);
    const auto logs = list(b, m.logs, [&](const LogCursor& cursor) { return pack(b, cursor); });
    return wire::CreateMirrorRequest(b, m.request, exact(b, m.run), row, m.rowsMax, logs);
}

auto pack(Builder& b, const MirrorAnswer& m) {
    const auto logs = list(b, m.logs, [&](const LogPart& part) { return pack(b, part); });
    return wire::CreateMirrorAnswer(b, m.request, exact(b, m.run), packList(b, m.rows), logs, m.more);
}

template <typename Table>
PackedBody bodyOf(Offset<Table> offset) {
    return {wire::BodyTraits<Table>::enum_value, offset.Union()};
}

}  // namespace

PackedBody packBody(Builder& builder, const Message& message) {
    return std::visit([&](const auto& m) { return bodyOf(pack(builder, m)); }, message);
}

flatbuffers::Offset<wire::LogWrite> packWrite(Builder& b, const LogWrite& write) {
    Offset<wire::LogIdentity> identity = 0;
    if (write.identity) {
        identity = wire::CreateLogIdentity(b, write.identity->lineage, write.identity->incarnation);
    }
    Offset<wire::LogBallot> ballot = 0;
    if (write.ballot) {
        ballot = wire::CreateLogBallot(b, write.ballot->term, exact(b, write.ballot->votedFor));
    }
    Offset<wire::LogSnapshot> base = 0;
    if (write.base) {
        base = pack(b, *write.base);
    }
    const auto entries = packEntries(b, write.entries);
    flatbuffers::Optional<std::uint64_t> truncateAfter;
    if (write.truncateAfter) {
        truncateAfter = *write.truncateAfter;
    }
    return wire::CreateLogWrite(b, identity, ballot, base, truncateAfter, entries);
}

flatbuffers::Offset<wire::RegisterChange> packChange(Builder& b, const RegisterChange& change) {
    const auto events = list(b, change.events, [&](const RunEvent& event) { return pack(b, event); });
    Offset<wire::DrainedNodes> drained = 0;
    if (change.drained) {
        drained = wire::CreateDrainedNodes(
            b, list(b, *change.drained, [&](const NodeId& node) { return exact(b, node); }));
    }
    const auto commands = list(b, change.commands, [&](const ExecutedCommand& command) {
        const auto answer = pack(b, command.answer);
        return wire::CreateExecutedCommand(b, exact(b, command.client), answer);
    });
    return wire::CreateRegisterChange(b, events, drained, commands);
}

flatbuffers::Offset<wire::RegisterState> packState(Builder& b, const RegisterState& state) {
    const auto runs = list(b, state.runs, [&](const RegisterState::Run& run) {
        const auto events = list(b, run.events, [&](const RunEvent& event) { return pack(b, event); });
        return wire::CreateRunRecord(b, events, run.complete);
    });
    const auto drained = list(b, state.drained, [&](const NodeId& node) { return exact(b, node); });
    const auto clients = list(b, state.clients, [&](const CommandJournal::Client& client) {
        const auto answers =
            list(b, client.answers, [&](const CommandAnswer& answer) { return pack(b, answer); });
        return wire::CreateClientRecord(b, exact(b, client.name), client.forgotten, answers);
    });
    return wire::CreateRegisterState(b, runs, drained, clients);
}

}  // namespace longship
