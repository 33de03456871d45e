#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "core/base/disk_faults.h"
#include "core/protocol/messages.h"
#include "core/transport/faults/link_faults.h"

namespace longship {

/// The faults on purpose that concern a whole node: its links to other nodes and its disk, here and in its
/// workers. They heal by themselves.
class NodeFaults {
public:
    NodeFaults() : m_disk(std::make_shared<DiskFaults>()) {}

    LinkFaults& links() { return m_links; }
    std::shared_ptr<const DiskFaults> disk() const { return m_disk; }

    /// SlowLink, Partition or DiskFull.
    void begin(Fault fault, std::chrono::milliseconds heal, TimePoint now);
    /// What a worker is to do now; none when all has healed.
    std::optional<InjectFault> forWorker(TimePoint now) const;

private:
    LinkFaults m_links;
    const std::shared_ptr<DiskFaults> m_disk;
    Fault m_fault = Fault::Partition;
    TimePoint m_until{};
};

}  // namespace longship
