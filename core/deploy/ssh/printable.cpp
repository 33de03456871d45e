#include "core/deploy/ssh/session.h"

#include <algorithm>

namespace longship {
namespace {

/// Length of the well-formed UTF-8 sequence at the front (RFC 3629), 0 when there is none; `letter` gets its
/// code point.
std::size_t sequenceLength(std::string_view text, char32_t& letter) {
    const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    const unsigned char first = byte(0);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xc2 && first < 0xe0 ? 2
                               : first >= 0xe0 && first < 0xf0 ? 3
                               : first >= 0xf0 && first < 0xf5 ? 4
                                                               : 0;
    if (length == 0 || length > text.size()) {
        return 0;
    }
    letter = length == 1 ? first : first & (0xffU >> (length + 1));
    for (std::size_t index = 1; index < length; ++index) {
        if ((byte(index) & 0xc0) != 0x80) {
            return 0;
        }
        letter = (letter << 6) | (byte(index) & 0x3fU);
    }
    const bool overlong = (length == 3 && letter < 0x800) || (length == 4 && letter < 0x10000);
    return overlong || letter > 0x10ffff || (letter >= 0xd800 && letter < 0xe000) ? 0 : length;
}

/// Control characters (C0, C1, delete), and those that turn the direction of what follows.
bool isDangerous(char32_t letter) {
    return letter < 0x20 || (letter >= 0x7f && letter < 0xa0) || (letter >= 0x200e && letter <= 0x200f) ||
           (letter >= 0x2028 && letter <= 0x202e) || (letter >= 0x2066 && letter <= 0x2069);
}

}  // namespace

std::string printable(std::string_view text, std::size_t lengthMax) {
    std::string safe;
    while (!text.empty() && text.back() == '\n') {
        text.remove_suffix(1);
    }
    while (!text.empty()) {
        char32_t letter = 0;
        const std::size_t length = sequenceLength(text, letter);
        if (safe.size() + std::max<std::size_t>(length, 1) > lengthMax) {
            break;
        }
        if (length > 0 && (letter == '\n' || !isDangerous(letter))) {
            safe.append(text.substr(0, length));
        } else if (letter != '\r') {
            safe += letter == '\t' ? ' ' : '?';
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return safe;
}

}  // namespace longship
