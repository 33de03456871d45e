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

/// Which workers cannot reach each other, although both are there. One complaint may be a hiccup: the next
/// membership tries again. When the same two complain in the next one, too, some of them are kept apart until
/// the back-off, which doubles, is over.
class LinkRecord {
public:
    static constexpr std::chrono::seconds kBackOffMin{5};
    static constexpr std::chrono::seconds kBackOffMax{300};

    /// Somebody could not reach a peer in this membership. A peer that complained before has left the mesh
    /// for it: that says nothing about the link to it.
    void complain(const TaskId& by, const TaskId& peer, MembershipNumber membership);
    /// One of them died, or was started again: what was said of its links is over.
    void forget(const TaskId& task);
    /// A membership worked.
    void worked() { m_complaints.clear(); }

    /// Who has to stay out so that the others can all reach each other. Fewest first: of each pair the one
    /// with more broken links leaves, of equals the later in `tasks`. They are remembered as kept apart.
    std::set<TaskId> keepApart(const std::vector<TaskId>& tasks, TimePoint now);

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
    };
    struct Apart {
        TimePoint until;
        Duration backOff{};
    };

    std::map<std::pair<TaskId, TaskId>, Complaint> m_complaints;
    std::map<TaskId, Apart> m_apart;
    Complainers m_complainers;  ///< Of the newest membership.
};

}  // namespace longship
