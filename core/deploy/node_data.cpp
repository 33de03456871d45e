#include "core/deploy/node_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/deploy/node_scripts.h"
#include "core/deploy/side_by_side.h"
#include "core/deploy/upload.h"
#include "core/domain/catalog.h"

namespace longship {
namespace {

constexpr std::size_t kTokenBytes = 8;
// Hashing a large file on a slow disk says nothing meanwhile.
constexpr std::chrono::seconds kSilence{180};
constexpr std::uint64_t kSpareBytes = std::uint64_t{64} << 20;

/// One node, step by step.
class Delivery {
public:
    Delivery(const SshNode& node, const Bundle& data, const SshAccess& access, std::stop_token stop,
             const std::function<void(const DeployProgress&)>& progress)
        : m_node(node), m_data(data), m_access(access), m_stop(std::move(stop)), m_progress(progress) {}

    Result<void> run(const std::filesystem::path& usual, DataDelivery& result) {
        say("connect");
        LONGSHIP_ASSIGN(SshSession session,
                        SshSession::open(m_node.route, m_access.settings, m_access.questions, m_stop));
        say("look");
        LONGSHIP_ASSIGN(const NodeFacts facts, look(session, usual));
        if (facts.value("have") == "yes") {
            result.skipped = true;
            return {};
        }
        LONGSHIP_TRY(send(session, facts, result));
        return place(session);
    }

private:
    void say(std::string_view step, std::uint64_t bytes = 0, std::uint64_t bytesTotal = 0) const {
        if (m_progress) {
            m_progress({m_node.node, std::string(step), bytes, bytesTotal});
        }
    }

    Result<NodeFacts> look(SshSession& session, const std::filesystem::path& usual) const {
        std::vector<std::string> arguments{randomHex(kTokenBytes), m_data.id, usual.string()};
        for (const BundleFile& file : m_data.files) {
            arguments.push_back(file.sha256);
        }
        arguments.emplace_back(".");
        LONGSHIP_ASSIGN(const ScriptAnswer answer,
                        NodeShell(session).must({node_scripts::kDataLook, arguments, {}, {}, kSilence},
                                                "Looking for the data", m_stop));
        return parseFacts(answer.output);
    }

    Result<void> send(SshSession& session, const NodeFacts& facts, DataDelivery& result) const {
        std::vector<std::size_t> missing;
        for (std::size_t index = 0; index < m_data.files.size(); ++index) {
            const BundleFile& file = m_data.files[index];
            const auto there = facts.store.find(file.sha256);
            if (there == facts.store.end() || there->second != file.bytes) {
                missing.push_back(index);
                result.bytes += file.bytes;
            }
        }
        if (missing.empty()) {
            return {};
        }
        if (const std::uint64_t free = facts.number("free_kib") * 1024; free < result.bytes + kSpareBytes) {
            return failure(ErrorKind::Exhausted,
                           fmt::format("{} MB are free in {}, and the data needs {} MB.", free / 1'000'000,
                                       facts.value("home"), (result.bytes + kSpareBytes) / 1'000'000));
        }
        say("upload", 0, result.bytes);
        return upload(session, m_data, missing, m_stop,
                      [&](std::uint64_t bytes) { say("upload", bytes, result.bytes); });
    }

    Result<void> place(SshSession& session) const {
        say("place");
        std::vector<std::string> arguments{randomHex(kTokenBytes), m_data.id};
        for (const BundleFile& file : m_data.files) {
            arguments.push_back(file.sha256 + " " + file.path);
        }
        arguments.emplace_back(".");
        LONGSHIP_TRY(NodeShell(session).must({node_scripts::kDataPlace, arguments, {}, {}, kSilence},
                                             "Placing the data", m_stop));
        return {};
    }

