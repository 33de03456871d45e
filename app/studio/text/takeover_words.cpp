#include "app/studio/text/takeover_words.h"

#include <chrono>

#include "app/studio/text/words.h"

namespace longship {

namespace {

/// Names of those that answer, or of those that do not.
QStringList namesOf(const TakeoverOutlook& outlook, bool answering) {
    QStringList names;
    for (const LogStanding& one : outlook.logs) {
        if (one.answers == answering) {
            names << QString::fromStdString(one.node.value);
        }
    }
    return names;
}

}  // namespace

QString TakeoverWords::heading() {
    return tr("Too few nodes answer: all runs wait");
}

QString TakeoverWords::facts(const Standstill& standstill, TimePoint now, UtcTime wallTime) {
    QStringList gone;
    for (const LogStanding& one : standstill.outlook.logs) {
        if (one.answers) {
            continue;
        }
        const QString name = QString::fromStdString(one.node.value);
        const auto heard = standstill.lastHeard.find(one.node);
        if (heard == standstill.lastHeard.end()) {
            gone << tr("%1 (since before this window was opened)").arg(name);
            continue;
        }
        const auto ago = std::chrono::duration_cast<std::chrono::microseconds>(now - heard->second);
        gone << tr("%1 (since %2)").arg(name, Words::clock(UtcTime{wallTime.microseconds - ago.count()}));
    }
    return tr("Not answering: %1.").arg(gone.join(tr(", "))) + u' ' +
           tr("Nothing is lost while you wait: runs go on by themselves when enough nodes are back.");
}

QString TakeoverWords::question(const TakeoverOutlook& outlook) {
    return tr("Go on without %1?").arg(namesOf(outlook, false).join(tr(", ")));
}

QStringList TakeoverWords::price(const TakeoverOutlook& outlook) {
    const QString gone = namesOf(outlook, false).join(tr(", "));
    const QString founder = QString::fromStdString(outlook.founder.value);
    QStringList stay = namesOf(outlook, true);
    stay.removeAll(founder);
    return {stay.isEmpty() ? tr("%1 goes on alone, from what it knows.").arg(founder)
                           : tr("%1 goes on with %2, from what it knows.").arg(founder, stay.join(tr(", "))),
            tr("Given up is what only %1 may know: the last steps and checkpoints of runs, runs and commands "
               "of the last moments. This cannot be undone.")
                .arg(gone),
            tr("When one of them comes back it joins again; whatever it did meanwhile is void."),
            tr("Do this only when they are gone for good or for long. Waiting costs nothing but time.")};
}

QString TakeoverWords::leftBehind() {
    return tr("Left behind");
}

QString TakeoverWords::whyLeftBehind() {
    return tr(
        "Known only to nodes that were left behind when the cluster went on without them. It goes on "
        "nowhere; what was received of it is kept here.");
}

}  // namespace longship
