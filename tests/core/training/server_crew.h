#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/domain/job.h"
#include "core/parameter_server/shard_server.h"

namespace longship::test {

/// The servers of a team of trainers in one process, each on a thread of its own.
class ServerCrew {
public:
    virtual ~ServerCrew() = default;

    virtual std::size_t size() const = 0;
    /// Takes the next membership's seats, until its meshes are gone. `meshes`: of the servers, by number.
    virtual void enter(std::vector<std::unique_ptr<Mesh>> meshes, MembershipNumber membership, Step base,
                       std::uint32_t workers) = 0;
    /// After all workers have left.
    virtual void join() = 0;
    /// A new process in the place of this server, which has died: it knows nothing.
    virtual void restart(std::size_t server) = 0;
    /// Nobody has the state: what they hold is of another course.
    virtual void restartAll() = 0;
    /// Whether somebody whose word counts holds every shard at this step.
    virtual bool holdsAll(Step base) const = 0;
    virtual bool holdAny() const = 0;
};

template <typename Real>
class ServerCrewOf final : public ServerCrew {
public:
    explicit ServerCrewOf(const JobSpec& job)
        : m_options{job.strategy.servers, job.strategy.backup, job.optimizer,
                    job.numerics == Numerics::Reproducible ? GradientSums::FixedPoint : GradientSums::Float} {
        m_servers.resize(job.strategy.servers);
        restartAll();
    }
    ~ServerCrewOf() override { join(); }

    std::size_t size() const override { return m_servers.size(); }

    void enter(std::vector<std::unique_ptr<Mesh>> meshes, MembershipNumber membership, Step base,
               std::uint32_t workers) override {
        ServerSeat seat{membership, base, workers, {}, std::vector<bool>(workers, true)};
        for (std::uint32_t number = 0; number < size(); ++number) {
            seat.servers.push_back({number, NodeId(std::to_string(number)), true});
            seat.hasState.push_back(m_servers[number].hasState);
        }
        for (std::size_t number = 0; number < size(); ++number) {
            m_servers[number].thread =
                std::thread([this, number, seat, mesh = std::move(meshes[number])]() mutable {
                    serve(m_servers[number], std::move(mesh), seat);
                });
        }
    }

    void join() override {
        for (Server& server : m_servers) {
            if (server.thread.joinable()) {
                server.thread.join();
                server.shards->leave();
            }
        }
    }

    void restart(std::size_t server) override {
        m_servers[server].shards = std::make_unique<ShardServer<Real>>(m_options);
        m_servers[server].hasState = false;
    }
    void restartAll() override {
        for (std::size_t server = 0; server < size(); ++server) {
            restart(server);
        }
    }

    bool holdsAll(Step base) const override {
        std::vector<bool> held(m_options.shards);
        for (const Server& server : m_servers) {
            for (const ShardHeld& shard : server.shards->held()) {
                held[shard.shard] = held[shard.shard] || (server.hasState && shard.isAt(base));
            }
        }
        return std::all_of(held.begin(), held.end(), [](bool one) { return one; });
    }

    bool holdAny() const override {
        return std::any_of(m_servers.begin(), m_servers.end(),
                           [](const Server& server) { return !server.shards->held().empty(); });
    }

private:
    struct Server {
        std::unique_ptr<ShardServer<Real>> shards;
        std::thread thread;
        bool hasState = false;  ///< It was ready in a membership.
    };

    static void serve(Server& server, std::unique_ptr<Mesh> mesh, const ServerSeat& seat) {
        Mesh* const own = mesh.get();
        auto served = server.shards->enter(std::move(mesh), seat);
        server.hasState = server.hasState || served.has_value();
        while (served) {
            served = server.shards->advance();
        }
        EXPECT_EQ(served.error().kind, ErrorKind::Unavailable) << served.error().text;
        own->abandon();
    }

    const typename ShardServer<Real>::Options m_options;
    std::vector<Server> m_servers;
};

}  // namespace longship::test
