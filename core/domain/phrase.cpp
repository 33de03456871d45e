#include "core/domain/phrase.h"

#include <array>

#include "core/domain/phrase_match.h"

namespace longship {
namespace {

constexpr auto kEvents = std::to_array<PhrasePattern>({
    {"no-state-left", "{*}; no other worker has the state of the run"},
    {"state-elsewhere", "{*}; nobody else has the state of the run"},
    {"no-shard-left", "{*}; no other server has the state of {*}"},
    {"shard-elsewhere", "{*}; nobody else has the state of {*}"},
    {"task-out-of-memory", "{w} on {w} ended: killed by the kernel for lack of memory"},
    {"task-killed", "{w} on {w} ended: killed by signal {w} ({w})"},
    {"task-exited", "{w} on {w} ended: exit status {w}"},
    {"task-ended", "{w} on {w} ended: {*}"},
    {"task-failed", "{w} on {w} failed: {*}"},
    {"task-unfrozen", "{w} on {w} did not answer when its membership was left"},
    {"task-unconnected", "{w} on {w} did not connect to the others in time"},
    {"task-unready", "{w} on {w} did not get ready in time"},
    {"task-unfinished", "{w} on {w} did not come to an end in time"},
    {"task-vanished", "{w} on {w} is gone without a word"},
    {"node-silent", "{w} was lost: nothing was heard from its agent for {w} s"},
    {"node-never-answered", "{w} was lost: its agent never answered"},
    {"node-refused", "{w} was lost: its agent is gone: the connection was refused"},
    {"node-lost", "{w} was lost: {*}"},
    {"link-silent", "{w} on {w} and {w} on {w} cannot reach each other"},
    {"workers-lost", "all workers were lost"},
    {"servers-lost", "servers were lost"},
    {"step-kills", "workers were lost twice in a row while they computed step {w}"},
    {"no-connection", "the workers could not connect to each other in {w} attempts"},
    {"over-half-lost", "over half of the workers were lost at once ({w} of {w})"},
    {"no-last-step", "the workers did not come to a common last step in time"},
    {"nobody-ready", "no worker got ready in time"},
    {"no-server-ready", "no server got ready in time"},
    {"no-server-there", "no server of the run is there"},
    {"nobody-has-shard", "no server has the state of {*} any more"},
    {"data-differs",
     "{*} and {w} did not find the same data or built different models: {*} on {*}, {*} on {w}"},
    {"models-differ", "the workers do not end with the same model: {*} differ from {w} on {w}"},
    {"checkpoint-not-kept", "the checkpoint of step {w} was not kept on {w}: {*}"},
    {"checkpoints-differ", "the copies of the checkpoint of step {w} differ"},
    {"checkpoint-not-used", "a checkpoint on {w} was not used: {*}"},
    {"nothing-to-read", "no worker has the state of the run, and no copy of its checkpoints can be read"},
    {"nobody-has-state", "no worker has the state of the run any more"},
    {"no-progress",
     "the run went back to the checkpoint of step {w} {w} times without getting to the next one"},
});

constexpr auto kReasons = std::to_array<PhrasePattern>({
    {"faulty-disk", "Faulty memory or a faulty disk does this; check the machines that wrote it."},
    {"see-log-files", "The logs of the tasks name the files and what is wrong with them."},
    {"checkpoint-is-on", "The checkpoint of step {w} is on {*}."},
    {"maybe-memory",
     "The kernel kills a process like this when memory runs out (see dmesg); a person may have, too."},
    {"memory", "That machine ran out of memory: other programs there took it, or the model is too large."},
    {"crash", "The worker crashed; the end of its log may tell where."},
    {"agent-restarted", "Its agent was restarted, or lost track of it."},
    {"asked-to-end", "Somebody or something on that machine asked it to end."},
    {"see-log", "The end of its log may tell what it waited for."},
    {"see-logs", "The ends of their logs may tell what they waited for."},
    {"machine-off", "The machine may be off, unreachable or suspended, or its agent was ended."},
    {"poison", "The samples of this step may be what kills them. The run goes on when you say so."},
    {"firewall", "A firewall or a broken link between the nodes does this."},
    {"cut-between",
     "Both are heard, but nothing that one sends arrives at the other: a cable, a switch or a firewall "
     "between the two."},
    {"power", "A switch or a power line may have failed: they may be back soon."},
    {"files-differ", "The dataset files, or the versions of Longship, differ between these nodes."},
    {"faulty-machine", "Faulty memory or a faulty processor computes wrong numbers; check these machines."},
});

constexpr auto kDeeds = std::to_array<PhrasePattern>({
    {"goes-on-with-one", "training goes on with 1 worker"},
    {"goes-on", "training goes on with {w} workers"},
    {"asks", "The run is paused. It waits for your decision."},
    {"stays", "The task stays where it is."},
    {"stays-off",
     "It died {w} times in a minute and stays off. Move it to another node when the cause is removed."},
    {"started-again", "The others go on; it is started again."},
    {"not-started-again", "The others go on without it; it is not started again."},
    {"one-stays-out", "The others go on with one of them; the other one is tried again later."},
    {"comes-back", "The others go on without it. Its work comes back with it."},
    {"waits-for-state", "The run waits for those who have it to come back."},
    {"waits-or-goes-back",
     "The run waits for those who have it to come back, and goes back to its last checkpoint otherwise."},
    {"next-is-tried", "Training goes on; the next checkpoint is tried again."},
    {"checkpoint-kept", "the checkpoint of step {w} was kept"},
    {"older-stays", "It is not used; the one before stays."},
    {"other-copy", "Another copy is used, or the one before."},
    {"waits-for-server", "The run waits for a server, and goes back to its last checkpoint then."},
    {"waits-for-checkpoint", "The run waits for a node that has the checkpoint."},
    {"may-go-back", "The run is paused. It can go back to the checkpoint of step {w}."},
    {"went-back-one-step", "The run went back to the checkpoint of step {w}; 1 step is computed again."},
    {"went-back-steps", "The run went back to the checkpoint of step {w}; {w} steps are computed again."},
    {"went-back", "The run went back to the checkpoint of step {w}."},
    {"ended", "The run was ended and its other tasks were stopped."},
    {"stopped-without-model", "stopped on request, without a model: {*}"},
    {"stopped", "stopped on request"},
});

/// Fills the gaps from the front, each as short as what follows it allows.
bool match(std::string_view pattern, std::string_view text, std::vector<std::string>& values) {
    const std::size_t gap = pattern.find('{');
    if (gap == std::string_view::npos) {
        return pattern == text;
    }
    if (!text.starts_with(pattern.substr(0, gap))) {
        return false;
    }
    const bool word = pattern.substr(gap, 3) == "{w}";
    const std::string_view rest = pattern.substr(gap + 3);
    text.remove_prefix(gap);
    for (std::size_t length = 1; length <= text.size(); ++length) {
        if (word && text[length - 1] == ' ') {
            return false;
        }
        values.emplace_back(text.substr(0, length));
        if (match(rest, text.substr(length), values)) {
            return true;
        }
        values.pop_back();
    }
    return false;
}

/// Longer texts are somebody's output, not a sentence of ours; matching them would take long.
constexpr std::size_t kSentenceBytesMax = 4096;

}  // namespace

std::span<const PhrasePattern> phrasePatterns() {
    static const std::vector<PhrasePattern> all = [] {
        std::vector<PhrasePattern> patterns(kEvents.begin(), kEvents.end());
        patterns.insert(patterns.end(), kReasons.begin(), kReasons.end());
        patterns.insert(patterns.end(), kDeeds.begin(), kDeeds.end());
        return patterns;
    }();
    return all;
}

Phrase phraseOf(std::string_view english) {
    return phraseAmong(phrasePatterns(), english);
}

Phrase phraseAmong(std::span<const PhrasePattern> patterns, std::string_view english) {
    if (english.empty() || english.size() > kSentenceBytesMax) {
        return {};
    }
    for (const PhrasePattern& pattern : patterns) {
        Phrase phrase;
        if (match(pattern.english, english, phrase.values)) {
            phrase.kind = pattern.kind;
            return phrase;
        }
    }
    return {};
}

}  // namespace longship
