#include "core/protocol/history_feed.h"

#include <algorithm>
#include <utility>

namespace longship {

HistoryFeed::HistoryFeed(const std::vector<RunSnapshot>& history,
                         const std::map<RunId, UtcTime>& lastEvents) {
    for (const RunSnapshot& run : history) {
        const auto time = lastEvents.find(run.run);
        m_given[run.run] = {run.sequence, time == lastEvents.end() ? UtcTime() : time->second};
    }
}

void HistoryFeed::markVoid(const RunId& run) {
    if (m_void.insert(run).second) {
        m_voidToTell.push_back(run);
        m_lacking.erase(run);
        std::erase_if(m_events, [&](const RunEvent& event) { return event.run == run; });
    }
}

std::vector<RunId> HistoryFeed::takeVoid() {
    return std::exchange(m_voidToTell, {});
}

/// No two events of one place have the same time. A run that has ended has no more events than there are.
bool HistoryFeed::isOfAnotherBranch(const Given& given, const ClusterRegister::Run& state) {
    if (given.sequence > state.snapshot.sequence) {
        return isTerminal(state.snapshot.state);
    }
    const auto same =
        std::partition_point(state.events.begin(), state.events.end(),
                             [&](const RunEvent& event) { return event.sequence < given.sequence; });
    return given.time != UtcTime() && same != state.events.end() && same->sequence == given.sequence &&
           same->time != given.time;
}

void HistoryFeed::give(const RunEvent& event) {
    Given& given = m_given[event.run];
    if (event.sequence > given.sequence) {
        given = {event.sequence, event.time};
        m_events.push_back(event);
    }
}

void HistoryFeed::giveAll(const RunId& run, const ClusterRegister::Run& state) {
    const auto first =
        std::partition_point(state.events.begin(), state.events.end(),
                             [&](const RunEvent& event) { return event.sequence <= m_given[run].sequence; });
    std::for_each(first, state.events.end(), [&](const RunEvent& event) { give(event); });
}

void HistoryFeed::update(const RunId& run, const ClusterRegister::Run& state) {
    if (m_lacking.contains(run) || m_void.contains(run)) {
        return;
    }
    if (isOfAnotherBranch(m_given[run], state)) {
        return markVoid(run);
    }
    const std::uint64_t given = m_given[run].sequence;
    if (given >= state.snapshot.sequence) {
        return;
    }
    const std::uint64_t missing = state.snapshot.sequence - given;
    const auto known = std::partition_point(state.events.begin(), state.events.end(),
                                            [&](const RunEvent& event) { return event.sequence <= given; });
    if (static_cast<std::uint64_t>(state.events.end() - known) < missing) {
        m_lacking[run];
    } else {
        giveAll(run, state);
    }
}

std::optional<RunEvent> HistoryFeed::pollEvent() {
    if (m_events.empty()) {
        return std::nullopt;
    }
    std::optional<RunEvent> event(std::move(m_events.front()));
    m_events.pop_front();
    return event;
}

std::optional<PullRequest> HistoryFeed::nextPull(const ClusterRegister& all, bool alone, TimePoint now) {
    for (auto lacking = m_lacking.begin(); lacking != m_lacking.end();) {
        const RunId run = lacking->first;
        const auto state = all.runs().find(run);
        if (alone || state == all.runs().end()) {
            lacking = m_lacking.erase(lacking);
            if (state != all.runs().end()) {
                giveAll(run, state->second);
            }
            continue;
        }
        if (!lacking->second || now - *lacking->second >= kAskAgain) {
            lacking->second = now;
            PullRequest request;
            request.request = ++m_request;
            request.run = run;
            request.afterSequence = m_given[run].sequence;
            request.rowsMax = 0;
            return request;
        }
        ++lacking;
    }
    return std::nullopt;
}

void HistoryFeed::answered(const PullAnswer& answer, const ClusterRegister& all) {
    const auto lacking = m_lacking.find(answer.run);
    if (lacking == m_lacking.end()) {
        return;
    }
    for (const RunEvent& event : answer.events) {
        if (event.run == answer.run) {
            give(event);
        }
    }
    const auto state = all.runs().find(answer.run);
    const bool over = state == all.runs().end() || (!answer.more && answer.events.empty()) ||
                      m_given[answer.run].sequence >= state->second.snapshot.sequence;
    if (!over) {
        lacking->second.reset();
        return;
    }
    m_lacking.erase(lacking);
    if (state != all.runs().end()) {
        giveAll(answer.run, state->second);
    }
}

}  // namespace longship
