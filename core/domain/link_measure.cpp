#include "core/domain/link_measure.h"

#include <fmt/format.h>

#include <cmath>
#include <locale>
#include <sstream>

namespace longship {
namespace {

constexpr std::string_view kUnknown = "-";
constexpr std::size_t kWordBytesMax = 64;

bool isTime(double seconds) {
    return std::isfinite(seconds) && seconds >= 0;
}

}  // namespace

std::string toText(const LinkMeasure& measure) {
    return fmt::format("{} {} {} {:.9f} {:.9f} {:.0f}", measure.localAddress,
                       measure.interface.empty() ? kUnknown : measure.interface, measure.cardRate,
                       measure.connectSeconds, measure.roundTripSeconds, measure.bytesPerSecond);
}

std::optional<LinkMeasure> parseLinkMeasure(std::string_view text) {
    std::istringstream words{std::string(text)};
    words.imbue(std::locale::classic());
    LinkMeasure measure;
    words >> measure.localAddress >> measure.interface >> measure.cardRate >> measure.connectSeconds >>
        measure.roundTripSeconds >> measure.bytesPerSecond;
    std::string more;
    if (words.fail() || words >> more || measure.localAddress.size() > kWordBytesMax ||
        measure.interface.size() > kWordBytesMax || !isTime(measure.connectSeconds) ||
        !isTime(measure.roundTripSeconds) || !isTime(measure.bytesPerSecond)) {
        return std::nullopt;
    }
    if (measure.interface == kUnknown) {
        measure.interface.clear();
    }
    return measure;
}

}  // namespace longship
