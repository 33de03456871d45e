#include "app/studio/text/board_words.h"

#include "app/studio/text/incident_words.h"
#include "app/studio/text/phrase_words.h"
#include "app/studio/text/words.h"
#include "core/domain/task_kind.h"

namespace longship {

namespace {

QString textOf(const std::string& text) {
    return QString::fromStdString(text);
}

}  // namespace

QString BoardWords::kind(const TaskId& task) {
    return isServer(task)                      ? tr("Parameter server")
           : task.value.starts_with("worker-") ? tr("Worker")
                                               : textOf(task.value);
}

QString BoardWords::state(const BoardTask& task) {
    if (task.asked) {
        return tr("asked to move to %1…").arg(textOf(task.asked->value));
    }
    if (!task.task.goal.empty()) {
        return tr("moves to %1: it gets ready there").arg(textOf(task.task.goal.value));
    }
    return Words::of(task.task.state);
}

QString BoardWords::seat(const BoardTask& task, std::uint64_t shares) {
    if (!task.seat || shares == 0) {
        return {};
    }
    if (isServer(task.seat->task)) {
        return task.seat->share > 0 ? tr("serves parameters") : tr("hands its parameters over");
    }
    const double share = static_cast<double>(task.seat->share) / static_cast<double>(shares);
    return tr("rank %1, %2 of each batch").arg(task.seat->rank).arg(Words::percent(share, 0));
}

QString BoardWords::brief(MoveProblem problem) {
    switch (problem) {
        case MoveProblem::NoCluster: return tr("the cluster does not answer");
        case MoveProblem::NotTraining: return tr("the run does not train");
        case MoveProblem::OnItsWay: return tr("it moves already");
        case MoveProblem::AlreadyThere: return tr("it is there");
        case MoveProblem::Drained: return tr("drained");
        case MoveProblem::Unreachable: return tr("does not answer");
        case MoveProblem::NoFreeSlot: return tr("no free slot");
    }
    return {};
}

QString BoardWords::outlook(const MoveOutlook& outlook, const TaskId& id, const NodeId& node) {
    const QString task = textOf(id.value);
    const QString target = textOf(node.value);
    if (outlook.problem) {
        switch (*outlook.problem) {
            case MoveProblem::NoCluster: return tr("The cluster does not answer.");
            case MoveProblem::NotTraining: return tr("The run does not train: nothing can be moved.");
            case MoveProblem::OnItsWay: return tr("%1 is being moved already.").arg(task);
            case MoveProblem::AlreadyThere: return tr("%1 is on %2 already.").arg(task, target);
            case MoveProblem::Drained:
                return tr("%1 is drained. Undrain it first, or choose another node.").arg(target);
            case MoveProblem::Unreachable: return tr("%1 does not answer.").arg(target);
            case MoveProblem::NoFreeSlot:
                return tr("%1 has no free slot: %2 is there.").arg(target, textOf(outlook.occupants.front()));
        }
    }
    QStringList facts{tr("%1 → %2.").arg(task, target)};
    const QString load =
        outlook.loadSeconds
            ? tr("about %1, as when this run started").arg(IncidentWords::lost(*outlook.loadSeconds))
            : tr("some seconds");
    facts << (outlook.hasProcess ? tr("It gets ready there (%1) while training goes on.").arg(load)
                                 : tr("It gets ready there (%1); the others train on meanwhile.").arg(load));
    facts << (outlook.pauseSeconds
                  ? tr("Then training pauses for one membership change: %1 the last time.")
                        .arg(IncidentWords::lost(*outlook.pauseSeconds))
                  : tr("Then training pauses for one membership change; how long is not known yet."));
    facts << tr("No step and no sample is lost.");
    return facts.join(u' ');
}

QString BoardWords::troubleHeading(const BoardColumn& column) {
    const QString since = column.trouble ? Words::clock(column.trouble->time) : QString();
    if (column.isGone()) {
        const QString state = Words::of(column.node.state);
        return since.isEmpty() ? state : tr("%1 since %2").arg(state, since);
    }
    const auto& incident = column.trouble->incident;
    return tr("%1: trouble since %2")
        .arg(textOf(incident.task.empty() ? incident.node.value : incident.task.value), since);
}

QStringList BoardWords::troubleFacts(const BoardColumn& column) {
    if (!column.trouble) {
        return column.node.detail.empty() ? QStringList() : QStringList(textOf(column.node.detail));
    }
    const TimedIncident& timed = *column.trouble;
    QStringList facts{PhraseWords::of(timed.incident.whatPhrase, timed.incident.what)};
    if (!timed.resolved) {
        return facts;  // The rest stands on the card of the incident, above the board.
    }
    if (!timed.incident.why.empty()) {
        facts << PhraseWords::of(timed.incident.whyPhrase, timed.incident.why);
    }
    facts << tr("Done: %1").arg(PhraseWords::of(timed.resolved->actionPhrase, timed.resolved->action));
    return facts;
}

QString BoardWords::of(Fault fault) {
    switch (fault) {
        case Fault::KillWorker: return tr("Kill the worker");
        case Fault::KillAgent: return tr("Kill the agent");
        case Fault::Pause: return tr("Freeze the worker");
        case Fault::SlowLink: return tr("Slow its links down");
        case Fault::Partition: return tr("Cut it off from the others");
        case Fault::DiskFull: return tr("Fill its disk");
        case Fault::KillLeader: return tr("Kill the leader");
    }
    return {};
}

QString BoardWords::effect(Fault fault) {
    switch (fault) {
        case Fault::KillWorker:
            return tr(
                "The worker's process is killed. The others should go on within a second or two, and its "
                "agent starts it again.");
        case Fault::KillAgent:
            return tr(
                "The agent is killed, and its worker with it, as if the plug were pulled. The others "
                "should go on within some seconds.");
        case Fault::Pause:
            return tr(
                "The worker stands still for a while, as if its machine hung. It is left out until it "
                "answers again.");
        case Fault::SlowLink: return tr("All its links run at a hundredth of their speed for a while.");
        case Fault::Partition: return tr("It hears nobody for a while, and nobody hears it.");
        case Fault::DiskFull: return tr("Nothing can be written on its disk for a while.");
        case Fault::KillLeader:
            return tr("The agent that leads is killed. Another one should lead within a second or two.");
    }
    return {};
}

QString BoardWords::done(const NodeId& node, Fault fault) {
    return tr("Done on %1: %2. What came of it stands here and on the curves.")
        .arg(textOf(node.value), of(fault));
}

}  // namespace longship
