#include "core/base/error.h"

namespace longship {

std::string_view toString(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::BadInput: return "bad-input";
        case ErrorKind::NotFound: return "not-found";
        case ErrorKind::Unavailable: return "unavailable";
        case ErrorKind::Refused: return "refused";
        case ErrorKind::Corrupt: return "corrupt";
        case ErrorKind::Exhausted: return "exhausted";
        case ErrorKind::Interrupted: return "interrupted";
        case ErrorKind::Io: return "io";
        case ErrorKind::Internal: return "internal";
    }
    return "internal";
}

Error Error::within(std::string_view context) const {
    return Error{kind, std::string(context) + ": " + text};
}

}  // namespace longship
