#include "tests/simulation/log/log_havoc.h"

#include <iostream>

namespace longship::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kHavoc{15};

SimulatedLogs::Options optionsOf(std::uint64_t seed) {
    SeededRandom random(keyOf({seed, 77}));
    SimulatedLogs::Options options;
    options.seed = seed;
    options.nodes = static_cast<unsigned>(3 + random.below(5) * random.below(2));
    options.clockSpread = random.below(3) == 0 ? 0.08 : 0.01;
    options.entriesUntilCompaction = random.below(2) == 0 ? 4 + random.below(24) : 4096;
    options.codec = seed % 16 == 0;
    return options;
}

class LogHavoc {
public:
    LogHavoc(SimulatedLogs& logs, bool tells) : m_logs(logs), m_tells(tells) {}

    void plan() {
        SeededRandom& random = m_logs.random();
        Weather weather;
        weather.loss = std::array{0.0, 0.0, 0.02, 0.2}[random.below(4)];
        weather.duplicates = random.below(2) == 0 ? 0.0 : 0.1;
        weather.delayMax = milliseconds(std::array{2, 20, 200, 900}[random.below(4)]);
        weather.duplicateDelayMax = random.below(2) == 0 ? weather.delayMax : Duration(seconds(9));
        weather.syncMax = milliseconds(std::array{1, 10, 100, 600}[random.below(4)]);
        m_logs.setWeather(weather);
        const std::uint64_t proposals = random.below(60);
        for (std::uint64_t i = 0; i < proposals; ++i) {
            at(random.below(15'000), [this] { m_logs.propose(); });
        }
        const std::uint64_t faults = random.below(12);
        for (std::uint64_t i = 0; i < faults; ++i) {
            at(500 + random.below(14'000), [this] { strike(); });
        }
    }

    /// A person who loses patience, several times, whoever can be reached.
    void planTakeovers() {
        for (std::uint64_t i = 1 + m_logs.random().below(4); i > 0; --i) {
            at(4'000 + m_logs.random().below(11'000), [this] { m_logs.takeOver(anyNode()); });
            at(4'000 + m_logs.random().below(11'000), [this] {
                for (const NodeId& node : m_logs.ids()) {
                    m_logs.takeOver(node);
                }
            });
        }
    }

    std::uint64_t lostDisks = 0;

private:
    void at(std::uint64_t ms, std::function<void()> action) {
        m_logs.time().after(milliseconds(ms), std::move(action));
    }
    const NodeId& anyNode() { return m_logs.ids()[m_logs.random().below(m_logs.ids().size())]; }
    /// Half of the time the leader: there it hurts.
    NodeId victim() {
        const auto leader = m_logs.leader();
        return leader && m_logs.random().below(2) == 0 ? *leader : anyNode();
    }

    void strike() {
        const NodeId node = victim();
        const NodeId other = anyNode();
        const std::uint64_t last = 50 + m_logs.random().below(5'000);
        const std::uint64_t kind = m_logs.random().below(11);
        if (m_tells) {
            std::cerr << toIso8601(m_logs.time().wallTime()) << " fault " << kind << " on " << node.value
                      << " (" << other.value << ") for " << last << " ms\n";
        }
        switch (kind) {
            case 0:
            case 1: crash(node, last, false); break;
            case 2:
            case 3: crash(node, last, true); break;
            case 4: m_logs.pause(node, milliseconds(last)); break;
            case 5: forWhile(last, [=, this](bool on) { m_logs.isolate(node, on); }); break;
            case 6: forWhile(last, [=, this](bool on) { m_logs.cut(node, other, on); }); break;
            case 7:
                forWhile(last, [=, this](bool on) {
                    m_logs.cut(node, other, on);
                    m_logs.cut(other, node, on);
                });
                break;
            case 8: split(last); break;
            case 9: deaf(node, last); break;
            default: drain(node, last); break;
        }
    }

    void forWhile(std::uint64_t ms, const std::function<void(bool)>& change) {
        change(true);
        at(ms, [change] { change(false); });
    }

    void crash(const NodeId& node, std::uint64_t ms, bool losesDisk) {
        const bool wasUp = m_logs.isUp(node);
        m_logs.crash(node);
        if (losesDisk && m_logs.wipe(node)) {
            ++lostDisks;
        }
        if (wasUp && m_logs.random().below(3) == 0) {
            m_logs.tellRefused(node);
        }
        at(ms, [this, node] { m_logs.start(node); });
    }

    void split(std::uint64_t ms) {
        std::vector<bool> side;
        for (std::size_t i = 0; i < m_logs.ids().size(); ++i) {
            side.push_back(m_logs.random().below(2) == 0);
        }
        forWhile(ms, [this, side](bool on) {
            for (std::size_t i = 0; i < side.size(); ++i) {
                for (std::size_t j = 0; j < side.size(); ++j) {
                    if (side[i] != side[j]) {
                        m_logs.cut(m_logs.ids()[i], m_logs.ids()[j], on);
                    }
                }
            }
        });
    }

    /// Can speak, and hears nothing.
    void deaf(const NodeId& node, std::uint64_t ms) {
        forWhile(ms, [this, node](bool on) {
            for (const NodeId& other : m_logs.ids()) {
                m_logs.cut(other, node, on && other != node);
            }
        });
    }

    void drain(const NodeId& node, std::uint64_t ms) {
        m_logs.setDrained({node});
        at(ms, [this] { m_logs.setDrained({}); });
    }

    SimulatedLogs& m_logs;
    const bool m_tells;
};

}  // namespace

LogHistory liveThroughHavoc(std::uint64_t seed, bool tells) {
    SimulatedLogs logs(optionsOf(seed));
    LogHavoc havoc(logs, tells);
    havoc.plan();
    if (seed % 4 == 1) {
        havoc.planTakeovers();
    }
    logs.runFor(kHavoc);
    LogHistory history;
    if (logs.problem().empty()) {
        // All that was planned is over by then; what was put off by a pause comes now.
        logs.setDrained({});
        logs.heal();
        bool calm = logs.runFor(6 * SimulatedLogs::kT, [&] { return logs.isCalm(); });
        const auto last = calm ? logs.propose() : std::nullopt;
        calm = last && logs.runFor(seconds(1), [&] { return logs.isCalm(); });
        history.lostMajority = !calm && logs.hasLostMajority();
        if (logs.problem().empty() && !calm && !history.lostMajority) {
            history.problem = "all faults are over, and the logs do not go on:\n" + logs.describe();
        }
    }
    if (!logs.problem().empty()) {
        history.problem = logs.problem() + "\n" + logs.describe();
    }
    history.fingerprint = logs.fingerprint();
    history.committed = logs.committed();
    history.elections = logs.elections();
    history.snapshots = logs.snapshots();
    history.events = logs.events();
    history.takeovers = logs.takeovers();
    history.discards = logs.discards();
    history.lostDisks = havoc.lostDisks;
    return history;
}

}  // namespace longship::test
