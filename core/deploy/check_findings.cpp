#include "core/deploy/check_findings.h"

#include <array>

namespace longship {
namespace {

// Ways in first: their sentences are the long ones.
constexpr auto kFindings = std::to_array<PhrasePattern>({
    {"good", "good"},
    {"name-unknown",
     "The name {w} cannot be resolved ({*}): is it spelled right, or does it need another network or a "
     "numeric address?"},
    {"port-closed",
     "{w} cannot be reached: nothing listens on port {w}: is its SSH server started, and is the port right?"},
    {"silent",
     "{w} cannot be reached: it does not answer: is the machine on, and does a firewall let SSH through?"},
    {"no-way",
     "{w} cannot be reached: there is no way to it from here: is this machine on the right network?"},
    {"unreachable", "{w} cannot be reached: {*}"},
    {"no-ssh", "{w}: the SSH connection could not be made ({*})."},
    {"late", "{w} did not answer in time: {*}."},
    {"cancelled", "The connection to {w} was cancelled."},
    {"key-changed",
     "{w} shows another host key than before, so the connection was stopped before anything was said. Shown: "
     "{w} {w}. Expected: {*} ({*}). Somebody may be in between, or the machine was installed anew. Only if "
     "you know that it was: {*}, then try again."},
    {"key-revoked", "{w} shows a host key that {*} revokes ({w} {w}): nothing was said to it."},
    {"key-differs", "{w} shows the host key {w} {w}, not {w} as was given: nothing was said to it."},
    {"key-unknown",
     "The host key of {w} is not known and was not accepted: {w} {w}. Compare it with what \"{*}\" prints on "
     "that machine; the same fingerprint may be given as --host-key."},
    {"not-let-in",
     "{w} does not let us in. Tried: {*}. Is the user name right, and is your public key in "
     "~/.ssh/authorized_keys there (ssh-copy-id puts it there)?"},
    {"no-key-file", "There is no key file {*}."},
    {"commands", "runs commands"},
    {"commands-noise", "runs commands, and prints: {*}"},
    {"machine", "{w} {w}, {w} processors, {*}"},
    {"home-read-only", "{*} cannot be written to"},
    {"home-noexec", "{*} starts no programs (noexec)"},
    {"free", "{w} GB free"},
    {"open-files", "{w} open files"},
    {"tools", "all there"},
    {"tools-missing", "{*} missing"},
    {"clock", "agrees with this machine's"},
    {"clock-ahead", "{w} s ahead of this machine's"},
    {"clock-behind", "{w} s behind this machine's"},
    {"ends-at-logout", "what a user leaves behind is ended at logout"},
    {"survives-logout", "processes survive a logout"},
    {"reached", "{w} port {w} in {w} ms"},
    {"listens", "listens at {w} port {w}"},
    {"no-probe",
     "no programs of ours yet: once they are there, this check also tries data ports, bandwidth and latency"},
    {"latency", "{w} ms there and back"},
});

}  // namespace

std::span<const PhrasePattern> findingPatterns() {
    return kFindings;
}

Phrase findingOf(std::string_view detail) {
    return phraseAmong(kFindings, detail);
}

}  // namespace longship
