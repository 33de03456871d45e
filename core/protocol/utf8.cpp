#include "core/protocol/utf8.h"

#include <cstdint>

namespace longship {

namespace {

bool isContinuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0u) == 0x80u;
}

/// Bytes of the character at the front, or 0 when there is none that is well-formed.
std::size_t characterBytes(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) {
        return 1;
    }
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size) {
        return 0;
    }
    for (std::size_t i = 1; i < size; ++i) {
        if (!isContinuation(text[i])) {
            return 0;
        }
    }
    const auto second = static_cast<unsigned char>(text[1]);
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool surrogate = lead == 0xED && second > 0x9F;
    const bool tooLarge = lead == 0xF4 && second > 0x8F;
    return overlong || surrogate || tooLarge ? 0 : size;
}

}  // namespace

bool isUtf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t size = characterBytes(text);
        if (size == 0) {
            return false;
        }
        text.remove_prefix(size);
    }
    return true;
}

std::string cleanText(std::string_view text, std::size_t bytesMax, Keep keep) {
    std::string clean;
    clean.reserve(text.size());
    while (!text.empty()) {
        const std::size_t size = characterBytes(text);
        if (size == 0) {
            clean += '?';
            text.remove_prefix(1);
        } else {
            clean.append(text.substr(0, size));
            text.remove_prefix(size);
        }
    }
    if (clean.size() <= bytesMax) {
        return clean;
    }
    if (keep == Keep::Front) {
        std::size_t end = bytesMax;
        while (end > 0 && isContinuation(clean[end])) {
            --end;
        }
        clean.resize(end);
    } else {
        std::size_t begin = clean.size() - bytesMax;
        while (begin < clean.size() && isContinuation(clean[begin])) {
            ++begin;
        }
        clean.erase(0, begin);
    }
    return clean;
}

}  // namespace longship
