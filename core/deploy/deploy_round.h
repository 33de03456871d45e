#pragma once

#include "core/deploy/runtime_pack.h"

namespace longship {

/// What the deployments that go side by side have in common.
struct DeployRound {
    explicit DeployRound(const Bundle& bundle) : pack(bundle) {}

    RuntimePack pack;
};

}  // namespace longship
