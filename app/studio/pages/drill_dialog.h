#pragma once

#include <optional>

#include <QWidget>

#include "core/domain/drill.h"
#include "core/domain/node.h"

namespace longship {

struct DrillChoice {
    Fault fault = Fault::KillWorker;
    int healSeconds = 10;
};

/// Asks which fault is to be done on purpose to a node, and says what it does there. None when the person
/// would rather not, which is the default.
std::optional<DrillChoice> askDrill(const NodeView& node, QWidget* parent);

}  // namespace longship
