#pragma once

#include <QWidget>

#include "app/studio/viewmodels/studio_model.h"

namespace longship {

/// What the step records prove about the shown run, epoch by epoch.
void showProof(StudioModel& studio, QWidget* parent);

/// After a model was saved: how to load it.
void showModelSaved(const QString& path, QWidget* parent);

/// True when the person wants the run stopped.
bool askToStop(const QString& runName, QWidget* parent);

/// True when the person wants the nodes that are left to go on without the others.
bool askToTakeOver(const TakeoverOutlook& outlook, QWidget* parent);

void showError(const Error& error, QWidget* parent);

void showAbout(QWidget* parent);

}  // namespace longship
