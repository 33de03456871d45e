#include "core/training/pending_operations.h"

#include <algorithm>
#include <utility>

namespace longship {

PendingOperations::~PendingOperations() {
    const auto open = [](const auto& future) { return future.valid(); };
    const bool gatherOpen = m_gather && open(*m_gather);
    if (!gatherOpen && std::none_of(m_others.begin(), m_others.end(), open)) {
        return;
    }
    m_collectives->interrupt();
    if (gatherOpen) {
        m_gather->wait();
    }
    for (const auto& other : m_others) {
        if (other.valid()) {
            other.wait();
        }
    }
}

void PendingOperations::startGather(std::vector<std::byte> mine) {
    if (m_collectives == nullptr) {
        m_mine = std::move(mine);
    } else {
        m_gather = m_collectives->allgather(std::move(mine));
    }
}

void PendingOperations::startSum(CollectiveThread::Values values) {
    if (m_collectives != nullptr) {
        m_others.push_back(m_collectives->allreduce(values));
    }
}

void PendingOperations::startRelay(std::span<std::byte> bytes, Rank root, std::vector<bool> receives) {
    if (m_collectives != nullptr) {
        m_others.push_back(m_collectives->relay(bytes, root, std::move(receives)));
    }
}

void PendingOperations::startServed(std::function<Result<void>(Exchange&)> operation) {
    m_others.push_back(m_collectives->perform(std::move(operation)));
}

Result<std::vector<std::vector<std::byte>>> PendingOperations::gathered() {
    if (m_collectives == nullptr) {
        return std::vector<std::vector<std::byte>>{std::move(m_mine)};
    }
    return m_gather->get();
}

Result<void> PendingOperations::done(std::size_t number) {
    if (m_collectives == nullptr) {
        return {};
    }
    return m_others[number].get();
}

}  // namespace longship
