#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/transport/data_mesh.h"

namespace longship::test {

enum class MeshKind { Memory, Plain, Encrypted };

inline std::string toString(MeshKind kind) {
    switch (kind) {
        case MeshKind::Memory: return "Memory";
        case MeshKind::Plain: return "Plain";
        case MeshKind::Encrypted: return "Encrypted";
    }
    return "";
}

inline std::string meshKindName(const testing::TestParamInfo<MeshKind>& info) {
    return toString(info.param);
}

/// Bound data ports on the loopback and the plans by which they become the members of one membership.
struct TestPorts {
    std::vector<std::unique_ptr<DataPort>> ports;
    std::vector<DataPlan> plans;

    TestPorts(std::uint32_t size, bool encrypted, MembershipNumber membership = 1) {
        DataPlan plan;
        plan.membership = membership;
        plan.token = encrypted ? "" : "a token of this test";
        plan.encrypted = encrypted;
        for (std::uint32_t rank = 0; rank < size; ++rank) {
            const KeyPair keys = KeyPair::generate();
            ports.push_back(DataPort::bind("tcp://127.0.0.1:*", keys, encrypted).value());
            plan.peers.push_back({ports.back()->endpoint(), keys.publicKey});
        }
        for (std::uint32_t rank = 0; rank < size; ++rank) {
            plan.rank = rank;
            plans.push_back(plan);
        }
    }

    /// All members enter at once, each on its own thread.
    std::vector<Result<std::unique_ptr<Mesh>>> enterAll() {
        std::vector<Result<std::unique_ptr<Mesh>>> results(ports.size());
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < ports.size(); ++i) {
            threads.emplace_back([&, i] { results[i] = ports[i]->enter(plans[i]); });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        return results;
    }
};

/// The meshes of all members of one membership, by rank. The data ports of ZeroMQ meshes may end before them.
inline std::vector<std::unique_ptr<Mesh>> makeMeshes(MeshKind kind, std::uint32_t size,
                                                     MembershipNumber membership = 1) {
    if (kind == MeshKind::Memory) {
        return makeMemoryMeshes(size, membership);
    }
    TestPorts ports(size, kind == MeshKind::Encrypted, membership);
    std::vector<std::unique_ptr<Mesh>> meshes;
    for (auto& result : ports.enterAll()) {
        EXPECT_TRUE(result) << result.error().text;
        meshes.push_back(std::move(result.value()));
    }
    return meshes;
}

}  // namespace longship::test
