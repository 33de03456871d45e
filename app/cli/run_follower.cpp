#include "app/cli/run_follower.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/cli/incidents.h"

namespace longship::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kRowsAtOnce = 2000;
// Ten pictures a second are smooth for a bar; more would only cost the workers their time.
constexpr milliseconds kDrawEvery{100};
constexpr seconds kPlainEvery{5};
constexpr seconds kUnreachablePatience{15};
constexpr seconds kLastRowsPatience{5};

/// For people; empty for what they need not read.
std::string sentence(const RunEvent& event) {
    const RunEventBody& body = event.body;
    if (const auto* prepared = std::get_if<RunPrepared>(&body)) {
        return fmt::format("{} training and {} test samples, {} parameters, {} steps, on {}{}",
                           grouped(prepared->trainingSamples), grouped(prepared->testSamples),
                           grouped(prepared->parameters), grouped(prepared->stepsTotal), prepared->device,
                           prepared->blas.empty() ? "" : " (" + prepared->blas + ")");
    }
    if (const auto* membership = std::get_if<MembershipCommitted>(&body)) {
        std::string members;
        for (const Member& member : membership->members) {
            members +=
                fmt::format("{}{} on {}", members.empty() ? "" : ", ", member.task.value, member.node.value);
        }
        return fmt::format("membership {}: {}", membership->number, members);
    }
    if (const auto* evaluation = std::get_if<EvaluationFinished>(&body)) {
        const double accuracy = evaluation->samples == 0 ? 0
                                                         : static_cast<double>(evaluation->correct) /
                                                               static_cast<double>(evaluation->samples);
        return fmt::format("epoch {}: test accuracy {:.4f}, test loss {:.4f}", evaluation->epoch + 1,
                           accuracy, evaluation->loss);
    }
    if (const auto* incident = std::get_if<IncidentRaised>(&body)) {
        std::string text = incident->node.empty()
                               ? "incident: " + incident->what
                               : fmt::format("incident on {}: {}", incident->node.value, incident->what);
        text += incident->why.empty() ? "" : " (" + incident->why + ")";
        text += incident->action.empty() ? "" : "; " + incident->action;
        text += incident->lastLog.empty() ? "" : "\n" + incident->lastLog;
        const std::string choices = choicesText(event.run, *incident);
        return choices.empty() ? text : text + (text.ends_with('\n') ? "" : "\n") + choices;
    }
    if (const auto* resolved = std::get_if<IncidentResolved>(&body)) {
        return fmt::format("{} (membership {}; {})", resolved->action, resolved->membership,
                           costText(*resolved));
    }
    if (const auto* checkpoint = std::get_if<CheckpointCommitted>(&body)) {
        return fmt::format("checkpoint after {} steps, {} {}", grouped(checkpoint->step),
                           checkpoint->nodes.size(), checkpoint->nodes.size() == 1 ? "copy" : "copies");
    }
    const auto* changed = std::get_if<StateChanged>(&body);
    if (changed != nullptr && changed->state == RunState::Paused) {
        return "paused; it goes on with: longship resume " + event.run.value;
    }
    return {};
}

}  // namespace

RunFollower::RunFollower(Context& context, Client& client, Waiter& waiter, RunId run)
    : m_context(context), m_client(client), m_waiter(waiter), m_run(std::move(run)) {}

RunFollower::End RunFollower::follow() {
    const Observing observing(m_client, m_waiter);
    std::optional<TimePoint> lostAt;
    std::optional<TimePoint> endedAt;
    for (;;) {
        showEvents();
        showRows();
        const TimePoint now = BootClock::now();
        if (m_finished) {
            endedAt = endedAt.value_or(now);
            if (hasAllRows() || now - *endedAt > kLastRowsPatience) {
                m_context.output.clearStatus();
                return End::Finished;
            }
        } else {
            showProgress(now);
            const bool connected = m_client.cluster().connected;
            lostAt = connected ? std::nullopt : std::optional(lostAt.value_or(now));
            if (lostAt && now - *lostAt > kUnreachablePatience) {
                return End::Unreachable;
            }
        }
        const auto glance = m_context.output.isTerminal() ? kDrawEvery : milliseconds(500);
        if (m_waiter.wait(now + glance) == Waiter::Woken::Interrupted) {
            m_context.output.clearStatus();
            return End::Interrupted;
        }
    }
}

