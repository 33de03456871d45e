#pragma once

#include <tl/expected.hpp>

#include <utility>

#include "core/base/error.h"

namespace longship {

/// A value or the reason why there is none. Exceptions never cross a folder; this does.
template <typename T>
using Result = tl::expected<T, Error>;

/// Shorthand for the failing side of a Result.
inline tl::unexpected<Error> failure(ErrorKind kind, std::string text) {
    return tl::unexpected<Error>(Error{kind, std::move(text)});
}

inline tl::unexpected<Error> failure(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

}  // namespace longship

// Returns the error of an expression that yields a Result<void>, or goes on.
#define LONGSHIP_TRY(expression)                                        \
    do {                                                                \
        if (auto longshipResult = (expression); !longshipResult) {      \
            return ::tl::unexpected(std::move(longshipResult).error()); \
        }                                                               \
    } while (false)

#define LONGSHIP_CONCAT_INNER(a, b) a##b
#define LONGSHIP_CONCAT(a, b) LONGSHIP_CONCAT_INNER(a, b)

// LONGSHIP_ASSIGN(auto value, makeValue()): declares `value`, or returns the error.
#define LONGSHIP_ASSIGN(declaration, expression)                                               \
    auto LONGSHIP_CONCAT(longshipResult, __LINE__) = (expression);                             \
    if (!LONGSHIP_CONCAT(longshipResult, __LINE__)) {                                          \
        return ::tl::unexpected(std::move(LONGSHIP_CONCAT(longshipResult, __LINE__)).error()); \
    }                                                                                          \
    declaration = std::move(*LONGSHIP_CONCAT(longshipResult, __LINE__))
