#pragma once

#include <QCoreApplication>
#include <QString>

#include "app/studio/viewmodels/step_times.h"

namespace longship {

/// What people read about where the time of the steps goes.
class TimeWords {
    Q_DECLARE_TR_FUNCTIONS(TimeWords)

public:
    static QString of(TimePart part);
    static QString meaning(TimePart part);

    /// Who is slow, and by how much; that nobody is; nothing before some steps were seen.
    static QString straggler(const std::optional<Straggler>& straggler, const std::vector<TaskTimes>& recent);

    /// The means of the last steps in one line for each task: what the picture shows, for those who hear it.
    static QString table(const std::vector<TaskTimes>& recent);

    /// What changed with a membership: "worker-2 joined". `before` is the one before it.
    static QString change(const MembershipCommitted& before, const MembershipCommitted& now);
};

}  // namespace longship
