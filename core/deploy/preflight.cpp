#include "core/deploy/preflight.h"

#include <fmt/format.h>

#include <cmath>
#include <mutex>
#include <sstream>

#include "core/base/clock.h"
#include "core/deploy/pair_checks.h"
#include "core/deploy/side_by_side.h"

namespace longship {
namespace {

constexpr double kClockOffsetMax = 60;
constexpr std::uint64_t kDiskKibMin = 2'000'000;
constexpr std::uint64_t kMemoryKibMin = 1'000'000;
constexpr std::uint64_t kOpenFilesMin = 1024;
constexpr std::chrono::seconds kReachPatience{5};

/// A check of a step on the way in, what to do when it fails.
struct WayIn {
    const char* check;
    const char* remedy;
};

WayIn wayInOf(SshStage stage) {
    switch (stage) {
        case SshStage::Resolve: return {"resolve", "Correct the name, or give a numeric address."};
        case SshStage::Connect:
        case SshStage::Handshake:
            return {"connect", "Start the SSH server there, or open its port in the firewall."};
        case SshStage::HostKey:
            return {"host-key",
                    "Compare the fingerprint on that machine, then accept it or remove the old key."};
        case SshStage::Login:
            return {"login", "Put your public key there: ssh-copy-id, or name another key or user."};
    }
    return {"connect", ""};
}

/// Collects the checks of one node.
class Judge {
public:
    Judge(NodeId node, const NodeFacts& facts) : m_node(std::move(node)), m_facts(facts) {}

    void add(const char* check, bool ok, std::string detail, std::string remedy) {
        m_results.push_back(
            {m_node, std::nullopt, check, ok, std::move(detail), ok ? std::string() : std::move(remedy)});
    }
    void home() {
        const std::string home = printable(m_facts.value("home"), 300);
        const bool writable = m_facts.value("writable") == "yes";
        const bool executable = m_facts.value("executable") == "yes";
        add("home", writable && executable,
            !writable     ? home + " cannot be written to"
            : !executable ? home + " starts no programs (noexec)"
                          : home,
            writable ? "Give the user a home on a file system without noexec."
                     : "Make room, or make the file system writable.");
    }
    void enough(const char* check, const char* fact, std::uint64_t least, const char* remedy) {
        const std::uint64_t kib = m_facts.number(fact);
        add(check, kib >= least, fmt::format("{:.1f} GB free", static_cast<double>(kib) * 1024 / 1e9),
            remedy);
    }
    void limits() {
        const std::string files = m_facts.value("open_files");
        add("limits", files == "unlimited" || m_facts.number("open_files") >= kOpenFilesMin,
            fmt::format("{} open files", printable(files, 40)),
            "Raise the limit of open files to 1024: ulimit -n, or "
            "/etc/security/limits.conf.");
    }
    void stays() {
        const bool killed =
            m_facts.value("kill_user_processes") == "b true" && m_facts.value("linger") != "yes";
        add("stays", !killed,
            killed ? "what a user leaves behind is ended at logout" : "processes survive a logout",
            "On that machine: loginctl enable-linger");
    }
    std::vector<CheckResult> take() { return std::move(m_results); }

private:
    NodeId m_node;
    const NodeFacts& m_facts;
    std::vector<CheckResult> m_results;
};

/// One machine: its session stays open for the checks of pairs.
class Examined {
public:
    void examine(const SshNode& node, const std::string& architecture, const SshAccess& access,
                 std::stop_token stop, const std::function<void(const CheckResult&)>& found) {
        // The last machine's stages are the node's own; those of a jump host count when they fail.
        std::vector<SshStage> begun;
        std::string where;
        SshObserver observer;
        observer.stage = [&](const SshHop& hop, SshStage stage) {
            begun.push_back(stage);
            where = hop.address.text();
        };
        auto session = SshSession::open(node.route, access.settings, access.questions, stop, observer);
        tellWayIn(node, begun, session ? nullptr : &session.error(), found);
        if (!session) {
            return;
        }
        m_session.emplace(std::move(*session));
        const double before = static_cast<double>(UtcTime::now().microseconds) / 1e6;
        std::string noise;
        const auto facts = lookAt(*m_session, stop, &noise);
        const double after = static_cast<double>(UtcTime::now().microseconds) / 1e6;
        if (!facts) {
            found({node.node, std::nullopt, "shell", false, facts.error().text,
                   "Make the login shell there run commands without ending early."});
            return;
        }
        found({node.node, std::nullopt, "shell", true,
               noise.empty() ? "runs commands" : "runs commands, and prints: " + printable(noise, 200), ""});
        std::istringstream connection(facts->value("connection"));
        std::string from;
        std::string fromPort;
        connection >> from >> fromPort >> m_address >> m_port;
        m_deployed = !facts->value("current").empty();
        // The script says the time when it begins, early in between.
        const double offset = static_cast<double>(facts->number("clock")) + 0.5 - (before + after) / 2;
        for (const CheckResult& result : judgeFacts(node.node, *facts, architecture, offset)) {
            found(result);
        }
    }

