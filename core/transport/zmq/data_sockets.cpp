#include "core/transport/zmq/data_sockets.h"

#include <sodium.h>

#include "core/transport/zmq/socket.h"

namespace longship::zeromq {
namespace {

// A data message and what CURVE and our header add to it.
constexpr std::size_t kMessageBytesMax = Mesh::kPayloadMax + sizeof(DataHeader);
// Messages waiting per connection before libzmq stops reading it and TCP slows the sender down. A slow member
// holds at most this many chunks of each peer, and so does what a stranger can make us hold.
constexpr int kReceiveQueue = 64;

/// A cable that was cut is noticed after about six seconds. The kernels ask and answer: a peer that computes
/// for long, or is stopped, is not taken for a cut cable.
void noticeSilence(zmq::socket_t& socket) {
    socket.set(zmq::sockopt::tcp_keepalive_idle, 3);
    socket.set(zmq::sockopt::tcp_keepalive_intvl, 1);
    socket.set(zmq::sockopt::tcp_keepalive_cnt, 3);
}

/// Receives the frames after the routing id. False when the message has another shape than ours.
bool receiveFrames(zmq::socket_t& router, DataMessage& message) {
    zmq::message_t head;
    static_cast<void>(router.recv(head, zmq::recv_flags::dontwait));
    const auto header = readHeader({head.data<std::byte>(), head.size()});
    bool good = header.has_value() && head.more() == (header->payloadFollows == 1);
    message.descriptor = zmq_msg_get(head.handle(), ZMQ_SRCFD);
    bool more = head.more();
    if (good) {
        message.header = *header;
        message.payloadOffset = more ? 0 : sizeof(DataHeader);
    }
    message.body = std::move(head);
    for (int frames = 0; more; ++frames) {
        good = good && frames == 0;
        static_cast<void>(router.recv(message.body, zmq::recv_flags::dontwait));
        more = message.body.more();
    }
    return good;
}

bool isFromMember(zmq::message_t& body, const DataHeader& header, const DataPlan& plan,
                  const TokenHash& token) {
    if (header.membership != plan.membership || header.from >= plan.peers.size() ||
        header.from == plan.rank) {
        return false;
    }
    if (plan.encrypted) {
        const char* user = zmq_msg_gets(body.handle(), "User-Id");
        return user != nullptr && plan.peers[header.from].publicKey == user;
    }
    return sodium_memcmp(header.token.data(), token.data(), token.size()) == 0;
}

}  // namespace

TokenHash hashToken(const std::string& token) {
    TokenHash hash;
    crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                       reinterpret_cast<const unsigned char*>(token.data()), token.size(), nullptr, 0);
    return hash;
}

void SendTally::handleFreed(void*, void* hint) noexcept {
    auto& tally = *static_cast<SendTally*>(hint);
    tally.m_done.fetch_add(1);
    if (tally.m_waiting.load()) {
        tally.m_signal.raise();
    }
}

DataSockets::DataSockets(const KeyPair& keys_, bool encrypted_)
    : keys(keys_),
      encrypted(encrypted_),
      router(context, zmq::socket_type::router),
      routerMonitor(context, router, ZMQ_EVENT_DISCONNECTED) {
    if (encrypted) {
        zap.emplace(context);
        secureServer(router, keys);
    }
    limitPeer(router, kMessageBytesMax);
    noticeSilence(router);
    router.set(zmq::sockopt::linger, 0);
    router.set(zmq::sockopt::rcvhwm, kReceiveQueue);
}

std::optional<DataMessage> DataSockets::receive(const DataPlan& plan, const TokenHash& token) {
    for (;;) {
        zmq::message_t id;
        if (!router.recv(id, zmq::recv_flags::dontwait)) {
            return std::nullopt;
        }
        DataMessage message;
        if (id.more() && receiveFrames(router, message) &&
            isFromMember(message.body, message.header, plan, token)) {
            return message;
        }
    }
}

std::vector<int> DataSockets::takeClosed() {
    std::vector<int> closed;
    while (const auto event = routerMonitor.next()) {
        closed.push_back(static_cast<int>(event->value));
    }
    return closed;
}

void DataSockets::interrupt(MembershipNumber through) {
    MembershipNumber before = interruptedThrough.load();
    while (before < through && !interruptedThrough.compare_exchange_weak(before, through)) {
    }
    wake.raise();
}

zmq::socket_t makeDealer(DataSockets& sockets, const DataPlan& plan, Rank peer) {
    zmq::socket_t dealer(sockets.context, zmq::socket_type::dealer);
    if (plan.encrypted) {
        secureClient(dealer, sockets.keys, plan.peers[peer].publicKey);
    }
    limitPeer(dealer, kMessageBytesMax);
    noticeSilence(dealer);
    dealer.set(zmq::sockopt::linger, 0);
    dealer.set(zmq::sockopt::immediate, true);
    dealer.set(zmq::sockopt::reconnect_ivl, -1);
    dealer.set(zmq::sockopt::connect_timeout, static_cast<int>(plan.connectTimeout.count()));
    // What is in flight is bounded by the collective operations, in bytes; a mark that counts messages could
    // only make a send fail in the middle of one.
    dealer.set(zmq::sockopt::sndhwm, 0);
    return dealer;
}

}  // namespace longship::zeromq
