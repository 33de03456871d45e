#pragma once

#include <QTest>

#include "app/studio/pages/main_window.h"
#include "tests/gui/clicks.h"
#include "tests/support/fake_client.h"
#include "tests/support/temp_folder.h"

namespace longship::test {

/// The studio's window on a FakeClient; the test keeps the script in its hand.
struct Stage {
    TempFolder folder;
    StudioSettings settings{folder.path()};
    // Where the window was left; what is seen at a first start is a test of its own.
    const QString leftAt = (settings.setPage(QStringLiteral("run")), settings.page());
    StudioModel studio{settings};
    MainWindow window{studio};
    FakeClient* client = nullptr;

    Stage() {
        studio.setExpectedNodes(3);
        window.resize(1280, 860);
    }

    void open(const ClusterView& cluster = demoClusterView()) {
        auto made = std::make_unique<FakeClient>();
        client = made.get();
        client->setCluster(cluster);
        auto shared = std::make_shared<std::unique_ptr<FakeClient>>(std::move(made));
        studio.bridge().open([shared]() -> Result<std::unique_ptr<Client>> { return std::move(*shared); });
        window.show();
        QTRY_COMPARE(studio.bridge().state(), ClientBridge::State::Open);
    }

    template <typename T>
    T* find(const char* name) {
        return findNamed<T>(window, name);
    }

    void click(const char* name) { QVERIFY2(clickWhenReady(window, name), name); }

    void grab(const char* name) {
        // Layouts settle in the event loop; then the picture is what a person sees.
        QTest::qWait(50);
        grabInto(window, name);
    }

    QString path(const char* name) const { return QString::fromStdString((folder.path() / name).string()); }
};

inline JobSpec twoEpochs() {
    JobSpec job = demoJob();
    job.name = "fashion-two-epochs";
    job.epochs = 2;
    return job;
}

inline FakeRun::Options likeFashionMnist() {
    return {.trainingSamples = 60'000, .testSamples = 10'000, .stepTime = std::chrono::milliseconds(80)};
}

/// All nodes train, each a task of its own.
inline void makeBusy(FakeClient& client) {
    int number = 0;
    for (NodeView node : client.cluster().nodes) {
        node.state = NodeState::Busy;
        node.tasks = {"worker-" + std::to_string(number++)};
        node.sample->ownCpu = 0.62 + 0.03 * number;
        node.sample->ownMemory = 412'000'000;
        node.sample->ownReceived = 11.2e6;
        node.sample->ownSent = 11.4e6;
        node.sample->cpu = 0.97;
        node.sample->cores = 2;
        node.sample->time.microseconds += 1'000'000;
        client.setNode(node);
    }
}

}  // namespace longship::test