void RunFollower::showEvents() {
    const auto snapshot = m_client.run(m_run);
    if (!snapshot || snapshot->sequence <= m_sequence) {
        return;
    }
    for (const RunEvent& event : m_client.events(m_run)) {
        if (event.sequence > m_sequence) {
            // Rows of before an event are printed before it, so that the lines tell a story in order.
            showRows();
            showEvent(event);
            m_sequence = event.sequence;
        }
    }
    m_state = snapshot->state;
}

void RunFollower::showEvent(const RunEvent& event) {
    if (const auto* finished = std::get_if<RunFinished>(&event.body)) {
        m_finished = *finished;
        m_finishedEvent = event;
        return;
    }
    if (const auto* prepared = std::get_if<RunPrepared>(&event.body)) {
        m_progress.prepared(*prepared);
    }
    m_context.output.event(nameOf(event.body), fieldsOf(event), event.time);
    if (const std::string text = sentence(event); !text.empty()) {
        m_context.output.text(text);
    }
}

void RunFollower::showRows() {
    for (;;) {
        const auto rows = m_client.rows(m_run, m_lastRow, kRowsAtOnce);
        for (const StepRow& row : rows) {
            m_progress.add(row);
            m_context.output.event("step", fieldsOf(m_run, row), row.appliedAt);
        }
        if (rows.empty()) {
            return;
        }
        m_lastRow = rows.back().key;
    }
}

bool RunFollower::hasAllRows() const {
    return m_finished->state != RunState::Completed || m_progress.stepsDone() >= m_finished->steps;
}

void RunFollower::showProgress(TimePoint now) {
    Output& output = m_context.output;
    if (now < m_nextProgress || output.isJson()) {
        return;
    }
    if (output.isTerminal()) {
        m_nextProgress = now + kDrawEvery;
        output.status(m_progress.drawn(m_state, output.width(), UtcTime::now()));
    } else if (m_progress.stepsDone() > m_stepsPrinted) {
        m_nextProgress = now + kPlainEvery;
        // The first line waits until there is a pace to tell.
        if (m_stepsPrinted > 0 || m_progress.samplesPerSecond()) {
            output.text(m_progress.plain(UtcTime::now()));
        }
        m_stepsPrinted = m_progress.stepsDone();
    }
}

void RunFollower::printFinished() {
    m_context.output.event(nameOf(m_finishedEvent->body), fieldsOf(*m_finishedEvent), m_finishedEvent->time);
}

std::string outcomeText(const RunId& run, const RunFinished& finished) {
    std::string text =
        fmt::format("Run {} {} after {} steps and {} samples", run.value, toString(finished.state),
                    grouped(finished.steps), grouped(finished.samples));
    if (finished.accuracy) {
        text += fmt::format("; test accuracy {:.4f}", *finished.accuracy);
    }
    return finished.cause.empty() ? text + "." : text + ".\nCause: " + finished.cause;
}

ExitCode exitCodeOf(const RunFinished& finished) {
    return finished.state == RunState::Failed ? ExitCode::RunFailed : ExitCode::Done;
}

std::string detachedText(const RunId& run) {
    return fmt::format(
        "The run {0} goes on without this terminal.\n"
        "  come back:  longship watch {0}\n"
        "  stop it:    longship stop {0}",
        run.value);
}

nlohmann::json fieldsOf(const RunEvent& event) {
    nlohmann::json fields = nlohmann::json::parse(toJson(event.body));
    fields["run"] = event.run.value;
    fields["sequence"] = event.sequence;
    return fields;
}

nlohmann::json fieldsOf(const RunId& run, const StepRow& row) {
    return {{"run", run.value},
            {"step", row.key.step},
            {"membership", row.key.membership},
            {"epoch", row.epoch},
            {"loss", row.loss},
            {"correct", row.correct},
            {"samples", row.digest.count},
            {"duration_ms", row.durationMs}};
}

}  // namespace longship::cli
