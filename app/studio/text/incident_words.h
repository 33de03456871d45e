#pragma once

#include <QCoreApplication>
#include <QString>
#include <QStringList>

#include "app/studio/viewmodels/incident_view.h"
#include "app/studio/viewmodels/node_actions.h"

namespace longship {

/// What people read about incidents and about what can be done with a node.
class IncidentWords {
    Q_DECLARE_TR_FUNCTIONS(IncidentWords)

public:
    /// For the curve: "node-b lost, 0.4 s, 0 steps lost"; while it is not over only who.
    static QString mark(const TimedIncident& incident);

    /// At marks that stand too close together: "2 incidents".
    static QString many(std::size_t incidents);

    /// "Recovering: node-b is lost".
    static QString heading(const TimedIncident& incident, const RunSnapshot& run);

    /// Where, since when, why, what was done, what it cost; one sentence each.
    static QStringList facts(const TimedIncident& incident, const RunSnapshot& run);

    static QString answer(IncidentAnswer answer);
    /// What it costs, in one sentence.
    static QString cost(IncidentAnswer answer, const TimedIncident& incident, const RunSnapshot& run);

    static QString of(NodeAction action);
    /// Why it cannot be done, as a sentence.
    static QString of(Obstacle obstacle);

    /// "0.4 s", "1:05".
    static QString lost(double seconds);
};

}  // namespace longship
