#include "core/telemetry/kernel_text.h"

#include <gtest/gtest.h>

namespace longship {
namespace {

constexpr std::string_view kStat =
    "cpu  1000 20 300 8000 600 5 15 60 40 0\n"
    "cpu0 500 10 150 4000 300 5 10 30 20 0\n"
    "cpu1 500 10 150 4000 300 0 5 30 20 0\n"
    "intr 123456 0 0\n"
    "ctxt 99\n";

TEST(KernelText, CpuTimesCountWaitingForDisksAsIdle) {
    const auto times = parseCpuTimes(kStat);
    ASSERT_TRUE(times);
    EXPECT_EQ(times->total, 10'000u) << "guest time (40) is part of user time already";
    EXPECT_EQ(times->busy, 1'400u);
    EXPECT_EQ(times->cores, 2u);
}

TEST(KernelText, CpuTimesOfAnotherFormAreNone) {
    EXPECT_FALSE(parseCpuTimes(""));
    EXPECT_FALSE(parseCpuTimes("cpu  1 2\n"));
    EXPECT_FALSE(parseCpuTimes("intr 1 2 3 4 5\n"));
    EXPECT_FALSE(parseCpuTimes("cpu  a b c d\n"));
}

TEST(KernelText, MemoryIsInBytes) {
    const auto memory = parseMemory(
        "MemTotal:       16384 kB\nMemFree:         1000 kB\nMemAvailable:    4096 kB\nBuffers: 1 kB\n");
    ASSERT_TRUE(memory);
    EXPECT_EQ(*memory, (MemoryAmounts{16384 * 1024, 4096 * 1024}));
    EXPECT_FALSE(parseMemory("MemTotal: 16384 kB\n"));
    EXPECT_FALSE(parseMemory("MemTotal: 1 kB\nMemAvailable: 2 kB\n")) << "more available than there is";
}

TEST(KernelText, InterfacesAreReadWithAndWithoutASpaceBehindTheColon) {
    const auto interfaces = parseInterfaces(
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo\n"
        "    lo:    3267      29    0    0    0     0          0         0     3267      29    0    0    0 0 "
        "0 0\n"
        "  eth0:165933292    3878    0    0    0     0          0         0   134553    1708    0    0  0 0 "
        "0 0\n"
        "broken: 12\n");
    ASSERT_EQ(interfaces.size(), 2u);
    EXPECT_EQ(interfaces.at("lo"), (InterfaceCounters{3267, 3267}));
    EXPECT_EQ(interfaces.at("eth0"), (InterfaceCounters{165933292, 134553}));
}

TEST(KernelText, NamesTellVirtualInterfaces) {
    for (const char* name : {"lo", "docker0", "veth12ab", "br-99", "tun0", "ifb0"}) {
        EXPECT_TRUE(isVirtualInterface(name)) << name;
    }
    for (const char* name : {"eth0", "enp3s0", "wlan0", "ib0", "bond0"}) {
        EXPECT_FALSE(isVirtualInterface(name)) << name;
    }
}

TEST(KernelText, AProcessMayHaveAnyName) {
    const auto times = parseProcessTimes(
        "4711 (a ) S (x) R 1 1 1 0 -1 4194304 99 0 0 0 250 50 7 8 20 0 1 0 129877 3133440 418 1 2 3\n");
    ASSERT_TRUE(times);
    EXPECT_EQ(*times, (ProcessTimes{300, 129877}));
    EXPECT_FALSE(parseProcessTimes("4711 (short) R 1 1 1"));
    EXPECT_FALSE(parseProcessTimes("no name at all"));
}

TEST(KernelText, ResidentPagesAreTheSecondField) {
    EXPECT_EQ(parseResidentPages("765 446 418 5 0 123 0\n"), 446u);
    EXPECT_FALSE(parseResidentPages("765"));
    EXPECT_FALSE(parseResidentPages(""));
}

TEST(KernelText, ImpossibleTemperaturesAreNone) {
    EXPECT_EQ(parseMillidegrees("45500\n"), 45.5);
    EXPECT_EQ(parseMillidegrees("-5000\n"), -5.0);
    EXPECT_FALSE(parseMillidegrees("-273200\n"));
    EXPECT_FALSE(parseMillidegrees("255000\n"));
    EXPECT_FALSE(parseMillidegrees("hot\n"));
    EXPECT_FALSE(parseMillidegrees(""));
}

}  // namespace
}  // namespace longship
