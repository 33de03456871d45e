#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/transport/control.h"
#include "tests/system/test_cluster.h"

namespace longship::test {

/// A bare TCP connection to 127.0.0.1.
class RawConnection {
public:
    explicit RawConnection(int port);
    ~RawConnection();
    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;

    bool connected() const { return m_connected; }
    /// False when the other side has closed, or takes nothing for five seconds.
    bool send(const std::string& bytes) const;
    /// True when the other side closes within five seconds; what it says before is dropped.
    bool isClosedByPeer() const;

private:
    int m_socket;
    bool m_connected = false;
};

std::string randomBytes(std::size_t count, std::uint64_t seed);

/// The greeting of ZMTP 3.1 (RFC 37): signature, version, mechanism.
std::string zmtpGreeting(const std::string& mechanism);
/// What a DEALER says after a greeting without a mechanism.
std::string zmtpReady();
/// A message of one frame, or the beginning of one that claims to be longer than it is.
std::string zmtpFrame(const std::string& bytes);
std::string zmtpFrame(const std::string& bytes, std::uint64_t claimedBytes);

/// Byte strings that begin a conversation in a way that no peer of ours does.
std::vector<std::string> strangeOpenings(std::uint64_t seed);

/// A cluster that trains, to be disturbed.
class StrangersTest : public ::testing::Test {
protected:
    explicit StrangersTest(const std::filesystem::path& worker) : m_cluster(worker) {}

    /// Submits the job, which must not end by itself, and waits until it trains.
    void startTraining(const JobSpec& job);
    /// The run goes on, the same processes are there, and the cluster still answers.
    void expectUndisturbed();
    std::unique_ptr<ControlHub> hubWith(const KeyPair& keys);

    TestCluster m_cluster;
    RunId m_run;
    std::vector<pid_t> m_processes;
    std::vector<int> m_ports;
    std::vector<int> m_workerPorts;
};

}  // namespace longship::test
