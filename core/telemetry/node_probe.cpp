#include "core/telemetry/node_probe.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/base/files.h"
#include "core/telemetry/gpu_probe.h"

namespace longship {
namespace {

constexpr std::size_t kKernelTextBytesMax = std::size_t{1} << 20;

/// Empty when the file cannot be read: the number it holds is then not shown.
std::string readText(const std::filesystem::path& path) {
    return readFile(path, kKernelTextBytesMax).value_or(std::string());
}

std::string firstLine(const std::filesystem::path& path) {
    std::string text = readText(path);
    text.resize(std::min(text.find('\n'), text.size()));
    return text;
}

/// Counters can restart (an interface that was taken down); a rate is never negative.
double rate(std::uint64_t before, std::uint64_t after, double seconds) {
    return after > before && seconds > 0 ? static_cast<double>(after - before) / seconds : 0.0;
}

std::vector<std::filesystem::path> sortedEntries(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> entries;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        entries.push_back(entry->path());
    }
    std::sort(entries.begin(), entries.end());
    return entries;
}

}  // namespace

NodeProbe::NodeProbe(Options options)
    : m_options(std::move(options)),
      m_ticksPerSecond(static_cast<double>(::sysconf(_SC_CLK_TCK))),
      m_pageBytes(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))),
      m_temperatureFile(findTemperature()) {
    if (m_options.gpus) {
        m_gpus = std::make_unique<GpuProbe>(GpuProbe::Options{});
    }
}

NodeProbe::~NodeProbe() = default;

NodeSample NodeProbe::sample(std::span<const int> ownProcesses, LinkBytes ownLinks, Duration timerLag,
                             UtcTime wallTime, TimePoint now) {
    const double seconds = m_before ? toSeconds(now - *m_before) : 0.0;
    NodeSample sample;
    sample.time = wallTime;
    measureMachine(sample, seconds);
    measureInterfaces(sample, seconds);
    measureDisk(sample);
    measureOwn(sample, ownProcesses, seconds);
    sample.ownReceived = rate(m_links.received, ownLinks.received, seconds);
    sample.ownSent = rate(m_links.sent, ownLinks.sent, seconds);
    sample.timerLagMs = toSeconds(timerLag) * 1e3;
    if (!m_temperatureFile.empty()) {
        sample.temperatureCelsius = parseMillidegrees(readText(m_temperatureFile));
    }
    if (m_gpus != nullptr) {
        sample.gpus = m_gpus->latest(now);
    }
    m_links = ownLinks;
    m_before = now;
    return sample;
}

void NodeProbe::measureMachine(NodeSample& sample, double seconds) {
    if (const auto cpu = parseCpuTimes(readText(m_options.proc / "stat"))) {
        if (seconds > 0 && cpu->total > m_cpu.total && cpu->busy >= m_cpu.busy) {
            sample.cpu = std::min(1.0, static_cast<double>(cpu->busy - m_cpu.busy) /
                                           static_cast<double>(cpu->total - m_cpu.total));
        }
        sample.cores = cpu->cores;
        m_cpu = *cpu;
    }
    if (const auto memory = parseMemory(readText(m_options.proc / "meminfo"))) {
        sample.memoryTotal = memory->total;
        sample.memoryUsed = memory->total - memory->available;
    }
}

void NodeProbe::measureInterfaces(NodeSample& sample, double seconds) {
    std::map<std::string, InterfaceCounters> interfaces;
    for (auto& [name, counters] : parseInterfaces(readText(m_options.proc / "net" / "dev"))) {
        if (!isPhysical(name)) {
            continue;
        }
        if (const auto before = m_interfaces.find(name); before != m_interfaces.end()) {
            sample.networkReceived += rate(before->second.received, counters.received, seconds);
            sample.networkSent += rate(before->second.sent, counters.sent, seconds);
        }
        interfaces.emplace(name, counters);
    }
    m_interfaces = std::move(interfaces);
}

bool NodeProbe::isPhysical(const std::string& interface) const {
    // A container's own eth0 has no device; there the name decides.
    std::error_code ignored;
    return std::filesystem::exists(m_options.sys / "class" / "net" / interface / "device", ignored) ||
           !isVirtualInterface(interface);
}

void NodeProbe::measureDisk(NodeSample& sample) const {
    struct statvfs status {};
    if (::statvfs(m_options.dataFolder.c_str(), &status) != 0) {
        return;
    }
    const std::uint64_t unit = status.f_frsize;
    sample.diskTotal = status.f_blocks * unit;
    // Blocks kept for root are as good as used for us.
    sample.diskUsed = sample.diskTotal - std::min(sample.diskTotal, status.f_bavail * unit);
}

void NodeProbe::measureOwn(NodeSample& sample, std::span<const int> processes, double seconds) {
    std::map<int, ProcessTimes> current;
    for (const int process : processes) {
        const std::filesystem::path folder = m_options.proc / std::to_string(process);
        const auto times = parseProcessTimes(readText(folder / "stat"));
        const auto pages = parseResidentPages(readText(folder / "statm"));
        if (!times || !pages) {
            continue;
        }
        sample.ownMemory += *pages * m_pageBytes;
        const auto before = m_processes.find(process);
        if (before != m_processes.end() && before->second.started == times->started) {
            sample.ownCpu += rate(before->second.ticks, times->ticks, seconds) / m_ticksPerSecond;
        }
        current.emplace(process, *times);
    }
    m_processes = std::move(current);
}

std::filesystem::path NodeProbe::findTemperature() const {
    // The processor's own sensor first; a board without one may still have a thermal zone.
    static constexpr std::array<std::string_view, 5> kSensors = {"coretemp", "k10temp", "zenpower",
                                                                 "cpu_thermal", "soc_thermal"};
    for (const auto& sensor : sortedEntries(m_options.sys / "class" / "hwmon")) {
        const std::string name = firstLine(sensor / "name");
        if (std::find(kSensors.begin(), kSensors.end(), name) != kSensors.end() &&
            parseMillidegrees(readText(sensor / "temp1_input"))) {
            return sensor / "temp1_input";
        }
    }
    std::filesystem::path any;
    for (const auto& zone : sortedEntries(m_options.sys / "class" / "thermal")) {
        const std::string type = firstLine(zone / "type");
        if (!parseMillidegrees(readText(zone / "temp"))) {
            continue;
        }
        if (type == "x86_pkg_temp" || type.starts_with("cpu")) {
            return zone / "temp";
        }
        if (any.empty()) {
            any = zone / "temp";
        }
    }
    return any;
}

}  // namespace longship
