#include "app/studio/text/time_words.h"

#include <algorithm>

#include "app/studio/text/words.h"

namespace longship {

namespace {

QString textOf(const std::string& text) {
    return QString::fromStdString(text);
}

const Member* memberOf(const MembershipCommitted& membership, const TaskId& task) {
    const auto found = std::find_if(membership.members.begin(), membership.members.end(),
                                    [&](const Member& member) { return member.task == task; });
    return found == membership.members.end() ? nullptr : &*found;
}

}  // namespace

QString TimeWords::of(TimePart part) {
    switch (part) {
        case TimePart::Compute: return tr("Compute");
        case TimePart::Wait: return tr("Wait");
        case TimePart::Wire: return tr("Wire");
    }
    return {};
}

QString TimeWords::meaning(TimePart part) {
    switch (part) {
        case TimePart::Compute: return tr("Forward and backward");
        case TimePart::Wait: return tr("For slower tasks");
        case TimePart::Wire:
            return tr("What is left of the exchange for the slowest task, which waits for nobody");
    }
    return {};
}

QString TimeWords::straggler(const std::optional<Straggler>& straggler,
                             const std::vector<TaskTimes>& recent) {
    if (straggler) {
        return tr("The others wait for %1 on %2: its last steps took %3 times as long to compute.")
            .arg(textOf(straggler->task.value), textOf(straggler->node.value))
            .arg(straggler->ratio, 0, 'f', 1);
    }
    return recent.size() < 2 ? QString() : tr("All tasks are about equally fast.");
}

QString TimeWords::table(const std::vector<TaskTimes>& recent) {
    QStringList lines;
    for (const TaskTimes& task : recent) {
        lines << tr("%1: compute %2 ms, wait %3 ms, wire %4 ms.")
                     .arg(textOf(task.task.value), Words::number(task.of(TimePart::Compute)),
                          Words::number(task.of(TimePart::Wait)), Words::number(task.of(TimePart::Wire)));
    }
    return lines.join(u' ');
}

QString TimeWords::change(const MembershipCommitted& before, const MembershipCommitted& now) {
    QStringList facts;
    for (const Member& member : now.members) {
        const Member* was = memberOf(before, member.task);
        if (was == nullptr) {
            facts << tr("%1 joined").arg(textOf(member.task.value));
        } else if (was->node != member.node) {
            facts << tr("%1 moved to %2").arg(textOf(member.task.value), textOf(member.node.value));
        }
    }
    for (const Member& member : before.members) {
        if (memberOf(now, member.task) == nullptr) {
            facts << tr("%1 left").arg(textOf(member.task.value));
        }
    }
    return facts.isEmpty() ? tr("new shares") : facts.join(QStringLiteral(", "));
}

}  // namespace longship
