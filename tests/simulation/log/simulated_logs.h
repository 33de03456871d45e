#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "tests/simulation/log/log_invariants.h"
#include "tests/simulation/virtual_time.h"

namespace longship::test {

/// What the network does to every message.
struct Weather {
    double loss = 0;
    double duplicates = 0;
    Duration delayMax = std::chrono::milliseconds(2);
    Duration duplicateDelayMax = std::chrono::milliseconds(2);
    Duration syncMax = std::chrono::milliseconds(2);  ///< Until a write is durable.
};

/// The replicated logs of a cluster in one thread with virtual time; pretended network, disks and clocks.
/// Everything follows from the seed. Invariants are checked after every event; the first broken one is kept
/// in problem().
class SimulatedLogs {
public:
    static constexpr std::chrono::milliseconds kT{3000};
    struct Options {
        std::uint64_t seed = 0;
        unsigned nodes = 3;
        double clockSpread = 0;  ///< Rates are within 1 ± this.
        std::size_t entriesUntilCompaction = 4096;
        bool codec = false;  ///< Every message is really encoded and decoded.
    };

    explicit SimulatedLogs(const Options& options);
    ~SimulatedLogs();

    VirtualTime& time() { return m_time; }
    SeededRandom& random() { return m_random; }
    const std::vector<NodeId>& ids() const { return m_ids; }
    bool runFor(
        Duration duration, const std::function<bool()>& done = [] { return false; });

    void setWeather(const Weather& weather) { m_weather = weather; }
    /// Nothing gets from one to the other; the other way is another cut.
    void cut(const NodeId& from, const NodeId& to, bool isCut);
    void isolate(const NodeId& node, bool isCut);  ///< Both ways, from and to everybody.
    void crash(const NodeId& node);
    void start(const NodeId& node);
    void pause(const NodeId& node, Duration duration);
    /// The disk of a node that is down is lost. False, and nothing was done, when a majority that somebody
    /// may still count on would be lost with it.
    bool wipe(const NodeId& node);
    /// Somebody's votes can no longer make a majority: their disks are lost. It happens to who loses the disk
    /// that is about to get a majority of the votes.
    bool hasLostMajority() const;
    void tellRefused(const NodeId& gone);  ///< Everybody's connection to it is refused.
    void setDrained(const std::set<NodeId>& nodes);
    /// A new payload at whoever leads with a lease; none when nobody does.
    std::optional<LogIndex> propose();
    /// A person tells it to go on without a majority. False where that is refused.
    bool takeOver(const NodeId& node);
    void heal();  ///< No faults from now on; all nodes are there.

    bool isUp(const NodeId& node) const { return m_nodes.at(node).log != nullptr; }
    const ReplicatedLog& log(const NodeId& node) const { return *m_nodes.at(node).log; }
    const StoredLog& disk(const NodeId& node) const { return m_nodes.at(node).disk; }
    std::optional<NodeId> leader() const;  ///< The one with a lease that is ready.
    TimePoint localTime(const NodeId& node) const;
    /// One leader; all that are up applied what it committed; exactly those that are up and not drained vote.
    bool isCalm() const;
    std::string describe() const;

    const std::string& problem() const { return m_invariants.problem(); }
    std::uint64_t committed() const { return m_invariants.committed(); }
    std::uint64_t fingerprint() const { return m_fingerprint; }
    std::uint64_t events() const { return m_events; }
    std::uint64_t elections() const { return m_elections; }
    std::uint64_t snapshots() const { return m_snapshots; }
    std::uint64_t takeovers() const { return m_takeovers; }
    std::uint64_t discards() const { return m_discards; }  ///< Logs that were dropped for another branch's.

private:
    struct Node {
        NodeId id;
        std::unique_ptr<ReplicatedLog> log;
        std::uint64_t life = 0;
        double rate = 1;
        TimePoint pausedUntil;
        std::optional<TimePoint> timerAt;
        StoredLog disk;
        std::deque<ReplicatedLog::Write> writing;
        bool syncing = false;
        std::uint64_t fold = 0;
        std::uint64_t timesDiscarded = 0;
        Lineage branch = 0;  ///< Whose entries it has; 0: of one that is not known any more.
        Term ledTerm = 0;
        LogIndex seenCommit = 0;
        VotingConfig seenVoting;
    };

    void call(const NodeId& id, std::function<void(Node&)> action);
    void drain(Node& node);
    void watch(Node& node);
    void applyCommitted(Node& node);
    void beginSync(Node& node);
    void endSync(Node& node);
    void writeToDisk(Node& node, const LogWrite& write);
    void send(const NodeId& from, const NodeId& to, LogMessage message);
    void armTimer(Node& node);
    Duration upTo(Duration most);
    bool stillCounts(const VoterWeights& voters, const NodeId& without) const;
    void note(std::uint64_t value) { m_fingerprint = keyOf({m_fingerprint, value}); }

    const Options m_options;
    VirtualTime m_time;
    SeededRandom m_random;
    Weather m_weather;
    std::vector<NodeId> m_ids;
    std::map<NodeId, Node> m_nodes;
    std::set<std::pair<NodeId, NodeId>> m_cuts;
    std::set<NodeId> m_drained;
    LogInvariants m_invariants;
    std::uint64_t m_payloads = 0;
    bool m_founded = false;  ///< Somebody's disk has, or had, a log.
    std::uint64_t m_fingerprint = 0;
    std::uint64_t m_events = 0;
    std::uint64_t m_elections = 0;
    std::uint64_t m_snapshots = 0;
    std::uint64_t m_takeovers = 0;
    std::uint64_t m_discards = 0;
};

}  // namespace longship::test
