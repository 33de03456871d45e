#include "core/domain/yaml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace longship {
namespace {

bool isLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string yamlText(std::string_view text) {
    const auto isPlainLetter = [](char c) { return isLetterOrDigit(c) || c == '_' || c == '-' || c == '/'; };
    constexpr std::array<std::string_view, 8> kOtherMeaning{"true", "false", "yes",  "no",
                                                            "on",   "off",   "null", "y"};
    const bool startsPlain = !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || text[0] == '/');
    if (startsPlain && std::all_of(text.begin(), text.end(), isPlainLetter) &&
        std::find(kOtherMeaning.begin(), kOtherMeaning.end(), text) == kOtherMeaning.end()) {
        return std::string(text);
    }
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            result += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
            result += c;
        }
    }
    return result + '"';
}

std::string yamlScalar(std::string_view text) {
    const std::string_view digits = text.substr(text.starts_with('-') || text.starts_with('+') ? 1 : 0);
    const bool startsNumber = !digits.empty() && ((digits[0] >= '0' && digits[0] <= '9') ||
                                                  (digits[0] == '.' && digits.size() > 1));
    const bool isPlain = std::all_of(digits.begin(), digits.end(), [](char c) {
        return isLetterOrDigit(c) || c == '.' || c == '+' || c == '-' || c == '_';
    });
    const bool isTruth = text == "true" || text == "false";
    // "..." ends a document.
    return (startsNumber && isPlain && !text.starts_with("...")) || isTruth ? std::string(text)
                                                                            : yamlText(text);
}

}  // namespace longship
