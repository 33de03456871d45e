#include "core/deploy/pair_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "core/base/digest.h"
#include "core/deploy/link_meter.h"
#include "core/deploy/side_by_side.h"

namespace longship {
namespace {

constexpr std::size_t kTokenBytes = 16;
// Below, gradients of a small model already take longer than its steps.
constexpr double kBytesPerSecondMin = 10e6 / 8;
constexpr double kRoundTripMax = 0.05;

std::string rateText(double bitsPerSecond) {
    return bitsPerSecond >= 1e9 ? fmt::format("{:.2f} Gbit/s", bitsPerSecond / 1e9)
                                : fmt::format("{:.1f} Mbit/s", bitsPerSecond / 1e6);
}

std::string routeText(const LinkMeasure& measure, const std::string& target) {
    std::string text = fmt::format("from {} to {}", measure.localAddress, target);
    if (!measure.interface.empty()) {
        text += " by " + measure.interface;
    }
    if (measure.cardRate > 0) {
        text += fmt::format(", which is set to {}", rateText(static_cast<double>(measure.cardRate)));
    }
    return text;
}

/// The probes of all nodes that have one.
class Meters {
public:
    Meters(const std::vector<PairEnd>& ends, std::stop_token stop,
           const std::function<void(const CheckResult&)>& found)
        : m_ends(ends), m_stop(std::move(stop)), m_found(found), m_meters(ends.size()) {
        const std::string token = randomHex(kTokenBytes);
        sideBySide(ends.size(), [&](std::size_t index) { start(index, token); });
    }

    /// All end at once, and not one after another.
    ~Meters() {
        sideBySide(m_meters.size(), [this](std::size_t index) { m_meters[index].reset(); });
    }
    Meters(const Meters&) = delete;
    Meters& operator=(const Meters&) = delete;

    void measure(std::size_t a, std::size_t b) {
        if (m_meters[a] == nullptr || m_meters[b] == nullptr) {
            return;
        }
        measureOneWay(a, b);
        measureOneWay(b, a);
    }

private:
    void start(std::size_t index, const std::string& token) {
        const PairEnd& end = m_ends[index];
        CheckResult result{end.node, std::nullopt, "probe", true, {}, {}};
        if (!end.deployed) {
            result.detail =
                "no programs of ours yet: once they are there, this check also tries data ports, bandwidth "
                "and latency";
        } else if (auto meter = LinkMeter::start(*end.session, token, end.address, m_stop); meter) {
            m_meters[index] = std::move(*meter);
            result.detail = fmt::format("listens at {} port {}", end.address, m_meters[index]->port());
        } else {
            result.ok = false;
            result.detail = meter.error().text;
            result.remedy = "Deploy again, which brings the programs of this version there.";
        }
        m_found(result);
    }

    void measureOneWay(std::size_t from, std::size_t to) {
        if (m_stop.stop_requested()) {
            return;
        }
        const auto measure = m_meters[from]->measureTo(*m_meters[to]);
        const std::string target = fmt::format("{} port {}", m_ends[to].address, m_meters[to]->port());
        for (const CheckResult& result : judgeLink(m_ends[from].node, m_ends[to].node, target, measure)) {
            m_found(result);
        }
    }

    const std::vector<PairEnd>& m_ends;
    std::stop_token m_stop;
    const std::function<void(const CheckResult&)>& m_found;
    std::vector<std::unique_ptr<LinkMeter>> m_meters;
};

}  // namespace

std::vector<std::vector<std::pair<std::size_t, std::size_t>>> disjointRounds(std::size_t count) {
    std::vector<std::vector<std::pair<std::size_t, std::size_t>>> rounds;
    const std::size_t even = count + count % 2;  // With an odd number, one rests in each round.
    for (std::size_t round = 0; round + 1 < even; ++round) {
        auto& pairs = rounds.emplace_back();
        // The last one stays in its place, the others walk around a circle.
        const std::size_t circle = even - 1;
        const auto add = [&](std::size_t a, std::size_t b) {
            if (a < count && b < count) {
                pairs.emplace_back(std::min(a, b), std::max(a, b));
            }
        };
        add(round, even - 1);
        for (std::size_t step = 1; step < even / 2; ++step) {
            add((round + step) % circle, (round + circle - step) % circle);
        }
    }
    return rounds;
}

std::vector<CheckResult> judgeLink(const NodeId& from, const NodeId& to, const std::string& target,
                                   const Result<LinkMeasure>& measure) {
    const auto result = [&](const char* check, bool ok, std::string detail, const char* remedy) {
        return CheckResult{from, to, check, ok, std::move(detail), ok ? "" : remedy};
    };
    if (!measure) {
        return {result("data-port", false, measure.error().text,
                       "Let the nodes reach each other at all TCP ports: training uses ports that the "
                       "operating system chooses.")};
    }
    return {
        result("data-port", true, fmt::format("{} in {:.1f} ms", target, measure->connectSeconds * 1000), ""),
        result("route", true, routeText(*measure, target), ""),
        result("bandwidth", measure->bytesPerSecond >= kBytesPerSecondMin,
               rateText(measure->bytesPerSecond * 8),
               "Connect it by cable, look whether its card and the switch agree on a speed (ethtool), or "
               "compress gradients: compression in the job."),
        result("latency", measure->roundTripSeconds <= kRoundTripMax,
               fmt::format("{:.2f} ms there and back", measure->roundTripSeconds * 1000),
               "Put the nodes into one network, without a VPN or a wireless link in between.")};
}

void measurePairs(const std::vector<PairEnd>& ends, std::stop_token stop,
                  const std::function<void(const CheckResult&)>& found) {
    if (ends.size() < 2) {
        return;
    }
    std::mutex mutex;
    const auto oneAtATime = oneByOne(mutex, found);
    Meters meters(ends, stop, oneAtATime);
    for (const auto& round : disjointRounds(ends.size())) {
        sideBySide(round.size(),
                   [&](std::size_t index) { meters.measure(round[index].first, round[index].second); });
    }
}

}  // namespace longship
