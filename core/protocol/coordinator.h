#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/domain/job.h"
#include "core/domain/run_snapshot.h"
#include "core/protocol/messages.h"

namespace longship {

/// Decides, for one cluster, which runs go on and who takes part. Sans-I/O: it is told the time and draws its
/// random numbers from a seed; the caller drains pollTransmit() and pollEvent() after every call, stores the
/// events, then sends (persist before send). Not thread-safe: lives on the agent loop of the leader. States
/// and transitions: core/README.md, "Coordinator".
class Coordinator {
public:
    struct Options {
        NodeId self;
        std::string cluster;
        Term term = 1;
        std::vector<NodeId> nodes;  ///< In roster order.
        std::chrono::milliseconds tolerateSilence{3000};
        std::uint64_t seed = 0;  ///< For membership tokens and run ids.
    };
    struct Outgoing {
        NodeId to;
        Message message;
    };

    Coordinator(Options options, TimePoint now);
    ~Coordinator();

    /// A run that this leader already knew before it started again. Runs that were not finished are ended as
    /// failed.
    void restore(RunSnapshot run, UtcTime wallTime);

    Result<RunId> submit(const std::string& jobYaml, TimePoint now, UtcTime wallTime);
    Result<void> stop(const RunId& run, TimePoint now, UtcTime wallTime);

    void handle(const NodeId& from, const Message& message, TimePoint now, UtcTime wallTime);
    /// The link to the node was reset and connecting again was refused: dead at once.
    void handleRefused(const NodeId& node, TimePoint now, UtcTime wallTime);
    void handleTimeout(TimePoint now, UtcTime wallTime);  ///< Harmless when called early.

    std::optional<Outgoing> pollTransmit();
    std::optional<RunEvent> pollEvent();           ///< In the order in which they must be stored.
    std::optional<TimePoint> nextTimeout() const;  ///< May change after any call above.

    const std::map<RunId, RunSnapshot>& runs() const;
    std::vector<NodeView> nodes(TimePoint now) const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

}  // namespace longship
