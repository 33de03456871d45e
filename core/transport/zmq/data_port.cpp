#include <fmt/format.h>
#include <malloc.h>

#include <utility>

#include "core/transport/data_mesh.h"
#include "core/transport/zmq/data_sockets.h"
#include "core/transport/zmq/mesh_entry.h"
#include "core/transport/zmq/socket.h"
#include "core/transport/zmq/zmq_mesh.h"

namespace longship {
namespace {

Result<void> checkPlan(const DataPlan& plan, bool encrypted) {
    if (plan.rank >= plan.peers.size()) {
        return failure(ErrorKind::BadInput,
                       fmt::format("Rank {} is not among the {} members of the data plan.", plan.rank,
                                   plan.peers.size()));
    }
    if (plan.encrypted != encrypted) {
        return failure(ErrorKind::BadInput,
                       "The data plan and the data port do not agree on whether data is encrypted.");
    }
    if (!plan.encrypted && plan.token.empty()) {
        return failure(ErrorKind::BadInput, "A data plan without encryption needs a token.");
    }
    for (const DataPeer& peer : plan.peers) {
        if (plan.encrypted && !isPublicKey(peer.publicKey)) {
            return failure(ErrorKind::BadInput,
                           fmt::format("\"{}\" is not the public key of a member.", peer.publicKey));
        }
    }
    return {};
}

/// libzmq allocates every message that comes in. By default glibc gives the memory of a freed chunk back to
/// the kernel at once, and each new chunk costs page faults over all of it: up to half of the time of a sum.
void keepChunkMemory() {
#ifdef __GLIBC__
    ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
    ::mallopt(M_TRIM_THRESHOLD, 512 << 20);
    ::mallopt(M_TOP_PAD, 16 << 20);
#endif
}

class ZmqDataPort final : public DataPort {
public:
    ZmqDataPort(std::shared_ptr<zeromq::DataSockets> sockets, std::string endpoint)
        : m_sockets(std::move(sockets)), m_endpoint(std::move(endpoint)) {}

    const std::string& endpoint() const override { return m_endpoint; }
    void interrupt(MembershipNumber through) override { m_sockets->interrupt(through); }

    Result<std::unique_ptr<Mesh>> enter(const DataPlan& plan) override {
        LONGSHIP_TRY(checkPlan(plan, m_sockets->encrypted));
        m_sockets->wake.clear();  // It may still tell of an older membership.
        try {
            LONGSHIP_ASSIGN(auto links, zeromq::MeshEntry(*m_sockets, plan).run());
            return std::make_unique<zeromq::ZmqMesh>(m_sockets, plan, std::move(links));
        } catch (const zmq::error_t& error) {
            return zeromq::libraryFailure("Could not make the data links", error);
        }
    }

private:
    const std::shared_ptr<zeromq::DataSockets> m_sockets;  // The mesh may outlive the port.
    const std::string m_endpoint;
};

}  // namespace

Result<std::unique_ptr<DataPort>> DataPort::bind(const std::string& endpoint, const KeyPair& keys,
                                                 bool encrypted) {
    keepChunkMemory();
    try {
        auto sockets = std::make_shared<zeromq::DataSockets>(keys, encrypted);
        if (!sockets->wake.isUsable() || !sockets->tally.signal().isUsable()) {
            return failure(ErrorKind::Exhausted, "Could not make a data port: no file descriptor is left.");
        }
        LONGSHIP_ASSIGN(std::string bound, zeromq::bindSocket(sockets->router, endpoint));
        return std::make_unique<ZmqDataPort>(std::move(sockets), std::move(bound));
    } catch (const zmq::error_t& error) {
        return zeromq::libraryFailure("Could not make a data port", error);
    }
}

}  // namespace longship
