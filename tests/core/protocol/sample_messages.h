#pragma once

#include <vector>

#include "core/protocol/messages.h"

namespace longship::test {

/// One message of every kind with every field set to something else than its default, and the variants that
/// optional parts bring.
std::vector<Message> sampleMessages();

}  // namespace longship::test
