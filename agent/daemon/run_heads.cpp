#include "agent/daemon/run_heads.h"

#include <algorithm>
#include <variant>

namespace longship {

std::vector<RunSnapshot> RunHeads::load(const History& history) {
    std::vector<RunSnapshot> snapshots = history.snapshots();
    if (snapshots.size() > kRunHeadsMax) {
        snapshots.resize(kRunHeadsMax);
    }
    m_heads.clear();
    for (const RunSnapshot& snapshot : snapshots) {
        m_heads[snapshot.run] = {snapshot.run, snapshot.state, snapshot.sequence};
    }
    return snapshots;
}

void RunHeads::apply(const RunEvent& event) {
    RunHead& head = m_heads[event.run];
    head.run = event.run;
    if (event.sequence <= head.sequence) {
        return;
    }
    head.sequence = event.sequence;
    if (const auto* changed = std::get_if<StateChanged>(&event.body)) {
        head.state = changed->state;
    } else if (const auto* finished = std::get_if<RunFinished>(&event.body)) {
        head.state = finished->state;
    }
    if (m_heads.size() > kRunHeadsMax) {
        m_heads.erase(m_heads.begin());
    }
}

bool RunHeads::anyActive() const {
    return std::any_of(m_heads.begin(), m_heads.end(),
                       [](const auto& head) { return !isTerminal(head.second.state); });
}

std::vector<RunHead> RunHeads::newestFirst() const {
    std::vector<RunHead> heads;
    for (auto head = m_heads.rbegin(); head != m_heads.rend(); ++head) {
        heads.push_back(head->second);
    }
    return heads;
}

}  // namespace longship