    bool usable() const { return m_session.has_value() && isSshHost(m_address); }
    const std::string& address() const { return m_address; }
    bool deployed() const { return m_deployed; }
    std::uint16_t sshPort() const { return parsePort(m_port).value_or(kSshPort); }
    SshSession& session() { return *m_session; }

private:
    static void tellWayIn(const SshNode& node, const std::vector<SshStage>& begun, const Error* error,
                          const std::function<void(const CheckResult&)>& found) {
        const auto tell = [&](SshStage stage, bool ok) {
            const WayIn way = wayInOf(stage);
            found({node.node, std::nullopt, way.check, ok, ok ? "good" : error->text, ok ? "" : way.remedy});
        };
        if (error == nullptr) {
            for (const SshStage stage :
                 {SshStage::Resolve, SshStage::Connect, SshStage::HostKey, SshStage::Login}) {
                tell(stage, true);
            }
            return;
        }
        const SshStage failed = begun.empty() ? SshStage::Resolve : begun.back();
        for (const SshStage stage :
             {SshStage::Resolve, SshStage::Connect, SshStage::HostKey, SshStage::Login}) {
            if (stage >= failed || (stage == SshStage::Connect && failed == SshStage::Handshake)) {
                break;
            }
            tell(stage, true);
        }
        tell(failed, false);
    }

    std::optional<SshSession> m_session;
    std::string m_address;
    std::string m_port;
    bool m_deployed = false;
};

/// "tcp://10.0.0.1:4711" → 4711; 0: none.
std::uint16_t portOf(const std::string& endpoint) {
    const auto colon = endpoint.rfind(':');
    return colon == std::string::npos ? std::uint16_t{0} : parsePort(endpoint.substr(colon + 1)).value_or(0);
}

void checkPair(const SshNode& from, Examined& source, const SshNode& to, const Examined& target,
               const std::vector<RosterEntry>& agents, const std::stop_token& stop,
               const std::function<void(const CheckResult&)>& found) {
    std::uint16_t port = target.sshPort();
    for (const RosterEntry& entry : agents) {
        port = entry.node == to.node && portOf(entry.endpoint) != 0 ? portOf(entry.endpoint) : port;
    }
    const auto seconds = source.session().reach(target.address(), port, kReachPatience, stop);
    found({from.node, to.node, "reach", seconds.has_value(),
           seconds ? fmt::format("{} port {} in {:.1f} ms", target.address(), port, *seconds * 1000)
                   : seconds.error().text,
           seconds ? "" : "Let the nodes reach each other at all TCP ports, at these addresses."});
}

}  // namespace

std::vector<CheckResult> judgeFacts(const NodeId& node, const NodeFacts& facts,
                                    const std::string& architecture, double clockOffset) {
    Judge judge(node, facts);
    const bool fits = facts.value("kernel") == "Linux" && facts.value("machine") == architecture;
    judge.add(
        "machine", fits,
        printable(fmt::format("{} {}, {} processors, {}, {}", facts.value("kernel"), facts.value("machine"),
                              facts.value("processors"), facts.value("cpu"), facts.value("glibc")),
                  300),
        fmt::format("A node has to be a Linux machine of the kind {}, like this one.", architecture));
    judge.home();
    judge.enough("disk", "free_kib", kDiskKibMin, "Make 2 GB free in the user's home.");
    judge.enough("memory", "memory_kib", kMemoryKibMin,
                 "End other programs there, or choose a machine with more.");
    std::string missing;
    for (const std::string& tool : facts.missingTools) {
        missing += (missing.empty() ? "" : ", ") + printable(tool, 40);
    }
    judge.add("tools", missing.empty(), missing.empty() ? "all there" : missing + " missing",
              "Install coreutils, findutils, grep, sed and tar.");
    judge.limits();
    judge.add("clock", std::abs(clockOffset) <= kClockOffsetMax,
              std::abs(clockOffset) < 2 ? std::string("agrees with this machine's")
                                        : fmt::format("{:.0f} s {} this machine's", std::abs(clockOffset),
                                                      clockOffset > 0 ? "ahead of" : "behind"),
              "Turn time synchronisation on there: timedatectl set-ntp true");
    judge.stays();
    return judge.take();
}

void checkNodes(const std::vector<SshNode>& nodes, const std::vector<RosterEntry>& agents,
                const std::string& architecture, const SshAccess& access, std::stop_token stop,
                const std::function<void(const CheckResult&)>& found) {
    std::mutex mutex;
    const auto oneAtATime = oneByOne(mutex, found);
    std::vector<Examined> examined(nodes.size());
    sideBySide(nodes.size(), [&](std::size_t index) {
        examined[index].examine(nodes[index], architecture, access, stop, oneAtATime);
    });
    sideBySide(nodes.size(), [&](std::size_t from) {
        for (std::size_t to = 0; to < nodes.size() && examined[from].usable(); ++to) {
            if (to != from && examined[to].usable()) {
                checkPair(nodes[from], examined[from], nodes[to], examined[to], agents, stop, oneAtATime);
            }
        }
    });
    std::vector<PairEnd> ends;
    for (std::size_t index = 0; index < nodes.size(); ++index) {
        if (Examined& one = examined[index]; one.usable()) {
            ends.push_back({nodes[index].node, &one.session(), one.address(), one.deployed()});
        }
    }
    measurePairs(ends, stop, found);
}

}  // namespace longship
