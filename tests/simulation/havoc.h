#pragma once

#include <functional>
#include <string>

#include "tests/simulation/simulated_cluster.h"

namespace longship::test {

/// How the runs of many histories ended, and what they went through.
struct Tally {
    std::map<RunState, std::uint64_t> endings;
    std::map<std::string, std::uint64_t> transitions;
    std::uint64_t memberships = 0;
    std::uint64_t events = 0;
    std::uint64_t eventsMin = ~std::uint64_t{0};
    std::uint64_t leaderships = 0;
    std::uint64_t disksLost = 0;
    std::uint64_t clustersLost = 0;  ///< All of its nodes at once.
    std::uint64_t returns = 0;       ///< To a checkpoint.
    std::uint64_t served = 0;        ///< Completed runs with servers.
    std::uint64_t servedReturns = 0;
};

/// Everything that goes wrong in one seeded history, a person who answers questions, and all that is put
/// right again before the end.
class Havoc {
public:
    /// `tells`: on stderr, what happens when.
    Havoc(SimulatedCluster& cluster, bool tells) : m_cluster(cluster), m_tells(tells) {}

    /// Plans clients and faults for the first 15 seconds.
    void plan();
    /// All nodes are there again and behave from now on.
    void heal();
    std::uint64_t disksLost() const { return m_disksLost; }
    std::uint64_t clustersLost() const { return m_clustersLost; }

private:
    void at(std::uint64_t ms, std::function<void()> action);
    void strike();
    void strikeAll();
    void strikeNode(std::uint64_t kind, const NodeId& node, Duration while_);
    void strikeLinks(std::uint64_t kind, const NodeId& node, Duration while_);
    const NodeId& anyNode();
    /// Half of the time the leader: there it hurts.
    NodeId victim();
    void command();
    StrategySpec someStrategy();
    void attend();
    std::optional<RunId> someRun();

    SimulatedCluster& m_cluster;
    bool m_tells;
    TimePoint m_wipedAt{};
    std::uint64_t m_disksLost = 0;
    std::uint64_t m_clustersLost = 0;
};

/// One history from its seed; what broke in it, or nothing.
std::string simulate(std::uint64_t seed, Tally& tally, std::uint64_t* fingerprint = nullptr,
                     bool tells = false);

}  // namespace longship::test
