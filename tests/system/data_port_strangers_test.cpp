#include <gtest/gtest.h>

#include <algorithm>

#include "core/transport/data_mesh.h"
#include "core/transport/mesh.h"
#include "tests/system/strangers.h"

// Strangers on the ports over which the workers of a running job exchange gradients, with real workers.
namespace longship::test {
namespace {

using namespace std::chrono_literals;

/// A table that can be learnt, and a job on it that does not end by itself.
JobSpec endlessTableJob(const TestCluster& cluster, DataPlane plane) {
    std::string text = "x,y,kind\n";
    for (int i = 0; i < 600; ++i) {
        text += std::to_string(i % 7) + ',' + std::to_string(i % 11) + (i % 2 == 0 ? ",even\n" : ",odd\n");
    }
    const auto table = cluster.files().folder / "table.csv";
    EXPECT_TRUE(writeFileAtomically(table, text));
    JobSpec job;
    job.name = "endless";
    job.dataset.csv = table.string();
    job.dataset.label = "kind";
    job.model.name = "mlp";
    job.model.hidden = {16};
    job.globalBatch = 30;
    job.epochs = 1'000'000;
    job.dataPlane = plane;
    return job;
}

class DataPortStrangers : public StrangersTest, public ::testing::WithParamInterface<DataPlane> {
protected:
    DataPortStrangers() : StrangersTest(LONGSHIP_WORKER_PROGRAM) {}

    void SetUp() override {
        startTraining(endlessTableJob(m_cluster, GetParam()));
        if (!HasFatalFailure()) {
            ASSERT_GE(m_workerPorts.size(), 3u) << "each worker has a data port";
        }
    }
};

TEST_P(DataPortStrangers, RawBytesChangeNothing) {
    std::vector<std::unique_ptr<RawConnection>> open;  // Left open, as a peer that hangs leaves them.
    for (const int port : m_workerPorts) {
        for (const std::string& bytes : strangeOpenings(static_cast<std::uint64_t>(port))) {
            open.push_back(std::make_unique<RawConnection>(port));
            EXPECT_TRUE(open.back()->connected()) << port;
            static_cast<void>(open.back()->send(bytes));
        }
    }
    expectUndisturbed();
}

TEST_P(DataPortStrangers, MessagesWithoutKeyOrTokenChangeNothing) {
    // What a member's message begins with: magic, membership 1, operation 1, zeros, and no token.
    std::string forged("LSD1", 4);
    forged.resize(72, '\0');
    forged[4] = 1;
    forged[8] = 1;
    const std::string hello = zmtpGreeting("NULL") + zmtpReady();
    const std::vector<std::string> messages = {zmtpFrame(forged), zmtpFrame(forged + randomBytes(1000, 4)),
                                               zmtpFrame(""), zmtpFrame(randomBytes(72, 5)),
                                               zmtpFrame(randomBytes(1'000'000, 6))};
    std::vector<std::unique_ptr<RawConnection>> open;
    for (const int port : m_workerPorts) {
        open.push_back(std::make_unique<RawConnection>(port));
        ASSERT_TRUE(open.back()->connected());
        static_cast<void>(open.back()->send(hello));
        for (int times = 0; times < 200; ++times) {
            for (const std::string& message : messages) {
                // Where keys are asked for, the connection ends here; that is fine, too.
                static_cast<void>(open.back()->send(message));
            }
        }
    }
    expectUndisturbed();
}

TEST_P(DataPortStrangers, OversizedFramesEndTheirConnection) {
    const std::string hello = zmtpGreeting("NULL") + zmtpReady();
    for (const int port : m_workerPorts) {
        for (const std::uint64_t claimed :
             {std::uint64_t{Mesh::kPayloadMax} * 2, std::uint64_t{1} << 40, ~std::uint64_t{0} >> 1}) {
            const RawConnection connection(port);
            ASSERT_TRUE(connection.connected());
            static_cast<void>(connection.send(hello + zmtpFrame(randomBytes(1000, 7), claimed)));
            EXPECT_TRUE(connection.isClosedByPeer()) << claimed << " bytes were waited for";
        }
    }
    expectUndisturbed();
}

TEST_P(DataPortStrangers, AnotherKeyGetsNowhere) {
    const auto hub = hubWith(KeyPair::generate());
    int connected = 0;
    int refused = 0;
    for (const int port : m_workerPorts) {
        ASSERT_TRUE(hub->connect("tcp://127.0.0.1:" + std::to_string(port), KeyPair::generate().publicKey));
    }
    ControlHub::Events events;
    events.onConnected = [&](auto) { ++connected; };
    events.onRejected = [&](auto) { ++refused; };
    events.onRefused = [&](auto) { ++refused; };
    // As long as training takes for a while; the other side may also just not answer.
    const auto rowsAtFirst = m_cluster.client().rows(m_run, std::nullopt, 1'000'000).size();
    EXPECT_TRUE(waitUntil([&] {
        hub->wait(BootClock::now() + 10ms, events);
        return m_cluster.client().rows(m_run, std::nullopt, 1'000'000).size() >= rowsAtFirst + 100;
    })) << "training stands still";
    EXPECT_EQ(connected, 0);
    expectUndisturbed();
}

INSTANTIATE_TEST_SUITE_P(BothPlanes, DataPortStrangers,
                         ::testing::Values(DataPlane::Encrypted, DataPlane::TrustedNetwork),
                         [](const auto& plane) {
                             return std::string(plane.param == DataPlane::Encrypted ? "Encrypted"
                                                                                    : "Trusted");
                         });

}  // namespace
}  // namespace longship::test
