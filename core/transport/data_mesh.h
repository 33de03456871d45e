#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/transport/keys.h"
#include "core/transport/link_report.h"
#include "core/transport/mesh.h"

namespace longship {

struct DataPeer {
    std::string endpoint;
    std::string publicKey;
    std::string name = {};  ///< Its node, for faults on purpose.
};

/// One seat's view of a membership's data plane. `peers` is indexed by rank and includes this member.
struct DataPlan {
    Rank rank = 0;
    MembershipNumber membership = 0;
    std::vector<DataPeer> peers;
    std::string token;  ///< Carried and checked on every message when not encrypted.
    bool encrypted = true;
    std::chrono::milliseconds connectTimeout{10'000};
    /// A peer whose machine acknowledges nothing of what was sent to it for this long is cut off. Whether the
    /// peer itself answers does not matter: it may be busy.
    std::chrono::milliseconds stuckAfter{2'000};
    std::shared_ptr<LinkReport> report{};  ///< Where links that fail are named; may be null.
};

/// The bound data socket of a worker: bound first, published, then turned into the mesh of a membership once
/// everybody has bound (a connect before the bind would never connect). Used by one thread.
class DataPort {
public:
    /// `endpoint` such as "tcp://127.0.0.1:*". Exhausted when the port is in use. Makes glibc keep freed
    /// memory in this process (mallopt), because messages come and go all the time.
    static Result<std::unique_ptr<DataPort>> bind(const std::string& endpoint, const KeyPair& keys,
                                                  bool encrypted);
    virtual ~DataPort() = default;

    virtual const std::string& endpoint() const = 0;

    /// Connects to all peers and waits until every pair answers in both directions.
    /// A peer may still be busy with an older membership: it is waited for. One whose port refuses fails the
    /// entry at once, Unavailable, by rank. A mesh of this port must be gone before the next is entered.
    virtual Result<std::unique_ptr<Mesh>> enter(const DataPlan& plan) = 0;

    /// Makes every entry into a membership up to this number fail with Interrupted, now and later, and the
    /// mesh of such a membership too. Any thread.
    virtual void interrupt(MembershipNumber through) = 0;
};

/// `size` meshes in one process that hand messages to each other through memory, for tests and simulation.
std::vector<std::unique_ptr<Mesh>> makeMemoryMeshes(std::uint32_t size, MembershipNumber membership);

}  // namespace longship
