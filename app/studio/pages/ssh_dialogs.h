#pragma once

#include <QWidget>

#include "app/studio/viewmodels/person_questions.h"

namespace longship {

/// Asks whether an unknown machine is the right one and gives the answer; Cancel is the default. Goes away
/// when the question is withdrawn.
void askHostKey(PersonQuestions& questions, const HostKeyQuestion& question, QWidget* parent);

/// Asks for a password, a passphrase, or what the machine wants to know, and gives the answer.
void askSecret(PersonQuestions& questions, const SecretQuestion& question, QWidget* parent);

/// Tells that a machine shows another key than before. There is no way on from here.
void showChangedKey(const HostKeyAlarm& alarm, QWidget* parent);

/// Shows the dialogs above for whatever is asked, as long as `parent` lives.
void answerQuestions(PersonQuestions& questions, QWidget* parent);

/// True when the person wants all of Longship taken off the cluster's machines.
bool askToUndeploy(const QString& cluster, int machines, QWidget* parent);

/// True when the person wants that machine out of the cluster.
bool askToTakeOut(const QString& node, const QString& cluster, QWidget* parent);

/// True when the person wants this computer to forget the cluster.
bool askToForget(const QString& cluster, QWidget* parent);

}  // namespace longship
