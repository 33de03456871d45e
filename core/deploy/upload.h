#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

#include "core/deploy/bundle.h"
#include "core/deploy/runtime_pack.h"
#include "core/deploy/ssh/session.h"

namespace longship {

/// Sends files of a bundle into a node's store; each gets its place there once its hash is right. `told`
/// hears now and then how many bytes went.
Result<void> upload(SshSession& session, const Bundle& bundle, const std::vector<std::size_t>& files,
                    std::stop_token stop, const std::function<void(std::uint64_t)>& told);

/// The same with packed files of the bundle, which the agent's program unpacks and hashes on the node: its
/// files have to be in the store. `told` hears how many packed bytes went.
Result<void> uploadPacked(SshSession& session, const Bundle& bundle, RuntimePack::Reader& packed,
                          std::stop_token stop, const std::function<void(std::uint64_t)>& told);

}  // namespace longship
