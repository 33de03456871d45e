#include "core/protocol/history_feed.h"

#include <algorithm>
#include <utility>

namespace longship {

HistoryFeed::HistoryFeed(const std::vector<RunSnapshot>& history) {
    for (const RunSnapshot& run : history) {
        m_given[run.run] = run.sequence;
    }
}

void HistoryFeed::give(const RunEvent& event) {
    std::uint64_t& given = m_given[event.run];
    if (event.sequence > given) {
        given = event.sequence;
        m_events.push_back(event);
    }
}

void HistoryFeed::giveAll(const RunId& run, const ClusterRegister::Run& state) {
    const auto first =
        std::partition_point(state.events.begin(), state.events.end(),
                             [&](const RunEvent& event) { return event.sequence <= m_given[run]; });
    std::for_each(first, state.events.end(), [&](const RunEvent& event) { give(event); });
}

void HistoryFeed::update(const RunId& run, const ClusterRegister::Run& state) {
    if (m_lacking.contains(run)) {
        return;
    }
    const std::uint64_t given = m_given[run];
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
            request.afterSequence = m_given[run];
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
                      m_given[answer.run] >= state->second.snapshot.sequence;
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
