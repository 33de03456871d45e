#pragma once

#include <QCoreApplication>
#include <QString>
#include <QStringList>

#include "core/client/client.h"

namespace longship {

/// What is said while a cluster has no majority, and about going on without one.
class TakeoverWords {
    Q_DECLARE_TR_FUNCTIONS(TakeoverWords)

public:
    static QString heading();
    /// Who does not answer and since when, and what waiting costs. `now` and `wallTime` are the same moment.
    static QString facts(const Standstill& standstill, TimePoint now, UtcTime wallTime);

    static QString question(const TakeoverOutlook& outlook);
    /// What going on gives up, a paragraph each.
    static QStringList price(const TakeoverOutlook& outlook);

    /// Of a run that only nodes know which were left behind.
    static QString leftBehind();
    static QString whyLeftBehind();
};

}  // namespace longship
