// A worker that computes nothing: it speaks as longship-worker does and makes up its rows, so that agents can
// be tested on machines without libtorch, and without waiting for training. The job's name says how it ends:
// "fails" after its tenth step, "hangs" there with a control thread that answers no more, anything else at
// the end of its epochs.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <span>

#include "agent/supervision/worker_config.h"
#include "core/base/digest.h"
#include "core/domain/job_yaml.h"
#include "core/domain/sample_plan.h"
#include "core/protocol/codec.h"
#include "core/protocol/task_key.h"
#include "core/protocol/worker_machine.h"
#include "core/transport/control.h"

namespace longship {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSamples = 1000;
constexpr Step kTroubleStep = 10;
constexpr auto kStepTime = 10ms;

class ScriptedWorker {
public:
    ScriptedWorker(WorkerConfig config, JobSpec job, std::unique_ptr<ControlHub> hub)
        : m_config(std::move(config)),
          m_job(std::move(job)),
          m_hub(std::move(hub)),
          m_machine(m_config.key),
          m_plan(kSamples, m_job.globalBatch, m_job.seed) {}

    int run() {
        m_agent = m_hub->connect(m_config.agentEndpoint, m_config.agentKey).value();
        RunPrepared prepared;
        prepared.trainingSamples = kSamples;
        prepared.parameters = 10;
        prepared.stepsTotal = stepsTotal();
        prepared.microBatch = 1;
        prepared.device = "cpu";
        m_machine.ready("tcp://127.0.0.1:9", KeyPair::generate().publicKey, prepared);
        const ControlHub::Events events = makeEvents();
        while (!m_exit) {
            m_hub->wait(m_stepAt, events);
            if (BootClock::now() >= m_stepAt) {
                doStep();
            }
            drain();
        }
        m_hub.reset();
        return *m_exit;
    }

private:
    Step stepsTotal() const { return m_job.epochs * m_plan.stepsPerEpoch(); }

    ControlHub::Events makeEvents() {
        ControlHub::Events events;
        events.onConnected = [this](auto connection) {
            const auto sent =
                m_hub->send(connection, encode(Hello{Role::Worker, toText(m_config.key), "test"}));
            std::cerr << (sent ? "connected\n" : "not connected\n");
        };
        events.onMessage = [this](auto, const ControlMessage& received) {
            if (const auto message = decode(std::as_bytes(std::span(received.bytes)))) {
                m_machine.handle(*message, {.batches = m_step, .bytesReceived = m_step, .bytesSent = m_step});
            }
        };
        events.onDisconnected = [this](auto) { m_machine.agentLost(); };
        return events;
    }

    StepRow makeRow() {
        StepRow row;
        row.key = {m_membership, m_step};
        row.epoch = m_plan.epochOf(m_step);
        row.appliedAt = UtcTime::now();
        row.loss = 1.0 / static_cast<double>(m_step + 1);
        row.digest = digestOf(m_plan.samplesOf(m_step));
        return row;
    }

    void doStep() {
        m_stepAt = BootClock::now() + kStepTime;
        m_machine.progress({makeRow()}, std::nullopt, RunState::Training);
        ++m_step;
        if (m_job.name == "fails" && m_step == kTroubleStep) {
            m_machine.failed(Error{ErrorKind::Internal, "the script says so"});
            m_stepAt = TimePoint::max();  // The agent ends it once it knows why.
        } else if (m_job.name == "hangs" && m_step == kTroubleStep) {
            drain();
            for (;;) {
                ::pause();
            }
        } else if (m_stopping || m_step == stepsTotal()) {
            finish();
        }
    }

    void finish() {
        m_stepAt = TimePoint::max();
        WorkerMachine::Finish finish;
        finish.steps = m_step;
        finish.samples = kSamples * m_job.epochs;
        finish.parameterHash = std::string(64, 'a');
        finish.stopped = m_stopping;
        if (m_machine.savesModel()) {
            const std::string model(3'000'000, 'm');
            std::ofstream(m_config.folder / "model.safetensors") << model;
            finish.model =
                ModelSaved{m_config.node, model.size(), sha256Hex(std::as_bytes(std::span(model)))};
        }
        m_machine.finished(std::move(finish));
    }

    void freeze() {
        m_stepAt = TimePoint::max();
        m_machine.frozen(m_step, m_membership, "tcp://127.0.0.1:1", m_config.keys.publicKey);
    }

    void drain() {
        while (const auto message = m_machine.pollTransmit()) {
            if (!m_hub->send(m_agent, encode(*message))) {
                m_exit = 1;
            }
        }
        while (const auto command = m_machine.pollCommand()) {
            if (const auto* seat = std::get_if<EnterMembership>(&*command)) {
                m_membership = seat->assignment.number;
                m_step = seat->assignment.baseStep;  // There is no state that a joiner would lack.
                m_stopping = false;
                m_machine.entered(m_membership);
                m_stepAt = BootClock::now();
                drain();
            } else if (std::holds_alternative<RequestStop>(*command)) {
                m_stopping = true;
            } else if (std::holds_alternative<FreezeTraining>(*command)) {
                freeze();
            } else if (const auto* exit = std::get_if<ExitWorker>(&*command)) {
                m_exit = exit->status;
            }
        }
    }

    const WorkerConfig m_config;
    const JobSpec m_job;
    std::unique_ptr<ControlHub> m_hub;
    ControlHub::ConnectionHandle m_agent = 0;
    WorkerMachine m_machine;
    SamplePlan m_plan;
    MembershipNumber m_membership = 0;
    Step m_step = 0;
    TimePoint m_stepAt = TimePoint::max();
    bool m_stopping = false;
    std::optional<int> m_exit;
};

int start() {
    const auto config = workerConfigFrom(std::string(std::istreambuf_iterator<char>(std::cin), {}));
    if (!config) {
        std::cerr << config.error().text << "\n";
        return 2;
    }
    ControlHub::Options options;
    options.keys = config->keys;
    auto hub = ControlHub::create(options);
    const auto job = parseJob(config->jobYaml);
    if (!hub || !job) {
        std::cerr << "no hub or no job\n";
        return 2;
    }
    return ScriptedWorker(*config, *job, std::move(*hub)).run();
}

}  // namespace
}  // namespace longship

int main() {
    return longship::start();
}
