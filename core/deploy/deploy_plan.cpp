#include "core/deploy/deploy_plan.h"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

namespace longship {
namespace {

// For the agent's history and logs.
constexpr std::uint64_t kSpareBytes = std::uint64_t{64} << 20;

std::uint64_t numberIn(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc() && end == text.data() + text.size() ? number : 0;
}

Result<void> checkMachine(const NodeFacts& node, const Bundle& bundle) {
    if (node.value("kernel") != "Linux") {
        return failure(ErrorKind::Refused,
                       fmt::format("It runs {}, and Longship needs Linux.", node.value("kernel")));
    }
    if (node.value("machine") != bundle.architecture) {
        return failure(
            ErrorKind::Refused,
            fmt::format("It is a machine of the kind {}, and the Longship on this machine is built for {}: "
                        "nothing was copied. Nodes of one cluster have to be of one kind.",
                        node.value("machine"), bundle.architecture));
    }
    if (!node.missingTools.empty()) {
        return failure(ErrorKind::Refused,
                       fmt::format("It lacks the program {}, which every Linux should have.",
                                   *node.missingTools.begin()));
    }
    if (node.value("writable") != "yes") {
        return failure(ErrorKind::Refused,
                       fmt::format("Nothing can be written into {}: is the disk full, or mounted read-only?",
                                   node.value("home")));
    }
    if (node.value("executable") != "yes") {
        return failure(
            ErrorKind::Refused,
            fmt::format("No program can be started from {}: it is mounted noexec. A home on another file "
                        "system is needed.",
                        node.value("home")));
    }
    return {};
}

bool isCurrent(const NodeFacts& node, const Bundle& bundle) {
    return node.value("current") == bundle.id && node.versions.contains(bundle.id);
}

}  // namespace

std::string NodeFacts::value(std::string_view name) const {
    const auto found = values.find(name);
    return found == values.end() ? std::string() : found->second;
}

std::uint64_t NodeFacts::number(std::string_view name) const {
    return numberIn(value(name));
}

NodeFacts parseFacts(std::string_view text) {
    NodeFacts facts;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        const auto equals = line.find('=');
        if (equals == std::string::npos) {
            continue;
        }
        const std::string name = line.substr(0, equals);
        const std::string value = line.substr(equals + 1);
        if (name == "blob") {
            const auto blank = value.find(' ');
            if (blank != std::string::npos) {
                facts.store[value.substr(blank + 1)] = numberIn(std::string_view(value).substr(0, blank));
            }
        } else if (name == "version") {
            facts.versions.insert(value);
        } else if (name == "missing_tool") {
            facts.missingTools.insert(value);
        } else if (name == "worker") {
            ++facts.workers;
        } else {
            facts.values[name] = value;
        }
    }
    return facts;
}

std::string_view toString(DeployStepKind kind) {
    switch (kind) {
        case DeployStepKind::Upload: return "upload";
        case DeployStepKind::ReadBack: return "verify";
        case DeployStepKind::Runtime: return "runtime";
        case DeployStepKind::Switch: return "switch";
        case DeployStepKind::Start: return "start";
        case DeployStepKind::Prove: return "prove";
    }
    return "?";
}

bool isNeededByRun(const NodeFacts& node, const Bundle& bundle) {
    return node.workers > 0 && !isCurrent(node, bundle);
}

Result<std::vector<DeployStep>> planDeploy(const NodeFacts& node, const Bundle& bundle) {
    LONGSHIP_TRY(checkMachine(node, bundle));
    DeployStep upload{DeployStepKind::Upload};
    DeployStep runtime{DeployStepKind::Runtime};
    std::set<std::string> seen;
    for (std::size_t index = 0; index < bundle.files.size(); ++index) {
        const BundleFile& file = bundle.files[index];
        const auto there = node.store.find(file.sha256);
        if ((there != node.store.end() && there->second == file.bytes) || !seen.insert(file.sha256).second) {
            continue;
        }
        DeployStep& step = file.ofAgent ? upload : runtime;
        step.files.push_back(index);
        step.bytes += file.bytes;
    }
    if (isNeededByRun(node, bundle)) {
        return failure(
            ErrorKind::Refused,
            "A run uses another version of Longship there. Its programs are replaced only when no run needs "
            "them: stop the run, or deploy after its end.");
    }
    const std::uint64_t needed = upload.bytes + runtime.bytes;
    if (const std::uint64_t free = node.number("free_kib") * 1024;
        needed > 0 && free < needed + kSpareBytes) {
        return failure(ErrorKind::Exhausted,
                       fmt::format("{} MB are free in {}, and {} MB are needed.", free / 1'000'000,
                                   node.value("home"), (needed + kSpareBytes) / 1'000'000));
    }
    std::vector<DeployStep> steps;
    if (!upload.files.empty()) {
        steps.push_back(upload);
        steps.push_back({DeployStepKind::ReadBack, std::move(upload.files), upload.bytes});
    }
    if (!runtime.files.empty()) {
        steps.push_back(std::move(runtime));
    }
    if (!isCurrent(node, bundle)) {
        steps.push_back({DeployStepKind::Switch});
    }
    steps.push_back({DeployStepKind::Start});
    steps.push_back({DeployStepKind::Prove});
    return steps;
}

}  // namespace longship
