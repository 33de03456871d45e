#include "app/studio/text/finding_words.h"

#include <algorithm>
#include <array>

#include <QCoreApplication>

#include "app/studio/text/phrase_words.h"
#include "core/deploy/check_findings.h"

namespace longship {

namespace {

constexpr auto kFindings = std::to_array<KnownPhrase>({
    {"good", QT_TRANSLATE_NOOP("Findings", "good")},
    {"name-unknown", QT_TRANSLATE_NOOP("Findings",
                                       "The name %1 cannot be resolved (%2): is it spelled right, or does it "
                                       "need another network or a numeric address?")},
    {"port-closed", QT_TRANSLATE_NOOP("Findings",
                                      "%1 cannot be reached: nothing listens on port %2: is its SSH server "
                                      "started, and is the port right?")},
    {"silent", QT_TRANSLATE_NOOP("Findings",
                                 "%1 cannot be reached: it does not answer: is the machine on, and does a "
                                 "firewall let SSH through?")},
    {"no-way",
     QT_TRANSLATE_NOOP(
         "Findings",
         "%1 cannot be reached: there is no way to it from here: is this machine on the right network?")},
    {"unreachable", QT_TRANSLATE_NOOP("Findings", "%1 cannot be reached: %2")},
    {"no-ssh", QT_TRANSLATE_NOOP("Findings", "%1: the SSH connection could not be made (%2).")},
    {"late", QT_TRANSLATE_NOOP("Findings", "%1 did not answer in time: %2.")},
    {"cancelled", QT_TRANSLATE_NOOP("Findings", "The connection to %1 was cancelled.")},
    {"key-changed",
     QT_TRANSLATE_NOOP("Findings",
                       "%1 shows another host key than before, so the connection was stopped before anything "
                       "was said. Shown: %2 %3. Expected: %4 (%5). Somebody may be in between, or the "
                       "machine was installed anew. Only if you know that it was: %6, then try again.")},
    {"key-revoked",
     QT_TRANSLATE_NOOP("Findings", "%1 shows a host key that %2 revokes (%3 %4): nothing was said to it.")},
    {"key-differs",
     QT_TRANSLATE_NOOP("Findings",
                       "%1 shows the host key %2 %3, not %4 as was given: nothing was said to it.")},
    {"key-unknown",
     QT_TRANSLATE_NOOP("Findings",
                       "The host key of %1 is not known and was not accepted: %2 %3. Compare it with what "
                       "\"%4\" prints on that machine; the same fingerprint may be given as --host-key.")},
    {"not-let-in",
     QT_TRANSLATE_NOOP("Findings",
                       "%1 does not let us in. Tried: %2. Is the user name right, and is your public key in "
                       "~/.ssh/authorized_keys there (ssh-copy-id puts it there)?")},
    {"no-key-file", QT_TRANSLATE_NOOP("Findings", "There is no key file %1.")},
    {"commands", QT_TRANSLATE_NOOP("Findings", "runs commands")},
    {"commands-noise", QT_TRANSLATE_NOOP("Findings", "runs commands, and prints: %1")},
    {"machine", QT_TRANSLATE_NOOP("Findings", "%1 %2, %3 processors, %4")},
    {"home-read-only", QT_TRANSLATE_NOOP("Findings", "%1 cannot be written to")},
    {"home-noexec", QT_TRANSLATE_NOOP("Findings", "%1 starts no programs (noexec)")},
    {"free", QT_TRANSLATE_NOOP("Findings", "%1 GB free")},
    {"open-files", QT_TRANSLATE_NOOP("Findings", "%1 open files")},
    {"tools", QT_TRANSLATE_NOOP("Findings", "all there")},
    {"tools-missing", QT_TRANSLATE_NOOP("Findings", "%1 missing")},
    {"clock", QT_TRANSLATE_NOOP("Findings", "agrees with this machine's")},
    {"clock-ahead", QT_TRANSLATE_NOOP("Findings", "%1 s ahead of this machine's")},
    {"clock-behind", QT_TRANSLATE_NOOP("Findings", "%1 s behind this machine's")},
    {"ends-at-logout", QT_TRANSLATE_NOOP("Findings", "what a user leaves behind is ended at logout")},
    {"survives-logout", QT_TRANSLATE_NOOP("Findings", "processes survive a logout")},
    {"reached", QT_TRANSLATE_NOOP("Findings", "%1 port %2 in %3 ms")},
    {"listens", QT_TRANSLATE_NOOP("Findings", "listens at %1 port %2")},
    {"no-probe", QT_TRANSLATE_NOOP("Findings",
                                   "no programs of ours yet: once they are there, this check also tries data "
                                   "ports, bandwidth and latency")},
    {"latency", QT_TRANSLATE_NOOP("Findings", "%1 ms there and back")},
});

}  // namespace

QString FindingWords::source(std::string_view kind) {
    const auto known = std::find_if(kFindings.begin(), kFindings.end(),
                                    [&](const KnownPhrase& one) { return one.kind == kind; });
    return known == kFindings.end() ? QString() : QString::fromUtf8(known->text);
}

QString FindingWords::of(const std::string& detail) {
    const Phrase phrase = findingOf(detail);
    const QString english = source(phrase.kind);
    if (english.isEmpty()) {
        return QString::fromStdString(detail);
    }
    std::vector<QString> values;
    for (const std::string& value : phrase.values) {
        values.push_back(QString::fromStdString(value));
    }
    return filled(QCoreApplication::translate("Findings", english.toUtf8().constData()), values);
}

}  // namespace longship
