#include "core/telemetry/node_probe.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "tests/support/temp_folder.h"

namespace longship {
namespace {

using namespace std::chrono_literals;

/// A /proc and a /sys of our own, so that every number is known.
class FakeMachine {
public:
    FakeMachine() {
        write("proc/meminfo", "MemTotal: 2000 kB\nMemAvailable: 500 kB\n");
        write("proc/stat", "cpu  100 0 0 900 0\ncpu0 50 0 0 450 0\ncpu1 50 0 0 450 0\n");
        write("proc/net/dev", "lo: 0 0 0 0 0 0 0 0 0\neth0: 1000 0 0 0 0 0 0 0 5000\n");
        write("sys/class/hwmon/hwmon0/name", "nvme\n");
        write("sys/class/hwmon/hwmon0/temp1_input", "90000\n");
        write("sys/class/hwmon/hwmon1/name", "coretemp\n");
        write("sys/class/hwmon/hwmon1/temp1_input", "52000\n");
    }

    void write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((m_folder.path() / name).parent_path());
        std::ofstream(m_folder.path() / name, std::ios::trunc) << text;
    }
    void writeProcess(int id, int ticks, int pages, int started) const {
        const std::string folder = "proc/" + std::to_string(id);
        write(folder + "/stat", std::to_string(id) + " (worker) R 1 1 1 0 -1 0 0 0 0 0 " +
                                    std::to_string(ticks) + " 0 0 0 20 0 1 0 " + std::to_string(started) +
                                    " 0\n");
        write(folder + "/statm", "9999 " + std::to_string(pages) + " 1 1 0 1 0\n");
    }
    NodeProbe::Options options() const {
        return {.dataFolder = m_folder.path(),
                .gpus = false,
                .proc = m_folder.path() / "proc",
                .sys = m_folder.path() / "sys"};
    }

private:
    test::TempFolder m_folder;
};

TEST(NodeProbe, RatesAreMeansSinceTheCallBefore) {
    const FakeMachine machine;
    NodeProbe probe(machine.options());
    const TimePoint start{};
    const NodeSample first = probe.sample({}, {1000, 1000}, 3ms, UtcTime{7}, start);
    EXPECT_EQ(first.time, UtcTime{7});
    EXPECT_EQ(first.cpu, 0.0);
    EXPECT_EQ(first.cores, 2u);
    EXPECT_EQ(first.memoryTotal, 2000u * 1024);
    EXPECT_EQ(first.memoryUsed, 1500u * 1024);
    EXPECT_EQ(first.networkReceived, 0.0);
    EXPECT_EQ(first.ownReceived, 0.0);
    EXPECT_EQ(first.timerLagMs, 3.0);
    EXPECT_EQ(first.temperatureCelsius, 52.0) << "the processor's sensor, not the disk's";
    EXPECT_GT(first.diskTotal, 0u);
    EXPECT_LE(first.diskUsed, first.diskTotal);

    machine.write("proc/stat", "cpu  175 0 0 925 0\ncpu0 0 0 0 0 0\ncpu1 0 0 0 0 0\n");
    machine.write("proc/net/dev", "lo: 9 0 0 0 0 0 0 0 9\neth0: 3000 0 0 0 0 0 0 0 4000\n");
    const NodeSample second = probe.sample({}, {5000, 1500}, 0ms, UtcTime{}, start + 2s);
    EXPECT_DOUBLE_EQ(second.cpu, 0.75);
    EXPECT_DOUBLE_EQ(second.networkReceived, 1000.0);
    EXPECT_DOUBLE_EQ(second.networkSent, 0.0) << "a counter that restarted is no negative rate";
    EXPECT_DOUBLE_EQ(second.ownReceived, 2000.0);
    EXPECT_DOUBLE_EQ(second.ownSent, 250.0);
}

TEST(NodeProbe, OwnProcessesAreSummedAndAReusedIdStartsAfresh) {
    const FakeMachine machine;
    machine.writeProcess(10, 100, 5, 1);
    machine.writeProcess(11, 100, 7, 1);
    NodeProbe probe(machine.options());
    const std::array<int, 3> ids = {10, 11, 12};
    const TimePoint start{};
    const auto pageBytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const auto ticksPerSecond = static_cast<int>(::sysconf(_SC_CLK_TCK));

    const NodeSample first = probe.sample(ids, {}, 0ms, {}, start);
    EXPECT_EQ(first.ownCpu, 0.0);
    EXPECT_EQ(first.ownMemory, 12 * pageBytes);

    machine.writeProcess(10, 100 + ticksPerSecond / 2, 5, 1);
    machine.writeProcess(11, 5000, 1, 2);
    EXPECT_DOUBLE_EQ(probe.sample(ids, {}, 0ms, {}, start + 1s).ownCpu, 0.5);
}

TEST(NodeProbe, MeasuresThisMachine) {
    NodeProbe probe({.dataFolder = "/", .gpus = false});
    const std::array<int, 1> self = {::getpid()};
    const NodeSample sample = probe.sample(self, {}, 0ms, UtcTime::now(), BootClock::now());
    EXPECT_GE(sample.cores, 1u);
    EXPECT_GT(sample.memoryUsed, 0u);
    EXPECT_LT(sample.memoryUsed, sample.memoryTotal);
    EXPECT_GT(sample.ownMemory, 100'000u);
}

TEST(NodeProbe, AMachineThatTellsNothingGivesAnEmptySample) {
    const test::TempFolder empty;
    NodeProbe probe({.dataFolder = empty.path() / "gone",
                     .gpus = false,
                     .proc = empty.path() / "proc",
                     .sys = empty.path() / "sys"});
    NodeSample nothing;
    nothing.time = UtcTime{1};
    EXPECT_EQ(probe.sample({}, {}, 0ms, UtcTime{1}, TimePoint{}), nothing);
}

}  // namespace
}  // namespace longship
