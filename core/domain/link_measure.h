#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longship {

/// What one node found out about the way to another, by a TCP connection to a port that was opened for it.
struct LinkMeasure {
    std::string localAddress;     ///< From where it went, numeric.
    std::string interface;        ///< The one that has this address, "eth0"; empty: not known.
    std::uint64_t cardRate = 0;   ///< What that interface says it can, bits a second; 0: it does not say.
    double connectSeconds = 0;    ///< Until the other side had accepted.
    double roundTripSeconds = 0;  ///< Median, of one byte there and back.
    double bytesPerSecond = 0;    ///< As the other side received them.

    bool operator==(const LinkMeasure&) const = default;
};

/// One line of words, for the way from a node to this machine.
std::string toText(const LinkMeasure& measure);
/// None: the text is no such line.
std::optional<LinkMeasure> parseLinkMeasure(std::string_view text);

}  // namespace longship
