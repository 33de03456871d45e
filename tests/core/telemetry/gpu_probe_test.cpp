#include "core/telemetry/gpu_probe.h"

#include <gtest/gtest.h>

#include <thread>

namespace longship {
namespace {

using namespace std::chrono_literals;

template <typename Condition>
bool waitUntil(Condition condition) {
    const TimePoint deadline = BootClock::now() + 5s;
    while (!condition()) {
        if (BootClock::now() > deadline) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

TEST(GpuProbe, WithoutTheLibraryThereAreNoGpus) {
    const GpuProbe probe({.library = "liblongship-no-such-library.so"});
    EXPECT_TRUE(probe.latest(BootClock::now()).empty());
    EXPECT_FALSE(probe.isStuck(BootClock::now() + 1h));
}

TEST(GpuProbe, ShowsWhatEachGpuTells) {
    const GpuProbe probe({.library = FAKE_NVML});
    ASSERT_TRUE(waitUntil([&] { return probe.latest(BootClock::now()).size() == 2; }));
    const auto gpus = probe.latest(BootClock::now());
    EXPECT_EQ(gpus[0], (GpuSample{"Fake GPU", 0.75, 600, 1000, 61.0}));
    EXPECT_EQ(gpus[1], (GpuSample{"Fake GPU", 0.0, 600, 1000, std::nullopt}));
    EXPECT_TRUE(probe.latest(BootClock::now() + 1min).empty())
        << "an old sample is not shown as if it were new";
}

TEST(GpuProbe, ADriverThatHangsHoldsUpNobody) {
    const TimePoint begin = BootClock::now();
    {
        const GpuProbe probe({.library = FAKE_NVML_STUCK, .patience = 10ms});
        EXPECT_TRUE(probe.latest(BootClock::now()).empty());
        EXPECT_TRUE(waitUntil([&] { return probe.isStuck(BootClock::now()); }));
        EXPECT_TRUE(probe.latest(BootClock::now()).empty());
    }
    EXPECT_LT(BootClock::now() - begin, 5s);
}

}  // namespace
}  // namespace longship
