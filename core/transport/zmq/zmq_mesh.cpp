#include "core/transport/zmq/zmq_mesh.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/check.h"
#include "core/transport/zmq/socket.h"

namespace longship::zeromq {
namespace {

using namespace std::chrono_literals;

// Up to this size a payload is copied behind its header into one frame: cheaper than a second frame and the
// bookkeeping of memory that is lent out.
constexpr std::size_t kCopyMax = std::size_t{64} << 10;
// libzmq reports a closed connection a moment before its last messages can be read.
constexpr Duration kLastMessages = 2ms;
// The part of the patience after which a silent link is tried in another way.
constexpr double kSuspicion = 0.5;
// … and after which it is, untried success aside, better taken for silent than for closed by its peer.
constexpr double kLikely = 0.75;
// How long an orderly end waits for a peer to take the last messages.
constexpr int kLingerMs = 1000;

class ZmqFrame final : public Frame {
public:
    explicit ZmqFrame(DataMessage message) : m_message(std::move(message)), m_key(m_message.header.key()) {}

    Rank from() const override { return m_message.header.from; }
    const FrameKey& key() const override { return m_key; }
    std::span<const std::byte> payload() const override {
        const zmq::message_t& body = m_message.body;
        return std::span(body.data<std::byte>(), body.size()).subspan(m_message.payloadOffset);
    }

private:
    DataMessage m_message;
    FrameKey m_key;
};

std::string describe(std::span<const Rank> ranks) {
    return fmt::format("rank {}", fmt::join(ranks, ", "));
}

}  // namespace

ZmqMesh::ZmqMesh(std::shared_ptr<DataSockets> sockets, DataPlan plan, ProvenLinks links)
    : m_sockets(std::move(sockets)),
      m_plan(std::move(plan)),
      m_token(hashToken(m_plan.token)),
      m_links(std::move(links)),
      m_watch(static_cast<std::uint32_t>(m_plan.peers.size()), m_plan.stuckAfter),
      m_tallyBase(m_sockets->tally.done()),
      m_routerDescriptor(m_sockets->router.get(zmq::sockopt::fd)),
      m_monitorDescriptor(m_sockets->routerMonitor.socket().get(zmq::sockopt::fd)) {}

ZmqMesh::~ZmqMesh() {
    if (m_lost.empty() && !m_abandoned && !m_sockets->isInterrupted(m_plan) && allSendsDone()) {
        leaveInOrder();
    }
    abandon();
}

void ZmqMesh::leaveInOrder() {
    const DataHeader goodbye = makeHeader(DataKind::Goodbye);
    for (zmq::socket_t& dealer : m_links.dealers) {
        if (dealer) {
            // Copied and encrypted messages may still be on their way; no lent memory is among them.
            dealer.set(zmq::sockopt::linger, kLingerMs);
            static_cast<void>(dealer.send(zmq::buffer(&goodbye, sizeof goodbye), zmq::send_flags::dontwait));
        }
    }
}

DataHeader ZmqMesh::makeHeader(DataKind kind) const {
    DataHeader header;
    header.membership = m_plan.membership;
    header.from = rank();
    header.kind = kind;
    header.token = m_token;
    return header;
}

Result<void> ZmqMesh::send(Rank to, const FrameKey& key, std::span<const std::byte> payload) {
    LONGSHIP_CHECK(to < size() && to != rank(), "a member sends to its peers only");
    LONGSHIP_CHECK(payload.size() <= kPayloadMax, "a payload is cut into chunks before it is sent");
    if (m_abandoned || m_lost.contains(to)) {
        return lostFailure();
    }
    DataHeader header = makeHeader(DataKind::Data);
    header.membership = key.membership;
    header.operation = key.operation;
    header.bucket = key.bucket;
    header.chunk = key.chunk;
    header.phase = key.phase;
    header.payloadFollows = payload.size() > kCopyMax ? 1 : 0;
    try {
        if (!trySend(to, header, payload)) {
            m_lost.insert(to);
            reportTroubles(BootClock::now());
            return lostFailure();
        }
    } catch (const zmq::error_t& error) {
        return libraryFailure(fmt::format("Could not send to rank {}", to), error);
    }
    m_bytesSent.fetch_add(sizeof header + payload.size(), std::memory_order_relaxed);
    return {};
}

bool ZmqMesh::trySend(Rank to, const DataHeader& header, std::span<const std::byte> payload) {
    zmq::socket_t& dealer = m_links.dealers[to];
    if (header.payloadFollows == 0) {
        zmq::message_t message(sizeof header + payload.size());
        std::memcpy(message.data(), &header, sizeof header);
        if (!payload.empty()) {
            std::memcpy(message.data<std::byte>() + sizeof header, payload.data(), payload.size());
        }
        if (!dealer.send(message, zmq::send_flags::dontwait)) {
            return false;
        }
        ++m_copied;
        ++m_sends;
        return true;
    }
    if (!dealer.send(zmq::buffer(&header, sizeof header),
                     zmq::send_flags::sndmore | zmq::send_flags::dontwait)) {
        return false;
    }
    // libzmq only reads the bytes. From here on the tally counts this send, whether it succeeds or not.
    zmq::message_t message(const_cast<std::byte*>(payload.data()), payload.size(), &SendTally::handleFreed,
                           &m_sockets->tally);
    ++m_sends;
    return dealer.send(message, zmq::send_flags::dontwait).has_value();
}

Result<void> ZmqMesh::flush(TimePoint deadline) {
    m_sockets->tally.setWaiting(true);
    bool confirmed = false;
    Result<void> result;
    TimePoint lookAt = BootClock::now() + m_watch.period();
    while (!allSendsDone() && result) {
        const TimePoint now = BootClock::now();
        if (now >= lookAt) {
            lookAt = now + m_watch.period();
            if (auto silence = checkSilence(now); !silence) {
                result = failure(silence.error());
                continue;
            }
        }
        if (!m_lost.empty()) {
            keepEarly();  // A goodbye may be among them.
        }
        if (m_sockets->isInterrupted(m_plan)) {
            result = interruptedFailure();
        } else if (!m_lost.empty() && std::exchange(confirmed, true)) {
            reportTroubles(now);
            result = lostFailure();
        } else if (now >= deadline) {
            result = failure(ErrorKind::Unavailable, fmt::format("{}: {} messages could not be sent in time.",
                                                                 seat(), m_sends - sendsDone()));
        } else {
            pollFor(m_lost.empty() ? std::min(deadline, lookAt) - now : kLastMessages, true);
        }
    }
    m_sockets->tally.setWaiting(false);
    return result;
}

Result<std::unique_ptr<Frame>> ZmqMesh::receive(TimePoint deadline, std::span<const Rank> awaited) {
    const TimePoint began = BootClock::now();
    TimePoint lookAt = began + m_watch.period();
    bool confirmed = false;
    for (;;) {
        if (m_sockets->isInterrupted(m_plan)) {
            return interruptedFailure();
        }
        if (m_abandoned) {
            return lostFailure();
        }
        try {
            if (auto message = takeData()) {
                m_bytesReceived.fetch_add(sizeof(DataHeader) + message->body.size() - message->payloadOffset,
                                          std::memory_order_relaxed);
                return std::make_unique<ZmqFrame>(std::move(*message));
            }
        } catch (const zmq::error_t& error) {
            return libraryFailure(fmt::format("{}: could not receive", seat()), error);
        }
        const auto links = checkLinks(awaited);
        const TimePoint now = BootClock::now();
        if (!links && std::exchange(confirmed, true)) {
            reportTroubles(now);
            return failure(links.error());
        }
        if (now >= lookAt) {
            lookAt = now + m_watch.period();
            LONGSHIP_TRY(checkSilence(now));
            probe(awaited, now);
        }
        if (links && m_urgent && m_briefWait.tryAgain(now - began)) {
            continue;
        }
        if (now >= deadline) {
            return failure(ErrorKind::Unavailable,
                           fmt::format("{}: no message came in time from {}.", seat(),
                                       awaited.empty() ? "any peer" : describe(awaited)));
        }
        pollFor(links ? std::min(deadline, lookAt) - now : std::min<Duration>(deadline - now, kLastMessages),
                false);
    }
}

/// The next data message; notes goodbyes on the way.
std::optional<DataMessage> ZmqMesh::takeData() {
    for (;;) {
        std::optional<DataMessage> message;
        if (m_links.early.empty()) {
            message = m_sockets->receive(m_plan, m_token);
        } else {
            message = std::move(m_links.early.front());
            m_links.early.pop_front();
        }
        if (!message || message->header.kind == DataKind::Data) {
            return message;
        }
        if (message->header.kind == DataKind::Goodbye) {
            m_left.insert(message->header.from);
            m_lost.erase(message->header.from);
        }
    }
}

/// Takes in what has arrived, for a later receive().
void ZmqMesh::keepEarly() {
    std::deque<DataMessage> kept;
    while (auto message = takeData()) {
        kept.push_back(std::move(*message));
    }
    m_links.early = std::move(kept);
}

Result<void> ZmqMesh::checkLinks(std::span<const Rank> awaited) const {
    if (!m_lost.empty()) {
        return lostFailure();
    }
    for (const Rank left : m_left) {
        if (awaited.empty() || std::ranges::find(awaited, left) != awaited.end()) {
            return failure(ErrorKind::Unavailable, fmt::format("{}: rank {} ({}) has left.", seat(), left,
                                                               m_plan.peers[left].endpoint));
        }
    }
    return {};
}

/// While peers are waited for: sees to it that something is on its way to them, so that the kernel can tell
/// whether it arrives.
void ZmqMesh::probe(std::span<const Rank> awaited, TimePoint now) {
    for (Rank peer = 0; peer < size(); ++peer) {
        if (peer == rank()) {
            continue;
        }
        const bool isAwaited = awaited.empty() || std::ranges::find(awaited, peer) != awaited.end();
        if (isAwaited && m_watch.wantsProbe(peer, now)) {
            const DataHeader probe = makeHeader(DataKind::Probe);
            static_cast<void>(
                m_links.dealers[peer].send(zmq::buffer(&probe, sizeof probe), zmq::send_flags::dontwait));
        }
    }
}

/// While nothing comes or nothing is taken: asks the kernel about the links.
Result<void> ZmqMesh::checkSilence(TimePoint now) {
    for (Rank peer = 0; peer < size(); ++peer) {
        if (peer != rank()) {
            m_watch.look(peer, sampleWire(m_links.descriptors[peer]), now);
        }
    }
    confirmSilence(now);
    const std::vector<LinkTrouble> silent = m_watch.silent(now);
    if (silent.empty()) {
        return {};
    }
    reportTroubles(now);
    std::string who;
    for (const LinkTrouble& link : silent) {
        who += fmt::format("{}rank {} ({}), {} bytes", who.empty() ? "" : "; ", link.peer,
                           m_plan.peers[link.peer].endpoint, link.bytesStuck);
    }
    return failure(ErrorKind::Unavailable,
                   fmt::format("{}: nothing that is sent is acknowledged any more, for {:.1f} s: to {}.",
                               seat(), toSeconds(m_plan.stuckAfter), who));
}

/// A link that seems silent is tried with a connection of its own while there is still time.
void ZmqMesh::confirmSilence(TimePoint now) {
    std::map<Rank, std::unique_ptr<RefusalProbe>> open;
    for (const LinkTrouble& suspect : m_watch.silent(now, kSuspicion)) {
        std::unique_ptr<RefusalProbe> reach = std::move(m_reaches[suspect.peer]);
        if (reach == nullptr) {
            reach = std::make_unique<RefusalProbe>(m_plan.peers[suspect.peer].endpoint);
        }
        pollfd item{reach->descriptor(), POLLOUT, 0};
        if (!reach->refused() && ::poll(&item, 1, 0) > 0) {
            reach->handleWritable();
        }
        if (reach->answered()) {
            m_watch.answered(suspect.peer, now);
        } else {
            open.emplace(suspect.peer, std::move(reach));
        }
    }
    m_reaches = std::move(open);
}

/// Names the links that fail. One who gives up closes all its links: where ours to the same peers have been
/// silent for a while, too, that is the better reason.
void ZmqMesh::reportTroubles(TimePoint now) {
    if (m_plan.report == nullptr) {
        return;
    }
    confirmSilence(now);
    for (const LinkTrouble& trouble : m_watch.silent(now, kLikely)) {
        m_plan.report->add(trouble);
    }
    for (const Rank lost : m_lost) {
        m_plan.report->add({lost, false, 0});
    }
}

void ZmqMesh::noteClosed() {
    for (const int descriptor : m_sockets->takeClosed()) {
        if (const auto found = m_links.ranks.find(descriptor); found != m_links.ranks.end()) {
            if (!m_left.contains(found->second)) {
                m_lost.insert(found->second);
            }
            m_links.ranks.erase(found);
        }
    }
}

void ZmqMesh::pollFor(Duration patience, bool forSends) {
    // Plain descriptors instead of zmq_poll, which asks every socket twice: a socket's descriptor is readable
    // when it has news, and stays silent only after everything was taken, which each caller here does.
    std::array<pollfd, 4> items{{{m_sockets->wake.descriptor(), POLLIN, 0},
                                 {m_monitorDescriptor, POLLIN, 0},
                                 {m_routerDescriptor, POLLIN, 0},
                                 {m_sockets->tally.signal().descriptor(), POLLIN, 0}}};
    const Duration bounded = std::clamp<Duration>(patience, Duration::zero(), 1h);
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(bounded).count();
    if (forSends) {
        // The router has news that nobody takes now: its descriptor would end every poll at once.
        items[2].fd = -1;
    } else {
        items[3].fd = -1;
    }
    if (::poll(items.data(), items.size(), static_cast<int>(timeout)) <= 0) {
        return;
    }
    if (items[1].revents != 0) {
        noteClosed();
    }
    if (items[3].revents != 0) {
        m_sockets->tally.signal().clear();
    }
}

void ZmqMesh::abandon() {
    m_abandoned = true;
    m_links.dealers.clear();
    m_links.early.clear();
    // Without linger libzmq drops what is queued; its I/O thread gives the memory back within milliseconds.
    m_sockets->tally.setWaiting(true);
    while (!allSendsDone()) {
        pollfd item{m_sockets->tally.signal().descriptor(), POLLIN, 0};
        ::poll(&item, 1, -1);
        m_sockets->tally.signal().clear();
    }
    m_sockets->tally.setWaiting(false);
}

void ZmqMesh::interrupt() {
    m_sockets->interrupt(m_plan.membership);
}

tl::unexpected<Error> ZmqMesh::lostFailure() const {
    if (m_abandoned || m_lost.empty()) {
        return failure(ErrorKind::Unavailable, fmt::format("{}: the links were already dropped.", seat()));
    }
    std::string who;
    for (const Rank lost : m_lost) {
        who += fmt::format("{}rank {} ({})", who.empty() ? "" : ", ", lost, m_plan.peers[lost].endpoint);
    }
    return failure(ErrorKind::Unavailable, fmt::format("{}: the data link to {} broke.", seat(), who));
}

tl::unexpected<Error> ZmqMesh::interruptedFailure() const {
    return failure(ErrorKind::Interrupted, fmt::format("{}: interrupted.", seat()));
}

std::string ZmqMesh::seat() const {
    return fmt::format("Rank {} of membership {}", rank(), m_plan.membership);
}

}  // namespace longship::zeromq
