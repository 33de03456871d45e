#include "agent/member/member_loop.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>
#include <variant>

#include "core/base/failpoint.h"
#include "core/domain/task_kind.h"
#include "core/protocol/codec.h"
#include "core/protocol/task_key.h"

namespace longship {
namespace {

constexpr std::size_t kCheckpointsWaiting = 16;  // For their last step to be final; then the oldest goes.
constexpr std::chrono::seconds kEndPatience{5};  // Of a failed member, with being ended by its agent.

}  // namespace

Result<std::unique_ptr<MemberLoop>> MemberLoop::create(WorkerConfig config, std::unique_ptr<MemberWork> work,
                                                       std::string version) {
    ControlHub::Options options;
    options.keys = config.keys;
    options.messageBytesMax = kControlMessageBytesMax;
    LONGSHIP_ASSIGN(auto hub, ControlHub::create(options));
    std::unique_ptr<MemberLoop> loop(
        new MemberLoop(std::move(config), std::move(work), std::move(version), std::move(hub)));
    LONGSHIP_ASSIGN(loop->m_agent,
                    loop->m_hub->connect(loop->m_config.agentEndpoint, loop->m_config.agentKey));
    return loop;
}

MemberLoop::MemberLoop(WorkerConfig config, std::unique_ptr<MemberWork> work, std::string version,
                       std::unique_ptr<ControlHub> hub)
    : m_config(std::move(config)),
      m_version(std::move(version)),
      m_hub(std::move(hub)),
      m_machine(m_config.key),
      m_thread(m_config, std::move(work), [this] { wake(); }) {}

int MemberLoop::run() {
    m_thread.start();
    const ControlHub::Events events = makeEvents();
    while (!m_exitStatus) {
        m_hub->wait(std::min(m_rowsAt, m_endBy), events);
        handleEvents();
        if (BootClock::now() >= m_rowsAt) {
            passRows();
        }
        drain();
        if (BootClock::now() >= m_endBy) {
            m_exitStatus = 1;
        }
    }
    // Nothing waits for the work, which may be in the middle of a long computation: the process ends
    // without it, after the hub has sent what it was given.
    const std::lock_guard lock(m_hubMutex);
    m_hub.reset();
    return *m_exitStatus;
}

void MemberLoop::wake() {
    const std::lock_guard lock(m_hubMutex);
    if (m_hub != nullptr) {
        m_hub->wake();
    }
}

ControlHub::Events MemberLoop::makeEvents() {
    ControlHub::Events events;
    events.onConnected = [this](ControlHub::ConnectionHandle connection) {
        // If it cannot be sent the connection is lost, and we with it.
        static_cast<void>(
            m_hub->send(connection, encode(Hello{Role::Worker, toText(m_config.key), m_version})));
        m_greeted = true;
    };
    events.onMessage = [this](ControlHub::ConnectionHandle, const ControlMessage& message) {
        receive(message);
    };
    const auto lost = [this](ControlHub::ConnectionHandle) { m_machine.agentLost(); };
    events.onDisconnected = lost;
    events.onRefused = lost;
    events.onRejected = lost;
    return events;
}

void MemberLoop::receive(const ControlMessage& received) {
    const auto message = decode(std::as_bytes(std::span(received.bytes)));
    if (!message) {
        spdlog::warn("The agent sent something unreadable: {}", message.error().text);
        return;
    }
    if (const auto* fault = std::get_if<InjectFault>(&*message)) {
        return m_thread.injectFault(*fault);
    }
    m_machine.handle(*message, m_thread.progress());
    drain();
}

void MemberLoop::handleEvents() {
    while (auto event = m_thread.poll()) {
        if (auto* progress = std::get_if<MemberProgress>(&*event)) {
            handle(std::move(*progress));
            continue;
        }
        if (auto* checkpoint = std::get_if<MemberCheckpoint>(&*event)) {
            handle(std::move(checkpoint->written));
            continue;
        }
        passRows();  // Nothing overtakes the rows that came before it.
        if (const auto* ready = std::get_if<MemberReady>(&*event)) {
            m_data = {ready->endpoint, ready->publicKey};
            m_machine.ready(ready->endpoint, ready->publicKey, ready->prepared, ready->checkpointStep,
                            ready->checkpointProblem, m_config.lastRow);
        } else if (const auto* entered = std::get_if<MemberEntered>(&*event)) {
            m_machine.entered(entered->number, entered->following);
        } else if (const auto* caughtUp = std::get_if<MemberCaughtUp>(&*event)) {
            m_machine.caughtUp(caughtUp->number);
        } else if (auto* finished = std::get_if<MemberFinished>(&*event)) {
            m_machine.finished(std::move(finished->finish));
        } else if (const auto* broken = std::get_if<MemberBroken>(&*event)) {
            m_machine.broken(broken->number, broken->step, broken->error, broken->links);
        } else if (auto* frozen = std::get_if<MemberFrozen>(&*event)) {
            m_machine.frozen(frozen->stepsApplied, frozen->entered, m_data.endpoint, m_data.publicKey,
                             std::move(frozen->shards));
        } else if (const auto* failed = std::get_if<MemberFailed>(&*event)) {
            spdlog::error("{}", failed->error.text);
            m_machine.failed(failed->error);
            m_failed = true;
            // The agent ends us once it knows why; our sockets stay until then, so that no peer complains
            // first.
            m_endBy = BootClock::now() + kEndPatience;
        }
    }
}

void MemberLoop::handle(MemberProgress progress) {
    if (!progress.rows.empty() && m_rows.empty()) {
        // The first of a membership says that training goes on, which others wait for.
        const MembershipNumber membership = progress.rows.back().key.membership;
        const bool isFirst = std::exchange(m_lastMembership, membership) != membership;
        m_rowsAt = BootClock::now() + (isFirst ? std::chrono::milliseconds(0) : kRowsPeriod);
    }
    if (!progress.rows.empty()) {
        m_finalSteps = progress.rows.back().key.step + 1;
    }
    std::move(progress.rows.begin(), progress.rows.end(), std::back_inserter(m_rows));
    if (progress.evaluation || progress.phase != m_phase) {
        LONGSHIP_FAILPOINT(RowsUntold);
        m_phase = progress.phase;
        m_machine.progress(std::exchange(m_rows, {}), progress.evaluation, m_phase);
        m_rowsAt = TimePoint::max();
    }
    tellCheckpoints();
}

void MemberLoop::handle(CheckpointWritten written) {
    if (m_kept.size() >= kCheckpointsWaiting) {
        m_kept.pop_front();
    }
    m_kept.push_back(std::move(written));
    tellCheckpoints();
}

/// After the rows of all its steps: whoever stores this has stored those, and a run that goes back to it
/// lacks no record.
void MemberLoop::tellCheckpoints() {
    std::erase_if(m_kept, [this](CheckpointWritten& written) {
        const bool due = written.error || written.step <= m_finalSteps;
        if (due) {
            passRows();
            m_machine.checkpointWritten(std::move(written));
        }
        return due;
    });
}

void MemberLoop::passRows() {
    if (!m_rows.empty()) {
        LONGSHIP_FAILPOINT(RowsUntold);
        m_machine.progress(std::exchange(m_rows, {}), std::nullopt, m_phase);
    }
    m_rowsAt = TimePoint::max();
}

void MemberLoop::drain() {
    // Nothing may be said before Hello: until then it stays with the machine.
    while (auto message = m_greeted ? m_machine.pollTransmit() : std::nullopt) {
        if (const auto sent = m_hub->send(m_agent, encode(*message)); !sent) {
            spdlog::error("The agent cannot be told: {}", sent.error().text);
            m_machine.agentLost();
        }
    }
    while (auto command = m_machine.pollCommand()) {
        obey(*command);
    }
}

void MemberLoop::obey(const WorkerCommand& command) {
    if (const auto* seat = std::get_if<EnterMembership>(&command)) {
        m_phase = RunState::Training;
        m_thread.enter(*seat);
    } else if (const auto* freeze = std::get_if<FreezeTraining>(&command)) {
        m_thread.freeze(freeze->number);
    } else if (const auto* stop = std::get_if<RequestStop>(&command)) {
        spdlog::info("Asked to stop: {}.", stop->reason);
        m_thread.requestStop();
    } else if (const auto* exit = std::get_if<ExitWorker>(&command)) {
        spdlog::info("This {} ends: {}.", isServer(m_config.key.task) ? "server" : "worker", exit->reason);
        m_exitStatus = m_failed ? 1 : exit->status;
    }
}

}  // namespace longship
