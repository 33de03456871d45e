#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/domain/link_measure.h"

namespace longship {

/// How long each part of a measurement takes.
struct LinkProbeTimes {
    std::chrono::milliseconds connect{2000};  ///< At most, until the other side accepts.
    std::chrono::milliseconds answer{2000};   ///< At most, for any answer of the other side.
    std::chrono::milliseconds token{1000};    ///< At most, for somebody to say the token.
    std::chrono::milliseconds warmUp{100};    ///< Of the sending, not counted.
    std::chrono::milliseconds send{500};      ///< Warm-up included.
};

/// The far end of measurements: a TCP port that the operating system chooses, open for as long as the object
/// lives. Whoever connects has to say the token first, in time, else is cut off; one measurement at a
/// time.
class LinkProbeListener {
public:
    /// `address`: numeric, of this machine. BadInput for what is none, Unavailable when it cannot be bound.
    static Result<std::unique_ptr<LinkProbeListener>> open(const std::string& address,
                                                           const std::string& token,
                                                           const LinkProbeTimes& times = {});
    ~LinkProbeListener();

    std::uint16_t port() const;

private:
    class Impl;
    explicit LinkProbeListener(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> m_impl;
};

/// Measures the way to a listener: connects, sends one byte back and forth, then as much as goes through.
/// Blocks for about a second. Unavailable, with the reason: nobody there, port blocked; Refused: the other
/// side does not know the token.
Result<LinkMeasure> measureLink(const std::string& address, std::uint16_t port, const std::string& token,
                                const LinkProbeTimes& times = {});

/// Both ends as a program that is driven by standard input and output: `longship-agent --measure-links`.
///
///   in:  TOKEN ADDRESS                     first line: what the others must say, and where to listen
///   out: listening PORT
///   in:  ADDRESS PORT                      measure the way to this listener
///   out: measured LINK (toText) | failed REASON
///
/// Ends with its input, and when nothing was asked for two minutes. The exit status.
int serveLinkProbe(int in, int out);

}  // namespace longship
