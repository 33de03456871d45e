#pragma once

/// A test build (LONGSHIP_MUTANTS defined) can damage one safety rule at a time, by name, to prove that the
/// simulation notices. In every other build the word is a constant false and the compiler removes it.
#ifdef LONGSHIP_MUTANTS
#include <string_view>

namespace longship {
bool isMutant(std::string_view name);
}
#define LONGSHIP_MUTANT(name) (::longship::isMutant(name))
#else
#define LONGSHIP_MUTANT(name) false
#endif
