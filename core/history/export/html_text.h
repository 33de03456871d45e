#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/domain/run_snapshot.h"

/// How the report spells things. All results are safe to stand in HTML text and in quoted attributes.
namespace longship {

std::string escaped(std::string_view text);

/// "60 000" with no-break spaces.
std::string groupedText(std::uint64_t number);

/// With this many digits after the point, grouped; "–" for what is no number.
std::string decimalText(double number, int decimals);

/// "12 ms", "18.4 s", "3 min 12 s", "2 h 05 min".
std::string durationWords(double seconds);

/// "1.9 GiB".
std::string bytesText(std::uint64_t bytes);

/// "2026-01-31 12:00:00 UTC".
std::string dateText(UtcTime time);

/// For a mark on a curve, not yet escaped: "node-b lost, 0.4 s, 0 steps lost".
std::string markText(const TimedIncident& incident);

/// How an incident ended and what it cost, as sentences; empty while it is not over.
std::string resolutionText(const TimedIncident& incident);

struct EventWords {
    std::string what;    ///< "Evaluated".
    std::string detail;  ///< "84.9 % of 10 000 test samples".
};
EventWords wordsOf(const RunEventBody& body);

}  // namespace longship
