#include "app/studio/text/incident_words.h"

#include <QDateTime>

#include "app/studio/text/phrase_words.h"
#include "app/studio/text/words.h"

namespace longship {

namespace {

QString whoOf(const IncidentRaised& incident) {
    return QString::fromStdString(incident.task.empty() ? incident.node.value : incident.task.value);
}

QString whatOf(const IncidentRaised& incident) {
    return PhraseWords::of(incident.whatPhrase, incident.what);
}

QString clockTime(UtcTime time) {
    return QDateTime::fromMSecsSinceEpoch(time.microseconds / 1000).toString(QStringLiteral("HH:mm:ss"));
}

}  // namespace

QString IncidentWords::lost(double seconds) {
    return seconds < 60 ? tr("%1 s").arg(seconds, 0, 'f', 1) : Words::duration(seconds);
}

QString IncidentWords::mark(const TimedIncident& incident) {
    const QString who = whoOf(incident.incident);
    // Some concern no single node: "over half of the workers were lost at once".
    const QString what = who.isEmpty() ? whatOf(incident.incident) : tr("%1 lost").arg(who);
    if (!incident.resolved) {
        return what;
    }
    const QString text = tr("%1, %2, 0 steps lost").arg(what, lost(incident.resolved->secondsLost));
    const std::uint64_t redone = incident.resolved->stepsRedone;
    return redone == 0 ? text : text + tr(", %1 redone").arg(Words::count(redone));
}

QString IncidentWords::many(std::size_t incidents) {
    return tr("%1 incidents").arg(incidents);
}

QString IncidentWords::heading(const TimedIncident& incident, const RunSnapshot& run) {
    const QString what = whatOf(incident.incident);
    if (run.state == RunState::Failed) {
        return tr("The run failed");
    }
    if (incident.resolved) {
        return tr("Survived: %1").arg(what);
    }
    if (run.state == RunState::Paused) {
        return tr("The run is paused: %1").arg(what);
    }
    return run.state == RunState::Recovering ? tr("Recovering: %1").arg(what) : what;
}

QStringList IncidentWords::facts(const TimedIncident& timed, const RunSnapshot& run) {
    const IncidentRaised& incident = timed.incident;
    const QString node = QString::fromStdString(incident.node.value);
    const QString task = QString::fromStdString(incident.task.value);
    const QString since = clockTime(timed.time);
    QStringList facts;
    if (run.state == RunState::Failed) {
        facts << whatOf(incident);
    }
    facts << (node.isEmpty()   ? tr("Since %1").arg(since)
              : task.isEmpty() ? tr("On %1, since %2").arg(node, since)
                               : tr("%1 on %2, since %3").arg(task, node, since));
    if (!incident.why.empty()) {
        facts << tr("Why: %1").arg(PhraseWords::of(incident.whyPhrase, incident.why));
    }
    const auto placed = run.tasks.find(incident.task);
    if (!timed.resolved && placed != run.tasks.end() && placed->second.state == TaskState::Unplaced) {
        facts << tr("%1 has no node now.").arg(task);
    }
    if (timed.resolved) {
        facts << tr("What Longship did: %1")
                     .arg(PhraseWords::of(timed.resolved->actionPhrase, timed.resolved->action));
        facts << tr("It cost %1. Steps done again: %2, steps lost: 0.")
                     .arg(lost(timed.resolved->secondsLost), Words::count(timed.resolved->stepsRedone));
    } else if (!incident.action.empty()) {
        facts << tr("What Longship did: %1").arg(PhraseWords::of(incident.actionPhrase, incident.action));
    }
    if (const std::size_t others = run.incidents.size() - 1; others > 0) {
        facts << tr("Other incidents of this run, marked on the loss curve: %1").arg(others);
    }
    return facts;
}

QString IncidentWords::answer(IncidentAnswer answer) {
    switch (answer) {
        case IncidentAnswer::GoOn: return tr("Go on without it");
        case IncidentAnswer::Move: return tr("Move its work to…");
        case IncidentAnswer::Wait: return tr("Wait");
        case IncidentAnswer::Stop: return tr("Stop the run…");
    }
    return {};
}

QString IncidentWords::cost(IncidentAnswer answer, const TimedIncident& incident, const RunSnapshot& run) {
    switch (answer) {
        case IncidentAnswer::GoOn: {
            const Crew crew = crewWithout(incident, run);
            if (crew.left == crew.before) {
                return tr("Training goes on with the workers that are there.");
            }
            return tr("%1 of %2 workers: about %3 of the speed. The result is the same.")
                .arg(crew.left)
                .arg(crew.before)
                .arg(Words::percent(static_cast<double>(crew.left) / static_cast<double>(crew.before), 0));
        }
        case IncidentAnswer::Move:
            return tr("Some seconds, until the new worker has loaded the data. Nothing is lost.");
        case IncidentAnswer::Wait:
            if (incident.incident.node.empty()) {
                return tr("Time, until they are back; then the run goes on by itself. Nothing is lost.");
            }
            return tr("Time, until %1 is back; then the run goes on by itself. Nothing is lost.")
                .arg(QString::fromStdString(incident.incident.node.value));
        case IncidentAnswer::Stop: return tr("The run ends here and keeps the model as it is.");
    }
    return {};
}

QString IncidentWords::of(NodeAction action) {
    switch (action) {
        case NodeAction::Move: return tr("Move its work to…");
        case NodeAction::Drain: return tr("Drain");
        case NodeAction::Undrain: return tr("Undrain");
    }
    return {};
}

QString IncidentWords::of(Obstacle obstacle) {
    switch (obstacle) {
        case Obstacle::NoCluster: return tr("The cluster does not answer.");
        case Obstacle::NoWork: return tr("This node has no work to move.");
        case Obstacle::NoFreeNode: return tr("No other node is free to take its work.");
        case Obstacle::AlreadyDrained: return tr("This node is drained already.");
        case Obstacle::NotDrained: return tr("This node is not drained.");
    }
    return {};
}

}  // namespace longship
