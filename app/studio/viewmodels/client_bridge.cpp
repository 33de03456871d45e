#include "app/studio/viewmodels/client_bridge.h"

#include <chrono>
#include <mutex>
#include <set>

namespace longship {

namespace {

using namespace std::chrono_literals;

// Ten repaints a second are live for people; a step is on the screen well within half a second.
constexpr auto kPublishInterval = 100ms;

// A command waits a few seconds at most; one that hangs must not hold up the others.
constexpr int kCommandThreads = 3;

}  // namespace

/// Collects what the client's thread reports until the GUI thread takes it.
class ClientBridge::Observer : public ClientObserver {
public:
    struct Changes {
        bool cluster = false;
        std::set<RunId> runs;
    };

    explicit Observer(ClientBridge* bridge) : m_bridge(bridge) {}

    void clusterChanged() override {
        const std::lock_guard lock(m_mutex);
        m_changes.cluster = true;
        post();
    }

    void runChanged(const RunId& run) override {
        const std::lock_guard lock(m_mutex);
        m_changes.runs.insert(run);
        post();
    }

    Changes take() {
        const std::lock_guard lock(m_mutex);
        m_posted = false;
        return std::exchange(m_changes, {});
    }

private:
    void post() {
        if (!std::exchange(m_posted, true)) {
            QMetaObject::invokeMethod(m_bridge, &ClientBridge::noticeChange, Qt::QueuedConnection);
        }
    }

    ClientBridge* m_bridge;  // Owns this observer and takes it off the client first.
    std::mutex m_mutex;
    Changes m_changes;
    bool m_posted = false;
};

ClientBridge::ClientBridge(QObject* parent) : QObject(parent), m_observer(std::make_unique<Observer>(this)) {
    m_commands.setMaxThreadCount(kCommandThreads);
    m_publishTimer.setSingleShot(true);
    m_publishTimer.setInterval(kPublishInterval);
    connect(&m_publishTimer, &QTimer::timeout, this, &ClientBridge::publish);
}

ClientBridge::~ClientBridge() {
    close();
}

void ClientBridge::open(Opener opener, Starter starter) {
    close();
    m_openError.reset();
    setState(State::Opening);
    m_commands.start([this, opener = std::move(opener), starter = std::move(starter)] {
        auto client = std::make_shared<Result<std::unique_ptr<Client>>>(opener());
        const bool starts = client->has_value() && starter;
        QMetaObject::invokeMethod(
            this, [this, client, starts] { finishOpening(std::move(*client), starts); },
            Qt::QueuedConnection);
        if (starts) {
            auto started = std::make_shared<Result<void>>(starter());
            QMetaObject::invokeMethod(
                this, [this, started] { finishStarting(std::move(*started)); }, Qt::QueuedConnection);
        }
    });
}

void ClientBridge::finishOpening(Result<std::unique_ptr<Client>> result, bool starts) {
    if (!result) {
        m_openError = result.error();
        setState(State::Failed);
        return;
    }
    m_client = std::move(*result);
    m_client->addObserver(m_observer.get());
    setState(starts ? State::Starting : State::Open);
    Q_EMIT clusterChanged();
    Q_EMIT runsChanged();
}

void ClientBridge::finishStarting(Result<void> result) {
    if (!result) {
        m_openError = result.error();
    }
    setState(result ? State::Open : State::Failed);
}

void ClientBridge::setState(State state) {
    m_state = state;
    Q_EMIT stateChanged();
}

void ClientBridge::close() {
    m_commands.waitForDone();
    if (m_client) {
        m_client->removeObserver(m_observer.get());
        m_client.reset();
    }
    m_state = State::Closed;
}

void ClientBridge::noticeChange() {
    if (!m_publishTimer.isActive()) {
        m_publishTimer.start();
    }
}

void ClientBridge::publish() {
    const Observer::Changes changes = m_observer->take();
    if (changes.cluster) {
        Q_EMIT clusterChanged();
    }
    for (const RunId& run : changes.runs) {
        Q_EMIT runChanged(run);
    }
    if (!changes.runs.empty()) {
        Q_EMIT runsChanged();
    }
}

}  // namespace longship
