#include "agent/daemon/node_faults.h"

namespace longship {

void NodeFaults::begin(Fault fault, std::chrono::milliseconds heal, TimePoint now) {
    m_fault = fault;
    m_until = now + heal;
    if (fault == Fault::Partition) {
        m_links.cut({}, m_until);
    } else if (fault == Fault::SlowLink) {
        m_links.slow(m_until);
    } else {
        m_disk->fill(m_until);
    }
}

std::optional<InjectFault> NodeFaults::forWorker(TimePoint now) const {
    if (now >= m_until) {
        return std::nullopt;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(m_until - now);
    return InjectFault{m_fault, static_cast<std::uint32_t>(left.count())};
}

}  // namespace longship
