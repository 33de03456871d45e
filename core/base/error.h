#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace longship {

/// What went wrong, as far as a caller may want to act on it. Sentences live in Error::text.
enum class ErrorKind {
    BadInput,     ///< A file, flag or value given by the user is wrong.
    NotFound,     ///< A named thing does not exist.
    Unavailable,  ///< A peer or service cannot be reached now.
    Refused,      ///< The other side answered no (version, key, state).
    Corrupt,      ///< Bytes do not match their format or checksum.
    Exhausted,    ///< No space, memory, port or slot left.
    Interrupted,  ///< Stopped on request before it was done.
    Io,           ///< The operating system reported an error.
    Internal      ///< A foreign library failed in a way nobody foresaw.
};

/// The stable lower-case name used in JSON output and logs.
std::string_view toString(ErrorKind kind);

/// A failure that the world can cause. `text` is a full sentence: what, where, what was expected, what to do.
struct [[nodiscard]] Error {
    ErrorKind kind = ErrorKind::Internal;
    std::string text;

    /// The same error with the circumstances put in front: "<context>: <text>".
    Error within(std::string_view context) const;

    bool operator==(const Error&) const = default;
};

}  // namespace longship
