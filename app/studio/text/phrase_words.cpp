#include "app/studio/text/phrase_words.h"

#include <algorithm>
#include <array>
#include <span>

#include <QCoreApplication>

namespace longship {
namespace {

constexpr auto kEvents = std::to_array<KnownPhrase>({
    {"no-state-left", QT_TRANSLATE_NOOP("Phrases", "%1; no other worker has the state of the run")},
    {"state-elsewhere", QT_TRANSLATE_NOOP("Phrases", "%1; nobody else has the state of the run")},
    {"no-shard-left", QT_TRANSLATE_NOOP("Phrases", "%1; no other server has the state of %2")},
    {"shard-elsewhere", QT_TRANSLATE_NOOP("Phrases", "%1; nobody else has the state of %2")},
    {"task-out-of-memory",
     QT_TRANSLATE_NOOP("Phrases", "%1 on %2 ended: killed by the kernel for lack of memory")},
    {"task-killed", QT_TRANSLATE_NOOP("Phrases", "%1 on %2 ended: killed by signal %3 (%4)")},
    {"task-exited", QT_TRANSLATE_NOOP("Phrases", "%1 on %2 ended: exit status %3")},
    {"task-ended", QT_TRANSLATE_NOOP("Phrases", "%1 on %2 ended: %3")},
    {"task-failed", QT_TRANSLATE_NOOP("Phrases", "%1 on %2 failed: %3")},
    {"task-unfrozen", QT_TRANSLATE_NOOP("Phrases", "%1 on %2 did not answer when its membership was left")},
    {"task-unconnected", QT_TRANSLATE_NOOP("Phrases", "%1 on %2 did not connect to the others in time")},
    {"task-unready", QT_TRANSLATE_NOOP("Phrases", "%1 on %2 did not get ready in time")},
    {"task-vanished", QT_TRANSLATE_NOOP("Phrases", "%1 on %2 is gone without a word")},
    {"task-unfinished", QT_TRANSLATE_NOOP("Phrases", "%1 on %2 did not come to an end in time")},
    {"node-silent", QT_TRANSLATE_NOOP("Phrases", "%1 was lost: nothing was heard from its agent for %2 s")},
    {"node-never-answered", QT_TRANSLATE_NOOP("Phrases", "%1 was lost: its agent never answered")},
    {"node-refused",
     QT_TRANSLATE_NOOP("Phrases", "%1 was lost: its agent is gone: the connection was refused")},
    {"node-lost", QT_TRANSLATE_NOOP("Phrases", "%1 was lost: %2")},
    {"link-silent", QT_TRANSLATE_NOOP("Phrases", "%1 on %2 and %3 on %4 cannot reach each other")},
    {"workers-lost", QT_TRANSLATE_NOOP("Phrases", "all workers were lost")},
    {"servers-lost", QT_TRANSLATE_NOOP("Phrases", "servers were lost")},
    {"step-kills",
     QT_TRANSLATE_NOOP("Phrases", "workers were lost twice in a row while they computed step %1")},
    {"no-connection",
     QT_TRANSLATE_NOOP("Phrases", "the workers could not connect to each other in %1 attempts")},
    {"over-half-lost", QT_TRANSLATE_NOOP("Phrases", "over half of the workers were lost at once (%1 of %2)")},
    {"no-last-step", QT_TRANSLATE_NOOP("Phrases", "the workers did not come to a common last step in time")},
    {"nobody-ready", QT_TRANSLATE_NOOP("Phrases", "no worker got ready in time")},
    {"no-server-ready", QT_TRANSLATE_NOOP("Phrases", "no server got ready in time")},
    {"no-server-there", QT_TRANSLATE_NOOP("Phrases", "no server of the run is there")},
    {"nobody-has-shard", QT_TRANSLATE_NOOP("Phrases", "no server has the state of %1 any more")},
    {"data-differs",
     QT_TRANSLATE_NOOP("Phrases",
                       "%1 and %2 did not find the same data or built different models: %3 on %4, %5 on %6")},
    {"models-differ",
     QT_TRANSLATE_NOOP("Phrases", "the workers do not end with the same model: %1 differ from %2 on %3")},
    {"checkpoint-not-kept", QT_TRANSLATE_NOOP("Phrases", "the checkpoint of step %1 was not kept on %2: %3")},
    {"checkpoints-differ", QT_TRANSLATE_NOOP("Phrases", "the copies of the checkpoint of step %1 differ")},
    {"checkpoint-not-used", QT_TRANSLATE_NOOP("Phrases", "a checkpoint on %1 was not used: %2")},
    {"nothing-to-read",
     QT_TRANSLATE_NOOP("Phrases",
                       "no worker has the state of the run, and no copy of its checkpoints can be read")},
    {"nobody-has-state", QT_TRANSLATE_NOOP("Phrases", "no worker has the state of the run any more")},
    {"no-progress",
     QT_TRANSLATE_NOOP(
         "Phrases",
         "the run went back to the checkpoint of step %1 %2 times without getting to the next one")},
});

constexpr auto kReasons = std::to_array<KnownPhrase>({
    {"faulty-disk",
     QT_TRANSLATE_NOOP("Phrases",
                       "Faulty memory or a faulty disk does this; check the machines that wrote it.")},
    {"see-log-files",
     QT_TRANSLATE_NOOP("Phrases", "The logs of the tasks name the files and what is wrong with them.")},
    {"checkpoint-is-on", QT_TRANSLATE_NOOP("Phrases", "The checkpoint of step %1 is on %2.")},
    {"maybe-memory",
     QT_TRANSLATE_NOOP(
         "Phrases",
         "The kernel kills a process like this when memory runs out (see dmesg); a person may have, too.")},
    {"memory",
     QT_TRANSLATE_NOOP(
         "Phrases",
         "That machine ran out of memory: other programs there took it, or the model is too large.")},
    {"crash", QT_TRANSLATE_NOOP("Phrases", "The worker crashed; the end of its log may tell where.")},
    {"agent-restarted", QT_TRANSLATE_NOOP("Phrases", "Its agent was restarted, or lost track of it.")},
    {"asked-to-end", QT_TRANSLATE_NOOP("Phrases", "Somebody or something on that machine asked it to end.")},
    {"see-log", QT_TRANSLATE_NOOP("Phrases", "The end of its log may tell what it waited for.")},
    {"see-logs", QT_TRANSLATE_NOOP("Phrases", "The ends of their logs may tell what they waited for.")},
    {"machine-off",
     QT_TRANSLATE_NOOP("Phrases",
                       "The machine may be off, unreachable or suspended, or its agent was ended.")},
    {"poison",
     QT_TRANSLATE_NOOP("Phrases",
                       "The samples of this step may be what kills them. The run goes on when you say so.")},
    {"firewall", QT_TRANSLATE_NOOP("Phrases", "A firewall or a broken link between the nodes does this.")},
    {"cut-between",
     QT_TRANSLATE_NOOP(
         "Phrases",
         "Both are heard, but nothing that one sends arrives at the other: a cable, a switch or "
         "a firewall between the two.")},
    {"power",
     QT_TRANSLATE_NOOP("Phrases", "A switch or a power line may have failed: they may be back soon.")},
    {"files-differ",
     QT_TRANSLATE_NOOP("Phrases",
                       "The dataset files, or the versions of Longship, differ between these nodes.")},
    {"faulty-machine",
     QT_TRANSLATE_NOOP("Phrases",
                       "Faulty memory or a faulty processor computes wrong numbers; check these machines.")},
});

constexpr auto kDeeds = std::to_array<KnownPhrase>({
    {"goes-on-with-one", QT_TRANSLATE_NOOP("Phrases", "training goes on with 1 worker")},
    {"goes-on", QT_TRANSLATE_NOOP("Phrases", "training goes on with %1 workers")},
    {"asks", QT_TRANSLATE_NOOP("Phrases", "The run is paused. It waits for your decision.")},
    {"stays", QT_TRANSLATE_NOOP("Phrases", "The task stays where it is.")},
    {"stays-off",
     QT_TRANSLATE_NOOP(
         "Phrases",
         "It died %1 times in a minute and stays off. Move it to another node when the cause is removed.")},
    {"started-again", QT_TRANSLATE_NOOP("Phrases", "The others go on; it is started again.")},
    {"not-started-again",
     QT_TRANSLATE_NOOP("Phrases", "The others go on without it; it is not started again.")},
    {"one-stays-out",
     QT_TRANSLATE_NOOP("Phrases", "The others go on with one of them; the other one is tried again later.")},
    {"comes-back", QT_TRANSLATE_NOOP("Phrases", "The others go on without it. Its work comes back with it.")},
    {"waits-for-state", QT_TRANSLATE_NOOP("Phrases", "The run waits for those who have it to come back.")},
    {"waits-or-goes-back", QT_TRANSLATE_NOOP("Phrases",
                                             "The run waits for those who have it to come back, and goes "
                                             "back to its last checkpoint otherwise.")},
    {"next-is-tried", QT_TRANSLATE_NOOP("Phrases", "Training goes on; the next checkpoint is tried again.")},
    {"checkpoint-kept", QT_TRANSLATE_NOOP("Phrases", "the checkpoint of step %1 was kept")},
    {"older-stays", QT_TRANSLATE_NOOP("Phrases", "It is not used; the one before stays.")},
    {"other-copy", QT_TRANSLATE_NOOP("Phrases", "Another copy is used, or the one before.")},
    {"waits-for-server",
     QT_TRANSLATE_NOOP("Phrases", "The run waits for a server, and goes back to its last checkpoint then.")},
    {"waits-for-checkpoint",
     QT_TRANSLATE_NOOP("Phrases", "The run waits for a node that has the checkpoint.")},
    {"may-go-back",
     QT_TRANSLATE_NOOP("Phrases", "The run is paused. It can go back to the checkpoint of step %1.")},
    {"went-back-one-step",
     QT_TRANSLATE_NOOP("Phrases",
                       "The run went back to the checkpoint of step %1; 1 step is computed again.")},
    {"went-back-steps",
     QT_TRANSLATE_NOOP("Phrases",
                       "The run went back to the checkpoint of step %1; %2 steps are computed again.")},
    {"went-back", QT_TRANSLATE_NOOP("Phrases", "The run went back to the checkpoint of step %1.")},
    {"ended", QT_TRANSLATE_NOOP("Phrases", "The run was ended and its other tasks were stopped.")},
    {"stopped-without-model", QT_TRANSLATE_NOOP("Phrases", "stopped on request, without a model: %1")},
    {"stopped", QT_TRANSLATE_NOOP("Phrases", "stopped on request")},
});

/// Null for an unknown kind.
const char* textOf(std::string_view kind) {
    for (const std::span<const KnownPhrase> group :
         {std::span<const KnownPhrase>(kEvents), std::span<const KnownPhrase>(kReasons),
          std::span<const KnownPhrase>(kDeeds)}) {
        const auto known = std::find_if(group.begin(), group.end(),
                                        [&](const KnownPhrase& one) { return one.kind == kind; });
        if (known != group.end()) {
            return known->text;
        }
    }
    return nullptr;
}

/// A value may be a sentence itself.
QString valueText(const std::string& value) {
    const Phrase phrase = phraseOf(value);
    return PhraseWords::of(phrase, value);
}

}  // namespace

QString filled(QString text, const std::vector<QString>& values) {
    // From the back: what was put in is not looked at again.
    for (qsizetype at = text.lastIndexOf(u'%'); at >= 0; at = at == 0 ? -1 : text.lastIndexOf(u'%', at - 1)) {
        const auto number = static_cast<std::size_t>(text.mid(at + 1, 1).toInt());
        if (number > 0 && number <= values.size()) {
            text.replace(at, 2, values[number - 1]);
        }
    }
    return text;
}

QString PhraseWords::of(const Phrase& given, const std::string& english) {
    const Phrase phrase = given.empty() ? phraseOf(english) : given;
    const char* known = textOf(phrase.kind);
    if (known == nullptr) {
        return QString::fromStdString(english);
    }
    std::vector<QString> values;
    for (const std::string& value : phrase.values) {
        values.push_back(valueText(value));
    }
    return filled(QCoreApplication::translate("Phrases", known), values);
}

QString PhraseWords::source(std::string_view kind) {
    return QString::fromUtf8(textOf(kind));
}

}  // namespace longship
