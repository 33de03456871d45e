#pragma once

#include <cstdint>
#include <string>

namespace longship::test {

/// What a history showed, and how long training stood still.
struct ServerHistory {
    std::string problem;  ///< Empty: nothing is wrong.
    double secondsLost = 0;
};

/// A run whose servers back each other up loses one of them, or its whole node, at some moment: no step is
/// computed again from a checkpoint, and it ends with the model of an undisturbed run.
ServerHistory loseAServer(std::uint64_t seed);

/// A run whose servers have no backups: the node of one is drained, or a person moves one, while another dies
/// now and then. What it holds goes to others first.
ServerHistory sendAServerAway(std::uint64_t seed);

}  // namespace longship::test
