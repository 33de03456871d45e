#include "core/transport/zmq/link_watch.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

namespace longship::zeromq {
namespace {

/// Looks further apart than so many periods do not belong together: what was on its way at the one may have
/// been answered long before the other.
constexpr int kGapPeriods = 3;

}  // namespace

std::optional<WireSample> sampleWire(int descriptor) {
    tcp_info info;
    std::memset(&info, 0, sizeof info);
    socklen_t size = sizeof info;
    int queued = 0;
    if (descriptor < 0 || ::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        ::ioctl(descriptor, SIOCOUTQ, &queued) != 0) {
        return std::nullopt;
    }
    WireSample sample;
    sample.bytesQueued = static_cast<std::uint64_t>(queued);
    sample.isUnanswered = info.tcpi_unacked > 0;
    sample.sinceAnswer = std::chrono::milliseconds(info.tcpi_last_ack_recv);
    return sample;
}

LinkWatch::LinkWatch(std::uint32_t size, Duration patience) : m_patience(patience), m_links(size) {}

void LinkWatch::look(Rank peer, const std::optional<WireSample>& sample, TimePoint now) {
    Link& link = m_links[peer];
    if (link.lookedAt && now - *link.lookedAt > kGapPeriods * period()) {
        link.silentSince.reset();
    }
    link.lookedAt = now;
    if (!sample || !sample->isUnanswered) {
        link.silentSince.reset();
        return;
    }
    link.bytesQueued = sample->bytesQueued;
    // Silence counts from the first look that saw something on its way, or from the last answer if that came
    // later: before, there may have been nothing to answer.
    const TimePoint lastAnswer = now - sample->sinceAnswer;
    if (!link.silentSince) {
        link.silentSince = now;
    } else if (lastAnswer > *link.silentSince) {
        link.silentSince = lastAnswer;
    }
}

void LinkWatch::answered(Rank peer, TimePoint now) {
    if (m_links[peer].silentSince) {
        m_links[peer].silentSince = now;
    }
}

std::vector<LinkTrouble> LinkWatch::silent(TimePoint now, double part) const {
    const auto patience = std::chrono::duration_cast<Duration>(m_patience * part);
    std::vector<LinkTrouble> troubles;
    for (std::size_t peer = 0; peer < m_links.size(); ++peer) {
        const Link& link = m_links[peer];
        if (link.silentSince && now - *link.silentSince >= patience) {
            troubles.push_back({static_cast<Rank>(peer), true, link.bytesQueued});
        }
    }
    return troubles;
}

bool LinkWatch::wantsProbe(Rank peer, TimePoint now) {
    Link& link = m_links[peer];
    const bool due = !link.probedAt || now - *link.probedAt >= m_patience / 4;
    if (link.silentSince || !due) {
        return false;
    }
    link.probedAt = now;
    return true;
}

}  // namespace longship::zeromq
