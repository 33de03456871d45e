#pragma once

#include <memory>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "core/base/clock.h"
#include "core/transport/data_mesh.h"
#include "core/transport/zmq/data_sockets.h"
#include "core/transport/zmq/zmq_mesh.h"

namespace longship::zeromq {

/// Builds the links of one member: connects to every peer, says hello through each link until the peer
/// answers through its own, and so proves both directions of every pair.
class MeshEntry {
public:
    MeshEntry(DataSockets& sockets, const DataPlan& plan);

    Result<ProvenLinks> run();

private:
    struct Peer {
        zmq::socket_t dealer;
        std::unique_ptr<SocketMonitor> monitor;
        bool isReached = false;  ///< The connection is up.
        bool isConnecting = false;
        int descriptor = -1;          ///< Of the connection, once there is one.
        TimePoint connectingSince{};  ///< Without a connection.
        bool helloCame = false;
        bool welcomeSent = false;
        bool welcomeCame = false;
        TimePoint actAt{};  ///< When to connect again, or to say hello again.
        std::string problem = "it does not answer";

        bool isProven() const { return helloCame && welcomeSent && welcomeCame; }
    };

    bool isComplete() const;
    Result<void> advance(Rank rank, TimePoint now);
    void connect(Rank rank, TimePoint now);
    void say(Peer& peer, DataKind kind);
    void poll(TimePoint now);
    Result<void> takeMonitorEvents(Rank rank, TimePoint now);
    Result<void> checkSilence(TimePoint now);
    tl::unexpected<Error> broken(Rank rank, bool isSilent, std::string text) const;
    Result<void> takeMessages();
    Result<void> takeClosed();
    Error timeoutError() const;
    std::string name(Rank rank) const;

    DataSockets& m_sockets;
    const DataPlan& m_plan;
    const TokenHash m_token;
    const TimePoint m_deadline;
    std::vector<Peer> m_peers;
    LinkWatch m_watch;
    TimePoint m_lookAt;
    ProvenLinks m_links;
};

}  // namespace longship::zeromq
