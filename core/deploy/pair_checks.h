#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "core/deploy/preflight.h"
#include "core/domain/link_measure.h"

namespace longship {

/// Rounds in which each of `count` meets each other one once, and nobody two others in one round: the circle
/// method of tournaments, a 1-factorisation of the complete graph.
std::vector<std::vector<std::pair<std::size_t, std::size_t>>> disjointRounds(std::size_t count);

/// What came of measuring the way from one node to another, as checks. `target`: "10.0.0.2 port 40123". Pure.
std::vector<CheckResult> judgeLink(const NodeId& from, const NodeId& to, const std::string& target,
                                   const Result<LinkMeasure>& measure);

/// A node whose session may be used.
struct PairEnd {
    NodeId node;
    SshSession* session = nullptr;
    std::string address;    ///< Where the others reach it.
    bool deployed = false;  ///< Programs of ours are there.
};

/// Measures each way between nodes that have our programs, pairs that share no node side by side. The
/// callback is called by one thread at a time.
void measurePairs(const std::vector<PairEnd>& ends, std::stop_token stop,
                  const std::function<void(const CheckResult&)>& found);

}  // namespace longship
