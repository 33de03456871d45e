#pragma once

#include <algorithm>
#include <chrono>

#include "core/base/clock.h"

namespace longship {

/// The times of the replicated log, from T = `recovery.tolerate_silence`. They decide how soon things go on,
/// never whether they are right.
struct LogTimes {
    Duration heartbeat;    ///< Between two words of a leader: T/12.
    Duration lease;        ///< A leader that a majority answered within this time may say so: T/3.
    Duration sticky;       ///< A node that heard a leader within this time wants no other: 0.4 T.
    Duration electionMin;  ///< Silence of the leader until a voter stands for election: 0.45 T …
    Duration electionMax;  ///< … to 0.6 T, drawn anew each time.
    Duration stepDown;     ///< A leader that no majority answered for this long gives up: 0.6 T.
    Duration resend;       ///< Entries without an answer are sent again: T/6.
    Duration dead;         ///< A node that did not answer for this long loses its votes: T.
    Duration hurry;        ///< After a refused connection an election begins within this time: T/20.

    static LogTimes from(std::chrono::milliseconds tolerateSilence) {
        const Duration t = std::max<Duration>(tolerateSilence, std::chrono::milliseconds(120));
        return {.heartbeat = t / 12,
                .lease = t / 3,
                .sticky = t * 2 / 5,
                .electionMin = t * 9 / 20,
                .electionMax = t * 3 / 5,
                .stepDown = t * 3 / 5,
                .resend = t / 6,
                .dead = t,
                .hurry = t / 20};
    }
};

}  // namespace longship
