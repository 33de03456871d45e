#pragma once

#include <string>

#include "core/protocol/messages.h"

namespace longship::test {

/// Messages and events as one short line each, for comparing what a machine does with what a test says.
std::string render(const Message& message);
std::string render(const RunEventBody& body);

}  // namespace longship::test
