#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <QObject>
#include <QPointer>
#include <QThreadPool>
#include <QTimer>

#include "core/client/client.h"

namespace longship {

/// The one crossing between the client's threads and the GUI thread. Changes are collected and told at most
/// ten times a second; commands run on threads of their own and answer on the GUI thread. Lives on the GUI
/// thread; its destructor waits for commands that still run.
class ClientBridge : public QObject {
    Q_OBJECT

public:
    using Opener = std::function<Result<std::unique_ptr<Client>>()>;
    using Starter = std::function<Result<void>()>;

    enum class State {
        Closed,
        Opening,
        Starting,  ///< The client is open and its cluster is being started.
        Open,
        Failed  ///< openError() says why; there may be a client all the same, for the history.
    };

    explicit ClientBridge(QObject* parent = nullptr);
    ~ClientBridge() override;

    /// Calls the opener and then, if there is one, the starter on a thread of its own: starting a cluster
    /// takes seconds, in which the client already shows how far it is. The answer is stateChanged(). A client
    /// that was open before is closed first.
    void open(Opener opener, Starter starter = {});

    State state() const { return m_state; }
    const std::optional<Error>& openError() const { return m_openError; }

    /// Null while Closed and Opening. Only its reading functions may be called on the GUI thread.
    const Client* client() const { return m_client.get(); }

    /// Runs `work` off the GUI thread and then `done` with its result on it, unless `context` is gone by
    /// then. Unavailable when no client is open.
    template <typename T>
    void run(QObject* context, std::function<Result<T>(Client&)> work, std::function<void(Result<T>)> done) {
        if (!m_client) {
            done(failure(ErrorKind::Unavailable, "There is no connection to a cluster yet."));
            return;
        }
        m_commands.start([this, guard = QPointer<QObject>(context), work = std::move(work),
                          done = std::move(done)]() mutable {
            auto result = std::make_shared<Result<T>>(work(*m_client));
            // The bridge outlives its pool; whether the context still lives is asked on the GUI thread.
            QMetaObject::invokeMethod(
                this,
                [guard, done = std::move(done), result] {
                    if (guard) {
                        done(std::move(*result));
                    }
                },
                Qt::QueuedConnection);
        });
    }

Q_SIGNALS:
    void stateChanged();
    void clusterChanged();
    void runChanged(const longship::RunId& run);
    void runsChanged();  ///< Once after all runChanged() of one turn.

private:
    class Observer;

    void finishOpening(Result<std::unique_ptr<Client>> result, bool starts);
    void finishStarting(Result<void> result);
    void setState(State state);
    void close();
    void noticeChange();
    void publish();

    State m_state = State::Closed;
    std::optional<Error> m_openError;
    std::unique_ptr<Observer> m_observer;
    std::unique_ptr<Client> m_client;
    QThreadPool m_commands;
    QTimer m_publishTimer;
};

}  // namespace longship
