#pragma once

#include <algorithm>
#include <chrono>

#include "core/base/clock.h"

namespace longship {

/// Every time of the control plane, derived from the one that the user sets: how long silence is tolerated
/// (`recovery.tolerate_silence`, T, 3 s by default).
struct Timeouts {
    Duration heartbeat;  ///< Between two heartbeats of an agent: T/12.
    Duration lease;      ///< A node not heard for this long is shown as silent: T/3.
    Duration dead;       ///< A node, or the leader, not heard for this long is dead: T.
    Duration collect;    ///< How long a first sign of trouble waits for its cause: T/6.
    Duration resend;     ///< An order that shows no effect is given again: T/3.
    Duration killGrace;  ///< Between asking a worker to end and killing it: T/3, at least 500 ms.
    Duration ping;       ///< Between two pings of a worker: 1 s.
    /// A worker whose control thread does not answer pings: T, at least 3 s. Generous, because training
    /// saturates the cores.
    Duration hung;
    /// Workers that hear no leader freeze after T and are ended after this: 10·T, at least 30 s. For as long
    /// a run waits for a lost worker that alone has its state.
    Duration orphan;
    Duration start{
        std::chrono::seconds(120)};            ///< From StartTask to WorkerReady: loads data, builds a model.
    Duration enter{std::chrono::seconds(30)};  ///< From AssignMembership until all have entered.
    Duration stop{std::chrono::seconds(30)};   ///< From StopWork until all have finished.
    Duration finish{std::chrono::seconds(60)};  ///< From the first WorkerFinished to the last.
    Duration leave{std::chrono::seconds(30)};   ///< The queue waits this long for tasks of an ended run.

    static Timeouts from(std::chrono::milliseconds tolerateSilence) {
        const Duration t = std::max<Duration>(tolerateSilence, std::chrono::milliseconds(120));
        return {.heartbeat = t / 12,
                .lease = t / 3,
                .dead = t,
                .collect = t / 6,
                .resend = t / 3,
                .killGrace = std::max<Duration>(t / 3, std::chrono::milliseconds(500)),
                .ping = std::chrono::seconds(1),
                .hung = std::max<Duration>(t, std::chrono::seconds(3)),
                .orphan = std::max<Duration>(10 * t, std::chrono::seconds(30))};
    }
};

}  // namespace longship
