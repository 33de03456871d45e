#include "core/transport/faults/faulty_mesh.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace longship {
namespace {

using namespace std::chrono_literals;

// Looked at so often while something is held; each turn is a wait in which messages are taken at once.
constexpr Duration kLook = 10ms;
// A link that has carried next to nothing yet: below this it would never end a step.
constexpr double kRateMin = 16e3;

std::vector<std::string> namesOf(const DataPlan& plan) {
    std::vector<std::string> names;
    for (const DataPeer& peer : plan.peers) {
        names.push_back(peer.name);
    }
    return names;
}

/// Condition variables know other clocks.
template <typename Condition>
bool waitFor(std::condition_variable& changed, std::unique_lock<std::mutex>& lock, TimePoint until,
             Condition condition) {
    const Duration patience = std::clamp<Duration>(until - BootClock::now(), Duration::zero(), 1h);
    return changed.wait_for(lock, patience, condition);
}

}  // namespace

FaultyDataPort::FaultyDataPort(std::unique_ptr<DataPort> port, std::shared_ptr<LinkFaults> faults)
    : m_port(std::move(port)), m_faults(std::move(faults)) {}

Result<std::unique_ptr<Mesh>> FaultyDataPort::enter(const DataPlan& plan) {
    LONGSHIP_TRY(waitForPeers(plan));
    LONGSHIP_ASSIGN(auto mesh, m_port->enter(plan));
    return std::make_unique<FaultyMesh>(std::move(mesh), m_faults, namesOf(plan));
}

Result<void> FaultyDataPort::waitForPeers(const DataPlan& plan) {
    const TimePoint deadline = BootClock::now() + plan.connectTimeout;
    std::unique_lock lock(m_mutex);
    for (;;) {
        const TimePoint now = BootClock::now();
        Rank rank = 0;
        while (rank < plan.peers.size() &&
               (rank == plan.rank || !m_faults->isCut(plan.peers[rank].name, now))) {
            ++rank;
        }
        const bool interrupted = plan.membership <= m_interruptedThrough;
        if (interrupted || rank == plan.peers.size()) {
            return {};  // An interrupted one is told so by the port.
        }
        if (now >= deadline) {
            return failure(ErrorKind::Unavailable,
                           fmt::format("Rank {} ({}) does not answer.", rank, plan.peers[rank].endpoint));
        }
        waitFor(m_changed, lock, std::min(deadline, m_faults->healsAt(now)),
                [&] { return plan.membership <= m_interruptedThrough; });
    }
}

void FaultyDataPort::interrupt(MembershipNumber through) {
    {
        const std::lock_guard lock(m_mutex);
        m_interruptedThrough = std::max(m_interruptedThrough, through);
        m_changed.notify_all();
    }
    m_port->interrupt(through);
}

FaultyMesh::FaultyMesh(std::unique_ptr<Mesh> mesh, std::shared_ptr<LinkFaults> faults,
                       std::vector<std::string> names)
    : m_mesh(std::move(mesh)),
      m_faults(std::move(faults)),
      m_names(std::move(names)),
      m_created(BootClock::now()) {}

FaultyMesh::~FaultyMesh() {
    if (!m_sends.empty() || m_broken) {
        m_mesh->abandon();
    }
}

bool FaultyMesh::isAnyCut(TimePoint now) {
    for (Rank peer = 0; peer < m_names.size(); ++peer) {
        if (peer != rank() && isCut(peer, now)) {
            return true;
        }
    }
    return false;
}

/// At once while the links are not slow.
TimePoint FaultyMesh::dueOf(Throttle& throttle, std::size_t bytes, TimePoint now) {
    if (!m_faults->isSlow(now)) {
        return now;
    }
    if (!throttle.hasRate()) {
        const double seconds = std::max(toSeconds(now - m_created), 0.1);
        const auto seen = static_cast<double>(std::max(bytesSent(), bytesReceived())) / seconds;
        throttle.setRate(std::max(seen * LinkFaults::kSlowShare, kRateMin));
    }
    return throttle.passesAt(bytes, now);
}

Result<void> FaultyMesh::send(Rank to, const FrameKey& key, std::span<const std::byte> payload) {
    if (!isAtWork()) {
        return m_mesh->send(to, key, payload);
    }
    const TimePoint now = BootClock::now();
    m_sends.push_back({to, key, payload, dueOf(m_out, payload.size(), now)});
    return sendDue(now);
}

bool FaultyMesh::mustWait(Rank peer, TimePoint due, TimePoint now) {
    return isCut(peer, now) || (due > now && m_faults->isSlow(now));
}

