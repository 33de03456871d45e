#include "core/domain/job_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace longship {
namespace {

/// Optimal string alignment distance (Damerau 1964, in the restricted form).
std::size_t editDistance(std::string_view a, std::string_view b) {
    const std::size_t width = b.size() + 1;
    std::vector<std::size_t> cost((a.size() + 1) * width);
    const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& { return cost[i * width + j]; };
    for (std::size_t i = 0; i <= a.size(); ++i) {
        at(i, 0) = i;
    }
    for (std::size_t j = 0; j <= b.size(); ++j) {
        at(0, j) = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = at(i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1);
            at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
            }
        }
    }
    return at(a.size(), b.size());
}

}  // namespace

std::string durationText(std::chrono::milliseconds duration) {
    const auto count = duration.count();
    return count % 1000 == 0 ? fmt::format("{}s", count / 1000) : fmt::format("{}ms", count);
}

std::optional<std::chrono::milliseconds> durationFrom(std::string_view text) {
    double number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc() || !std::isfinite(number) || number < 0) {
        return std::nullopt;
    }
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const double factor = unit == "ms" ? 1 : unit == "s" ? 1'000 : unit == "m" ? 60'000 : 0;
    constexpr double kDayMs = 86'400'000;
    if (factor == 0 || number * factor > kDayMs) {
        return std::nullopt;
    }
    return std::chrono::milliseconds(std::llround(number * factor));
}

std::string_view nearest(std::string_view text, const std::vector<std::string_view>& candidates) {
    constexpr std::size_t kLengthMax = 40;  // Keeps the cost of a hostile file small.
    std::string_view best;
    std::size_t bestDistance = kLengthMax;
    if (text.size() > kLengthMax) {
        return best;
    }
    for (const std::string_view candidate : candidates) {
        // One edit of a word of three letters makes any other: "gpu" is not a misspelled "cpu".
        const std::size_t allowed = candidate.size() / 4 + (candidate.size() > 3 ? 1 : 0);
        const std::size_t distance = editDistance(text, candidate);
        if (distance <= allowed && distance < bestDistance) {
            best = candidate;
            bestDistance = distance;
        }
    }
    return best;
}

std::string alternatives(const std::vector<std::string_view>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        text += i == 0 ? "" : i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

std::string shortened(std::string_view text) {
    constexpr std::size_t kShownMax = 40;
    std::string shown(text.substr(0, kShownMax));
    if (text.size() > kShownMax) {
        // Not in the middle of a UTF-8 sequence.
        while (!shown.empty() && (static_cast<unsigned char>(text[shown.size()]) & 0xC0u) == 0x80u) {
            shown.pop_back();
        }
        shown += "…";
    }
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; },
        '?');
    return fmt::format("\"{}\"", shown);
}

}  // namespace longship