    const SshNode& m_node;
    const Bundle& m_data;
    const SshAccess& m_access;
    std::stop_token m_stop;
    const std::function<void(const DeployProgress&)>& m_progress;
};

Result<void> findOn(const SshNode& node, const std::filesystem::path& usual, const SshAccess& access,
                    const std::stop_token& stop) {
    LONGSHIP_ASSIGN(SshSession session,
                    SshSession::open(node.route, access.settings, access.questions, stop));
    LONGSHIP_ASSIGN(const ScriptAnswer answer,
                    NodeShell(session).must({node_scripts::kDataUsual, {usual.string()}, {}},
                                            "Looking for the data", stop));
    if (parseFacts(answer.output).value("have") != "yes") {
        return failure(ErrorKind::NotFound,
                       fmt::format("{} is neither there nor on this machine.", usual.string()));
    }
    return {};
}

}  // namespace

Result<Bundle> dataOf(const JobSpec& job) {
    Bundle data;
    if (!job.dataset.csv.empty()) {
        LONGSHIP_ASSIGN(BundleFile table, bundleFileOf("table.csv", job.dataset.csv));
        data.files.push_back(std::move(table));
    } else {
        const std::filesystem::path folder = std::filesystem::path(kDatasetFolder) / job.dataset.name;
        std::error_code problem;
        for (const auto& entry : std::filesystem::directory_iterator(folder, problem)) {
            if (entry.is_regular_file(problem)) {
                LONGSHIP_ASSIGN(
                    BundleFile file,
                    bundleFileOf(job.dataset.name + "/" + entry.path().filename().string(), entry.path()));
                data.files.push_back(std::move(file));
            }
        }
        if (data.files.empty()) {
            return failure(ErrorKind::NotFound, fmt::format("There are no files in {}.", folder.string()));
        }
        std::sort(data.files.begin(), data.files.end(),
                  [](const BundleFile& a, const BundleFile& b) { return a.path < b.path; });
    }
    data.id = idOf(data);
    return data;
}

std::vector<DataDelivery> bringData(const std::vector<SshNode>& nodes, const Bundle& data,
                                    const std::filesystem::path& usual, const SshAccess& access,
                                    std::stop_token stop,
                                    const std::function<void(const DeployProgress&)>& progress) {
    std::vector<DataDelivery> results(nodes.size());
    std::mutex mutex;
    const auto oneAtATime = oneByOne(mutex, progress);
    sideBySide(nodes.size(), [&](std::size_t index) {
        DataDelivery& result = results[index];
        result.node = nodes[index].node;
        const TimePoint begin = BootClock::now();
        if (auto done = Delivery(nodes[index], data, access, stop, oneAtATime).run(usual, result); !done) {
            result.error = std::move(done).error();
        }
        result.seconds = toSeconds(BootClock::now() - begin);
    });
    return results;
}

std::vector<DataDelivery> findDataset(const std::vector<SshNode>& nodes, const std::filesystem::path& usual,
                                      const SshAccess& access, std::stop_token stop) {
    std::vector<DataDelivery> results(nodes.size());
    sideBySide(nodes.size(), [&](std::size_t index) {
        results[index].node = nodes[index].node;
        results[index].skipped = true;
        if (auto found = findOn(nodes[index], usual, access, stop); !found) {
            results[index].error = std::move(found).error();
        }
    });
    return results;
}

std::size_t JobDelivery::failed() const {
    return static_cast<std::size_t>(std::count_if(
        nodes.begin(), nodes.end(), [](const DataDelivery& result) { return result.error.has_value(); }));
}

Result<void> JobDelivery::complete() const {
    return failed() == 0 ? Result<void>()
                         : failure(ErrorKind::Unavailable,
                                   fmt::format("{} of {} nodes do not have the data of this job, so it was "
                                               "not started.",
                                               failed(), nodes.size()));
}

Result<JobDelivery> provideData(const JobSpec& job, const std::vector<SshNode>& nodes,
                                const SshAccess& access, std::stop_token stop,
                                const std::function<void(const DeployProgress&)>& progress) {
    const std::filesystem::path usual = std::filesystem::path(kDatasetFolder) / job.dataset.name;
    const bool isTable = !job.dataset.csv.empty();
    std::error_code ignored;
    const bool isHere = isTable || std::filesystem::is_directory(usual, ignored);
    JobDelivery delivery{job, {}};
    delivery.job.dataset.content.clear();
    if (!isHere) {
        delivery.nodes = findDataset(nodes, usual, access, std::move(stop));
        return delivery;
    }
    LONGSHIP_ASSIGN(const Bundle data, dataOf(delivery.job));
    delivery.job.dataset.content = data.id;
    delivery.nodes = bringData(nodes, data, isTable ? "-" : usual, access, std::move(stop), progress);
    return delivery;
}

}  // namespace longship
