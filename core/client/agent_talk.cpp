#include "core/client/agent_talk.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <span>

#include "core/base/digest.h"
#include "core/protocol/codec.h"

namespace longship {
namespace {

// How often conditions that no socket reports, such as the end of a process, are looked at.
constexpr std::chrono::milliseconds kGlance{20};
// An agent refuses other nodes while it believes that a run is active, and may hear of the end a moment later
// than we did.
constexpr std::chrono::milliseconds kRosterAgain{500};
constexpr std::chrono::seconds kLeaderBelieved{4};

template <typename Nodes>
std::set<NodeId> namesOf(const Nodes& nodes) {
    std::set<NodeId> names;
    for (const auto& node : nodes) {
        names.insert(node.node);
    }
    return names;
}

}  // namespace

Result<AgentTalk> AgentTalk::open(const KeyPair& keys, const std::vector<RosterEntry>& agents,
                                  const std::string& version) {
    ControlHub::Options options;
    options.keys = keys;
    options.messageBytesMax = kControlMessageBytesMax;
    LONGSHIP_ASSIGN(auto hub, ControlHub::create(options));
    AgentTalk talk(std::move(hub), version);
    for (const RosterEntry& entry : agents) {
        LONGSHIP_ASSIGN(const auto connection, talk.m_hub->connect(entry.endpoint, entry.publicKey));
        talk.m_agents[connection].entry = entry;
    }
    return talk;
}

AgentTalk::AgentTalk(std::unique_ptr<ControlHub> hub, std::string version)
    : m_hub(std::move(hub)), m_version(std::move(version)) {}

Result<void> AgentTalk::greet(TimePoint deadline) {
    return waitForAll(deadline, "greeting", [](const Agent& agent) { return agent.welcome.has_value(); });
}

Result<void> AgentTalk::handOut(const Roster& roster, TimePoint deadline) {
    const auto done = [&](const Agent& agent) {
        return agent.status && agent.status->cluster == roster.cluster &&
               namesOf(agent.status->nodes) == namesOf(roster.nodes);
    };
    for (auto& [connection, agent] : m_agents) {
        agent.status.reset();
    }
    for (;;) {
        for (const auto& [connection, agent] : m_agents) {
            if (!done(agent)) {
                say(connection, roster);
                say(connection, WatchCluster{});
            }
        }
        auto taken = waitForAll(std::min(deadline, BootClock::now() + kRosterAgain), "roster", done);
        if (taken || BootClock::now() >= deadline) {
            return taken;
        }
    }
}

void AgentTalk::sayUntil(const Message& message, TimePoint deadline,
                         const std::function<bool(const NodeId&)>& done) {
    std::map<ControlHub::ConnectionHandle, bool> said;
    const auto allDone = [&] {
        return std::all_of(m_agents.begin(), m_agents.end(),
                           [&](const auto& known) { return done(known.second.entry.node); });
    };
    while (!allDone() && BootClock::now() < deadline) {
        for (const auto& [connection, agent] : m_agents) {
            if (agent.welcome && !said[connection]) {
                said[connection] = true;
                say(connection, message);
            }
        }
        waitOnce(std::min(deadline, BootClock::now() + kGlance));
    }
}

void AgentTalk::watchAll() {
    for (auto& [connection, agent] : m_agents) {
        if (agent.welcome && !agent.watched) {
            agent.watched = true;
            say(connection, WatchCluster{});
        }
    }
}

/// Whom the agent hears; empty: nobody.
NodeId AgentTalk::leaderOf(const Agent& agent) const {
    if (!agent.status || agent.status->takeover) {
        return {};
    }
    for (const NodeView& node : agent.status->nodes) {
        if (node.leader && (node.state == NodeState::Ready || node.state == NodeState::Busy)) {
            return node.node;
        }
    }
    return {};
}

Result<TakeoverOutlook> AgentTalk::outlook(TimePoint deadline) {
    // One that was heard a moment ago may be gone.
    const TimePoint believed = std::min(deadline, BootClock::now() + kLeaderBelieved);
    for (;;) {
        NodeId leader;
        std::string reason = "None of its agents answers.";
        for (const auto& [connection, agent] : m_agents) {
            leader = leader.empty() ? leaderOf(agent) : leader;
            const auto* told = agent.status && agent.status->takeover ? &*agent.status->takeover : nullptr;
            if (told != nullptr && told->founder == agent.entry.node) {
                if (told->refusal.empty()) {
                    return *told;
                }
                reason = told->refusal;
            }
        }
        if (!leader.empty() && BootClock::now() >= believed) {
            return failure(ErrorKind::Refused,
                           leader.value +
                               " leads the cluster: nothing has to be taken over. Of nodes that are "
                               "gone the others take leave by themselves.");
        }
        if (BootClock::now() >= deadline) {
            return failure(reason.starts_with("None") ? ErrorKind::Unavailable : ErrorKind::Refused, reason);
        }
        watchAll();
        waitOnce(std::min(deadline, BootClock::now() + kRosterAgain));
    }
}

Result<void> AgentTalk::takeOver(const NodeId& founder, TimePoint deadline) {
    const auto found = std::find_if(m_agents.begin(), m_agents.end(),
                                    [&](const auto& known) { return known.second.entry.node == founder; });
    if (found == m_agents.end() || !found->second.welcome) {
        return failure(ErrorKind::Unavailable, founder.value + " does not answer.");
    }
    Agent& agent = found->second;
    agent.answer.reset();
    say(found->first, Command{"takeover-" + randomHex(8), 1, TakeOver{founder}});
    while (!agent.answer || (!agent.answer->error && leaderOf(agent) != founder)) {
        if (BootClock::now() >= deadline) {
            return failure(ErrorKind::Unavailable,
                           founder.value +
                               (agent.answer ? " goes on, but does not lead yet." : " did not answer. ") +
                               agent.problem);
        }
        waitOnce(std::min(deadline, BootClock::now() + kRosterAgain));
    }
    return agent.answer->error ? failure(*agent.answer->error) : Result<void>();
}

void AgentTalk::say(ControlHub::ConnectionHandle to, const Message& message) {
    if (const auto sent = m_hub->send(to, encode(message)); !sent) {
        m_agents.at(to).problem = sent.error().text;
    }
}

void AgentTalk::waitOnce(TimePoint deadline) {
    ControlHub::Events events;
    events.onConnected = [this](auto connection) {
        m_agents.at(connection).problem.clear();
        m_agents.at(connection).watched = false;
        say(connection, Hello{Role::Client, "local-cluster", m_version});
    };
    events.onRefused = [this](auto connection) { m_agents.at(connection).problem = "Nobody listens there."; };
    events.onRejected = [this](auto connection) {
        m_agents.at(connection).problem = "It does not accept the key of this cluster.";
    };
    events.onMessage = [this](auto connection, const ControlMessage& message) {
        hear(m_agents.at(connection), message.bytes);
    };
    m_hub->wait(deadline, events);
}

void AgentTalk::hear(Agent& agent, const std::string& bytes) {
    const auto message = decode(std::as_bytes(std::span(bytes.data(), bytes.size())));
    if (!message) {
        agent.problem = message.error().text;
    } else if (const auto* welcome = std::get_if<Welcome>(&*message)) {
        agent.welcome = *welcome;
    } else if (const auto* status = std::get_if<ClusterStatus>(&*message)) {
        agent.status = *status;
    } else if (const auto* answer = std::get_if<CommandAnswer>(&*message)) {
        agent.answer = *answer;
    } else if (const auto* refusal = std::get_if<Refusal>(&*message)) {
        agent.problem = refusal->text;
    }
}

Result<void> AgentTalk::waitForAll(TimePoint deadline, const std::string& what,
                                   const std::function<bool(const Agent&)>& done) {
    for (;;) {
        const auto missing = std::find_if(m_agents.begin(), m_agents.end(),
                                          [&](const auto& known) { return !done(known.second); });
        if (missing == m_agents.end()) {
            return {};
        }
        if (BootClock::now() >= deadline) {
            const Agent& agent = missing->second;
            return failure(ErrorKind::Unavailable,
                           fmt::format("The agent of {} at {} did not answer our {}. {}",
                                       agent.entry.node.value, agent.entry.endpoint, what, agent.problem));
        }
        waitOnce(deadline);
    }
}

}  // namespace longship
