#include "agent/supervision/peer_rules.h"

#include <fmt/format.h>

#include <type_traits>
#include <variant>

namespace longship {
namespace {

template <typename T, typename... Options>
inline constexpr bool kIsOneOf = (std::is_same_v<T, Options> || ...);

template <typename T>
inline constexpr bool kFromAnybody = kIsOneOf<T, Hello, Welcome, Refusal>;

template <typename T>
inline constexpr bool kFromClient =
    kIsOneOf<T, Roster, Command, PullRequest, WatchCluster, FetchRequest, Shutdown>;

/// What a worker says, and its agent hands on to the leader.
template <typename T>
inline constexpr bool kFromWorker =
    kIsOneOf<T, WorkerReady, MembershipEntered, StepsDone, EvaluationDone, PhaseChanged, WorkerFinished,
             WorkerFailed, Frozen, MembershipBroken, CheckpointWritten>;

/// What agents say to each other about their replicated log, whoever leads.
template <typename T>
inline constexpr bool kOfTheLog =
    kIsOneOf<T, VoteRequest, VoteAnswer, AppendEntries, AppendAnswer, InstallSnapshot>;

template <typename T>
inline constexpr bool kFromAgent =
    kFromWorker<T> || kOfTheLog<T> ||
    kIsOneOf<T, Heartbeat, TaskExited, PullRequest, PullAnswer, MirrorRequest, MirrorAnswer>;

/// Orders.
template <typename T>
inline constexpr bool kFromLeader =
    kIsOneOf<T, HeartbeatAck, StartTask, KillTask, AssignMembership, StopWork, Freeze>;

template <typename T>
bool mayWorkerSay(const Peer& peer, const T& message) {
    if constexpr (std::is_same_v<T, Pong>) {
        return true;
    } else if constexpr (kFromWorker<T>) {
        return message.key == peer.task;
    } else {
        return false;
    }
}

template <typename T>
bool mayAgentSay(const Peer& peer, const T& message) {
    if constexpr (std::is_same_v<T, Heartbeat>) {
        return message.node == peer.node;
    } else {
        return kFromAgent<T> || (kFromLeader<T> && peer.leader);
    }
}

template <typename T>
bool maySay(const Peer& peer, const T& message) {
    if constexpr (kFromAnybody<T>) {
        return true;
    } else {
        switch (peer.role) {
            case Role::Client: return kFromClient<T>;
            case Role::Agent: return mayAgentSay(peer, message);
            case Role::Worker: return mayWorkerSay(peer, message);
        }
        return false;
    }
}

struct NameVisitor {
    std::string_view operator()(const Hello&) const { return "Hello"; }
    std::string_view operator()(const Welcome&) const { return "Welcome"; }
    std::string_view operator()(const Refusal&) const { return "Refusal"; }
    std::string_view operator()(const Roster&) const { return "Roster"; }
    std::string_view operator()(const Command&) const { return "Command"; }
    std::string_view operator()(const CommandAnswer&) const { return "CommandAnswer"; }
    std::string_view operator()(const PullRequest&) const { return "PullRequest"; }
    std::string_view operator()(const PullAnswer&) const { return "PullAnswer"; }
    std::string_view operator()(const WatchCluster&) const { return "WatchCluster"; }
    std::string_view operator()(const ClusterStatus&) const { return "ClusterStatus"; }
    std::string_view operator()(const FetchRequest&) const { return "FetchRequest"; }
    std::string_view operator()(const FetchAnswer&) const { return "FetchAnswer"; }
    std::string_view operator()(const Shutdown&) const { return "Shutdown"; }
    std::string_view operator()(const Heartbeat&) const { return "Heartbeat"; }
    std::string_view operator()(const HeartbeatAck&) const { return "HeartbeatAck"; }
    std::string_view operator()(const StartTask&) const { return "StartTask"; }
    std::string_view operator()(const KillTask&) const { return "KillTask"; }
    std::string_view operator()(const AssignMembership&) const { return "AssignMembership"; }
    std::string_view operator()(const StopWork&) const { return "StopWork"; }
    std::string_view operator()(const WorkerReady&) const { return "WorkerReady"; }
    std::string_view operator()(const MembershipEntered&) const { return "MembershipEntered"; }
    std::string_view operator()(const StepsDone&) const { return "StepsDone"; }
    std::string_view operator()(const EvaluationDone&) const { return "EvaluationDone"; }
    std::string_view operator()(const PhaseChanged&) const { return "PhaseChanged"; }
    std::string_view operator()(const WorkerFinished&) const { return "WorkerFinished"; }
    std::string_view operator()(const WorkerFailed&) const { return "WorkerFailed"; }
    std::string_view operator()(const TaskExited&) const { return "TaskExited"; }
    std::string_view operator()(const Ping&) const { return "Ping"; }
    std::string_view operator()(const Pong&) const { return "Pong"; }
    std::string_view operator()(const VoteRequest&) const { return "VoteRequest"; }
    std::string_view operator()(const VoteAnswer&) const { return "VoteAnswer"; }
    std::string_view operator()(const AppendEntries&) const { return "AppendEntries"; }
    std::string_view operator()(const AppendAnswer&) const { return "AppendAnswer"; }
    std::string_view operator()(const InstallSnapshot&) const { return "InstallSnapshot"; }
    std::string_view operator()(const MirrorRequest&) const { return "MirrorRequest"; }
    std::string_view operator()(const MirrorAnswer&) const { return "MirrorAnswer"; }
    std::string_view operator()(const Freeze&) const { return "Freeze"; }
    std::string_view operator()(const Frozen&) const { return "Frozen"; }
    std::string_view operator()(const MembershipBroken&) const { return "MembershipBroken"; }
    std::string_view operator()(const InjectFault&) const { return "InjectFault"; }
    std::string_view operator()(const CheckpointWritten&) const { return "CheckpointWritten"; }
};

}  // namespace

std::optional<std::string> refusalOf(const Peer& peer, const Message& message) {
    const bool allowed = std::visit([&](const auto& typed) { return maySay(peer, typed); }, message);
    if (allowed) {
        return std::nullopt;
    }
    return fmt::format("{} may not send {} here.", describe(peer), nameOf(message));
}

std::string describe(const Peer& peer) {
    switch (peer.role) {
        case Role::Client: return "A client";
        case Role::Agent: return fmt::format("The agent of {}", peer.node.value);
        case Role::Worker: return fmt::format("{} of run {}", peer.task.task.value, peer.task.run.value);
    }
    return "A peer";
}

std::string_view nameOf(const Message& message) {
    return std::visit(NameVisitor{}, message);
}

std::uint64_t requestOf(const Message& message) {
    return std::visit(
        [](const auto& typed) -> std::uint64_t {
            if constexpr (requires { typed.request; }) {
                return typed.request;
            } else if constexpr (std::is_same_v<std::decay_t<decltype(typed)>, Command>) {
                return typed.sequence;
            } else {
                return 0;
            }
        },
        message);
}

}  // namespace longship