/// Those that nothing holds any more; a peer's in their order.
Result<void> FaultyMesh::sendDue(TimePoint now) {
    std::vector<bool> waits(size(), false);
    for (auto held = m_sends.begin(); held != m_sends.end();) {
        waits[held->to] = waits[held->to] || mustWait(held->to, held->due, now);
        if (waits[held->to]) {
            ++held;
            continue;
        }
        const HeldSend one = *held;
        held = m_sends.erase(held);
        LONGSHIP_TRY(m_mesh->send(one.to, one.key, one.payload));
    }
    return {};
}

std::unique_ptr<Frame> FaultyMesh::takeDue(TimePoint now) {
    std::vector<bool> waits(size(), false);
    for (auto held = m_frames.begin(); held != m_frames.end(); ++held) {
        const Rank from = held->frame->from();
        waits[from] = waits[from] || mustWait(from, held->due, now);
        if (!waits[from]) {
            std::unique_ptr<Frame> frame = std::move(held->frame);
            m_frames.erase(held);
            return frame;
        }
    }
    return nullptr;
}

TimePoint FaultyMesh::nextLook(TimePoint now, TimePoint deadline) {
    return m_sends.empty() && m_frames.empty() ? std::min(deadline, m_faults->healsAt(now) + kLook)
                                               : std::min(deadline, now + kLook);
}

/// False when interrupted.
bool FaultyMesh::sleepUntil(TimePoint time) {
    std::unique_lock lock(m_mutex);
    return !waitFor(m_changed, lock, time, [&] { return m_interrupted; });
}

Result<void> FaultyMesh::flush(TimePoint deadline) {
    while (!m_sends.empty()) {
        const TimePoint now = BootClock::now();
        LONGSHIP_TRY(sendDue(now));
        if (m_sends.empty()) {
            break;
        }
        if (now >= deadline) {
            return failure(
                ErrorKind::Unavailable,
                fmt::format("Rank {} of membership {}: not all was sent in time.", rank(), membership()));
        }
        if (!sleepUntil(std::min(deadline, now + kLook))) {
            break;  // The mesh says so.
        }
    }
    return m_mesh->flush(deadline);
}

Result<std::unique_ptr<Frame>> FaultyMesh::receive(TimePoint deadline, std::span<const Rank> awaited) {
    if (!isAtWork()) {
        auto received = m_mesh->receive(deadline, awaited);
        if (!m_faults->any()) {
            return received;
        }
        // The fault came while this waited.
        if (auto out = absorb(std::move(received), deadline)) {
            return std::move(*out);
        }
    }
    return receiveWithFaults(deadline, awaited);
}

/// Holds what the mesh gave or told. Something comes out when it is to be known now.
std::optional<Result<std::unique_ptr<Frame>>> FaultyMesh::absorb(Result<std::unique_ptr<Frame>> received,
                                                                 TimePoint waitedUntil) {
    const TimePoint now = BootClock::now();
    if (received) {
        const TimePoint due = dueOf(m_in, (*received)->payload().size(), now);
        m_frames.push_back({std::move(*received), due});
        return std::nullopt;
    }
    if (received.error().kind != ErrorKind::Unavailable) {
        return received;
    }
    if (now >= waitedUntil) {
        return std::nullopt;  // Nothing came in that time.
    }
    // A link broke. Behind a cut cable nobody would hear of it now.
    if (!isAnyCut(now)) {
        return received;
    }
    m_broken = received.error();
    return std::nullopt;
}

Result<std::unique_ptr<Frame>> FaultyMesh::receiveWithFaults(TimePoint deadline,
                                                             std::span<const Rank> awaited) {
    for (;;) {
        const TimePoint now = BootClock::now();
        LONGSHIP_TRY(sendDue(now));
        if (auto frame = takeDue(now)) {
            return frame;
        }
        if (m_broken && !isAnyCut(now)) {
            return failure(*m_broken);
        }
        if (now >= deadline) {
            return failure(
                ErrorKind::Unavailable,
                fmt::format("Rank {} of membership {}: no message came in time.", rank(), membership()));
        }
        const TimePoint look = nextLook(now, deadline);
        if (m_broken && sleepUntil(look)) {
            continue;
        }
        if (auto out = absorb(m_mesh->receive(look, awaited), look)) {
            return std::move(*out);
        }
    }
}

void FaultyMesh::abandon() {
    m_sends.clear();
    m_frames.clear();
    m_broken.reset();
    m_mesh->abandon();
}

void FaultyMesh::interrupt() {
    {
        const std::lock_guard lock(m_mutex);
        m_interrupted = true;
        m_changed.notify_all();
    }
    m_mesh->interrupt();
}

}  // namespace longship
