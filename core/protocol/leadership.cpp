#include "core/protocol/leadership.h"

#include <algorithm>
#include <utility>

#include "core/protocol/limits.h"
#include "core/protocol/mutation.h"

namespace longship {

Leadership::Leadership(Coordinator::Options options, const ClusterRegister& state, TimePoint now,
                       UtcTime wallTime)
    : m_term(options.term), m_coordinator(std::move(options), now), m_drained(state.drained()) {
    for (const auto& [id, run] : state.runs()) {
        m_coordinator.restore(run.snapshot, wallTime);
    }
    collect();
}

void Leadership::command(std::uint64_t ticket, const Command& command, const ClusterRegister& state,
                         TimePoint now, UtcTime wallTime) {
    if (auto known = state.commands().find(command)) {
        m_answers.push_back({m_last, {ticket, std::move(known)}});
        return;
    }
    const CommandKey key{command.client, command.sequence};
    const auto pending = m_pending.find(key);
    if (pending != m_pending.end()) {
        m_answers.push_back({m_last, {ticket, pending->second.second}});
        return;
    }
    collect();  // What was before the command is not part of it.
    const Result<RunId> done = m_coordinator.execute(command.body, now, wallTime);
    CommandAnswer answer{command.sequence, std::nullopt, RunId()};
    if (done) {
        answer.run = *done;
    } else {
        answer.error = done.error();
    }
    m_executed.push_back({command.client, answer});
    collect();
    m_pending[key] = {m_last, answer};
    m_answers.push_back({m_last, {ticket, std::move(answer)}});
}

bool Leadership::isPending(const Command& command) const {
    return m_pending.contains({command.client, command.sequence});
}

void Leadership::closeForgotten(const std::vector<RunSnapshot>& runs, UtcTime wallTime) {
    for (const RunSnapshot& run : runs) {
        RegisterChange change;
        std::uint64_t sequence = run.sequence;
        for (const auto& [task, view] : run.tasks) {
            if (view.state != TaskState::Exited) {
                change.events.push_back({run.run, ++sequence, wallTime,
                                         TaskChanged{task, view.generation, view.node, TaskState::Exited,
                                                     "its cluster was started anew"}});
            }
        }
        RunFinished finished;
        finished.state = RunState::Failed;
        finished.steps = run.memberships.empty() ? 0 : run.memberships.back().baseStep;
        finished.cause = "its cluster was started anew, without the record that it would go on from";
        change.events.push_back({run.run, ++sequence, wallTime, std::move(finished)});
        add(std::move(change));
    }
}

void Leadership::collect() {
    RegisterChange change;
    while (auto event = m_coordinator.pollEvent()) {
        change.events.push_back(std::move(*event));
    }
    change.commands = std::exchange(m_executed, {});
    if (m_coordinator.drained() != m_drained) {
        m_drained = m_coordinator.drained();
        change.drained = m_drained;
    }
    if (!change.empty()) {
        add(std::move(change));
    }
    while (auto outgoing = m_coordinator.pollTransmit()) {
        holdMessage(std::move(*outgoing));
    }
}

/// One entry, or several where it would be too long; then a command goes with the first events, which are its
/// own.
void Leadership::add(RegisterChange change) {
    std::string encoded = encodeChange(change);
    if (encoded.size() > kChangeBytesWanted && change.events.size() > 1) {
        const auto middle = change.events.begin() + static_cast<std::ptrdiff_t>(change.events.size() / 2);
        RegisterChange rest{{middle, change.events.end()}, std::nullopt, {}};
        change.events.erase(middle, change.events.end());
        add(std::move(change));
        add(std::move(rest));
        return;
    }
    m_changes.push_back({++m_last, std::move(encoded), std::nullopt});
}

void Leadership::holdMessage(Coordinator::Outgoing outgoing) {
    auto* ack = std::get_if<HeartbeatAck>(&outgoing.message);
    if (ack == nullptr) {
        m_messages.push_back({m_last, std::move(outgoing)});
        return;
    }
    Heard& heard = m_heard[outgoing.to];
    if (ack->number <= heard.last) {
        heard = {};  // Its agent was started again, and counts from the beginning.
    }
    heard.last = ack->number;
    heard.open.emplace_back(m_last, ack->number);
    confirm(heard);
    ack->number = heard.confirmed;
    m_urgent.push_back(std::move(outgoing));
}

/// Reports that came before a heartbeat are safe when all that they made is.
void Leadership::confirm(Heard& heard) const {
    while (!heard.open.empty() && (heard.open.front().first <= m_settled ||
                                   LONGSHIP_MUTANT("leader-confirms-before-it-is-committed"))) {
        heard.confirmed = heard.open.front().second;
        heard.open.pop_front();
    }
}

const std::string* Leadership::nextProposal() const {
    const auto next =
        std::find_if(m_changes.begin(), m_changes.end(), [](const Change& change) { return !change.index; });
    return next == m_changes.end() ? nullptr : &next->encoded;
}

void Leadership::proposed(LogIndex index) {
    const auto next =
        std::find_if(m_changes.begin(), m_changes.end(), [](const Change& change) { return !change.index; });
    next->index = index;
    next->encoded.clear();
}

void Leadership::committed(LogIndex index) {
    while (!m_changes.empty() && m_changes.front().index && *m_changes.front().index <= index) {
        m_settled = m_changes.front().mark;
        m_changes.pop_front();
    }
    std::erase_if(m_pending, [&](const auto& entry) { return entry.second.first <= m_settled; });
    for (auto& [node, heard] : m_heard) {
        confirm(heard);
    }
}

std::optional<Coordinator::Outgoing> Leadership::pollTransmit() {
    if (!m_urgent.empty()) {
        std::optional<Coordinator::Outgoing> next(std::move(m_urgent.front()));
        m_urgent.pop_front();
        return next;
    }
    if (m_messages.empty() ||
        (m_messages.front().after > m_settled && !LONGSHIP_MUTANT("leader-sends-before-it-is-committed"))) {
        return std::nullopt;
    }
    std::optional<Coordinator::Outgoing> next(std::move(m_messages.front().outgoing));
    m_messages.pop_front();
    return next;
}

std::optional<CommandOutcome> Leadership::pollOutcome() {
    if (m_answers.empty() ||
        (m_answers.front().after > m_settled && !LONGSHIP_MUTANT("leader-answers-before-it-is-committed"))) {
        return std::nullopt;
    }
    std::optional<CommandOutcome> next(std::move(m_answers.front().outcome));
    m_answers.pop_front();
    return next;
}

std::vector<std::uint64_t> Leadership::openTickets() const {
    std::vector<std::uint64_t> tickets;
    for (const HeldAnswer& answer : m_answers) {
        tickets.push_back(answer.outcome.ticket);
    }
    return tickets;
}

}  // namespace longship
