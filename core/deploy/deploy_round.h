#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "core/deploy/runtime_pack.h"

namespace longship {

/// What the deployments that go side by side have in common.
class DeployRound {
public:
    /// `nodes`: how many they are; each says lookedAt() once, whatever comes of it.
    DeployRound(const Bundle& bundle, std::size_t nodes) : pack(bundle), m_unseen(nodes) {}

    /// `needed`: a run goes on there with another version than the one that is being deployed.
    void lookedAt(bool needed);
    /// Waits until all nodes were looked at. Refused when a run needs the version that is there on any of
    /// them: all are replaced, or none. Interrupted by `stop`.
    Result<void> mayReplace(const std::stop_token& stop);

    RuntimePack pack;

private:
    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::size_t m_unseen;
    bool m_isNeeded = false;
};

}  // namespace longship
