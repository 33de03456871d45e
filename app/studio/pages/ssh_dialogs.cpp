#include "app/studio/pages/ssh_dialogs.h"

#include <QCoreApplication>
#include <QLineEdit>
#include <QPushButton>

#include "app/studio/pages/ask_dialog.h"
#include "app/studio/text/cluster_words.h"
#include "app/studio/theme/theme.h"

namespace longship {

namespace {

struct SshDialogs {
    Q_DECLARE_TR_FUNCTIONS(SshDialogs)
};

}  // namespace

void askHostKey(PersonQuestions& questions, const HostKeyQuestion& question, QWidget* parent) {
    const QString host = QString::fromStdString(question.host.text());
    const QString type = QString::fromStdString(question.type);
    AskDialog dialog("hostKey", SshDialogs::tr("Is this the right machine?"), parent);
    dialog.setSign(colorsOf(dialog.palette()).warning);
    dialog.addText(TextRole::Plain, SshDialogs::tr("%1 is not known yet. It shows this key:").arg(host));
    dialog.addText(TextRole::Code, type + u'\n' + QString::fromStdString(question.fingerprint),
                   "fingerprint");
    dialog.addText(TextRole::Plain, SshDialogs::tr("Compare it with what that machine itself prints:"));
    dialog.addText(TextRole::Code, ClusterWords::fingerprintCommand(type));
    dialog.addText(
        TextRole::Muted,
        SshDialogs::tr("Longship keeps the key in a file of its own and stops if it ever changes."));
    auto* trust = dialog.addButton("trust", SshDialogs::tr("It is the same: trust it"));
    auto* cancel = dialog.addButton("cancelTrust", SshDialogs::tr("Cancel"));
    QObject::connect(trust, &QPushButton::clicked, &dialog, &QDialog::accept);
    QObject::connect(cancel, &QPushButton::clicked, &dialog, &QDialog::reject);
    QObject::connect(&questions, &PersonQuestions::withdrawn, &dialog, &QDialog::reject);
    makeDefault(cancel);
    questions.answerHostKey(dialog.run() == QDialog::Accepted);
}

void askSecret(PersonQuestions& questions, const SecretQuestion& question, QWidget* parent) {
    AskDialog dialog("secret", ClusterWords::ask(question), parent);
    if (question.attempt > 1) {
        dialog.addText(TextRole::Problem, SshDialogs::tr("That was wrong. Try again."), "wrong");
    }
    auto* line = new QLineEdit(&dialog);
    line->setObjectName(QStringLiteral("secretLine"));
    line->setAccessibleName(ClusterWords::ask(question));
    line->setEchoMode(question.echo ? QLineEdit::Normal : QLineEdit::Password);
    dialog.add(line);
    dialog.addText(TextRole::Muted,
                   SshDialogs::tr("It is kept in memory until this window closes, and nowhere else."));
    auto* cancel = dialog.addButton("cancelSecret", SshDialogs::tr("Cancel"));
    auto* go = dialog.addButton("giveSecret", SshDialogs::tr("Log in"));
    go->setProperty("primary", true);
    go->setDefault(true);
    line->setFocus();
    QObject::connect(go, &QPushButton::clicked, &dialog, &QDialog::accept);
    QObject::connect(cancel, &QPushButton::clicked, &dialog, &QDialog::reject);
    QObject::connect(&questions, &PersonQuestions::withdrawn, &dialog, &QDialog::reject);
    if (dialog.run() == QDialog::Accepted) {
        const QByteArray text = line->text().toUtf8();
        questions.answerSecret(Secret({text.constData(), static_cast<std::size_t>(text.size())}));
    } else {
        questions.answerSecret(std::nullopt);
    }
    line->clear();
}

void showChangedKey(const HostKeyAlarm& alarm, QWidget* parent) {
    AskDialog dialog("changedKey", SshDialogs::tr("This machine shows another key than before"), parent);
    dialog.setSign(colorsOf(dialog.palette()).bad);
    dialog.addText(
        TextRole::Plain,
        SshDialogs::tr("The connection to %1 was stopped before anything was said. Somebody may be "
                       "in between, or the machine was installed anew.")
            .arg(QString::fromStdString(alarm.host.text())));
    QStringList expected;
    for (const HostKey& key : alarm.expected) {
        expected << QString::fromStdString(key.type + "\n" + key.fingerprint);
    }
    dialog.addText(TextRole::Small, SshDialogs::tr("Shown now"));
    dialog.addText(TextRole::Code, QString::fromStdString(alarm.shown.type + "\n" + alarm.shown.fingerprint),
                   "shownKey");
    dialog.addText(TextRole::Small,
                   SshDialogs::tr("Expected, by %1").arg(QString::fromStdString(alarm.file)));
    dialog.addText(TextRole::Code, expected.join(u'\n'), "expectedKey");
    dialog.addText(TextRole::Plain,
                   SshDialogs::tr("Only if you know that it was installed anew, remove the old key in a "
                                  "terminal and check again:"));
    dialog.addText(TextRole::Code,
                   QStringLiteral("ssh-keygen -R '%1' -f '%2'")
                       .arg(QString::fromStdString(alarm.name), QString::fromStdString(alarm.file)));
    auto* close = dialog.addButton("closeAlarm", SshDialogs::tr("Close"));
    QObject::connect(close, &QPushButton::clicked, &dialog, &QDialog::reject);
    makeDefault(close);
    dialog.run();
}

bool askToUndeploy(const QString& cluster, int machines, QWidget* parent) {
    AskDialog dialog("undeploy",
                     SshDialogs::tr("Take Longship off the machines of %2? (%1)").arg(machines).arg(cluster),
                     parent);
    dialog.setSign(colorsOf(dialog.palette()).warning);
    dialog.addText(
        TextRole::Plain,
        SshDialogs::tr("The agents end, and runs that go on end with them. Removed from each machine "
                       "is the folder ~/.local/share/longship: programs, and the runs, checkpoints and "
                       "models that lie there. What this computer has fetched already stays."));
    return dialog.confirm("confirmUndeploy", SshDialogs::tr("Remove it"), "cancelUndeploy",
                          SshDialogs::tr("Cancel"));
}

bool askToTakeOut(const QString& node, const QString& cluster, QWidget* parent) {
    AskDialog dialog("takeOut", SshDialogs::tr("Take %1 out of the cluster “%2”?").arg(node, cluster),
                     parent);
    dialog.setSign(colorsOf(dialog.palette()).warning);
    dialog.addText(
        TextRole::Plain,
        SshDialogs::tr("The other machines go on without it and refuse it from then on. What Longship "
                       "has put on it is removed: the folder ~/.local/share/longship. It can be "
                       "added again later. While a run goes on this is refused."));
    return dialog.confirm("confirmTakeOut", SshDialogs::tr("Take it out"), "cancelTakeOut",
                          SshDialogs::tr("Cancel"));
}

bool askToForget(const QString& cluster, QWidget* parent) {
    AskDialog dialog("forget", SshDialogs::tr("Forget the cluster “%1”?").arg(cluster), parent);
    dialog.setSign(colorsOf(dialog.palette()).warning);
    dialog.addText(
        TextRole::Plain,
        SshDialogs::tr("The list of its machines and its key are removed from this computer; its runs "
                       "stay in the history. Nothing changes on the machines: while Longship is on "
                       "one of them this is refused, undeploy first."));
    return dialog.confirm("confirmForget", SshDialogs::tr("Forget it"), "cancelForget",
                          SshDialogs::tr("Cancel"));
}

void answerQuestions(PersonQuestions& questions, QWidget* parent) {
    QObject::connect(
        &questions, &PersonQuestions::hostKeyAsked, parent,
        [&questions, parent](const HostKeyQuestion& question) { askHostKey(questions, question, parent); });
    QObject::connect(
        &questions, &PersonQuestions::secretAsked, parent,
        [&questions, parent](const SecretQuestion& question) { askSecret(questions, question, parent); });
    QObject::connect(&questions, &PersonQuestions::hostKeyAlarmed, parent,
                     [parent](const HostKeyAlarm& alarm) { showChangedKey(alarm, parent); });
}

}  // namespace longship
