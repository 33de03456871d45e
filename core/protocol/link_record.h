#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"

namespace longship {

/// Which workers cannot reach each other, although both are there. A link on which nothing was acknowledged
/// for long is believed at once: some workers are kept apart until the back-off, which doubles, is over. A
/// link that was closed may be a hiccup, or a peer that gave up for a reason of its own: the next membership
/// tries again, and when the same two complain then, too, it counts as well.
class LinkRecord {
public:
    static constexpr std::chrono::seconds kBackOffMin{5};
    static constexpr std::chrono::seconds kBackOffMax{300};

    /// Somebody could not reach a peer in this membership. A peer that complained before has left the mesh
    /// for it: that says nothing about the link to it. `isSilent`: see BrokenLink.
    void complain(const TaskId& by, const TaskId& peer, MembershipNumber membership, bool isSilent = false);
    /// One of them died, or was started again: what was said of its links is over.
    void forget(const TaskId& task);
    /// A membership worked.
    void worked() { m_complaints.clear(); }

    /// A link that counts as broken.
    struct Pair {
        TaskId one;
        TaskId other;
        bool operator==(const Pair&) const = default;
    };
    /// Those between two of `tasks`, neither of which is kept apart already.
    std::vector<Pair> brokenAmong(const std::vector<TaskId>& tasks, TimePoint now) const;

    /// Who has to stay out so that the others can all reach each other: as few as possible (exactly so for up
    /// to kExactMax workers with broken links), and of equal choices the later in `tasks`. They are
    /// remembered as kept apart.
    std::set<TaskId> keepApart(const std::vector<TaskId>& tasks, TimePoint now);
    static constexpr std::size_t kExactMax = 12;

    bool isApart(const TaskId& task, TimePoint now) const;
    std::optional<TimePoint> nextTry(TimePoint now) const;

private:
    struct Complainers {
        MembershipNumber membership = 0;
        std::set<TaskId> tasks;
    };
    struct Complaint {
        MembershipNumber last = 0;
        bool again = false;
        bool silent = false;

        bool counts() const { return again || silent; }
    };
    struct Apart {
        TimePoint until;
        Duration backOff{};
    };

    static std::set<TaskId> fewestToLeave(const std::vector<TaskId>& tasks, const std::vector<Pair>& broken);

    std::map<std::pair<TaskId, TaskId>, Complaint> m_complaints;
    std::map<TaskId, Apart> m_apart;
    Complainers m_complainers;  ///< Of the newest membership.
};

}  // namespace longship
