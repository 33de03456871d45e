#include "core/telemetry/kernel_log.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace longship {
namespace {

using namespace std::chrono_literals;

// Recorded lines.
TEST(KernelLog, NamesTheProcessThatWasKilledForMemory) {
    EXPECT_EQ(memoryVictim("3,2841,98770123,-;Out of memory: Killed process 4711 (longship-worker) "
                           "total-vm:8123456kB, anon-rss:7012345kB, file-rss:0kB, shmem-rss:0kB, UID:1000 "
                           "pgtables:14336kB oom_score_adj:0"),
              (MemoryVictim{4711, 98'770'123us}));
    EXPECT_EQ(memoryVictim("[  512.345678] Memory cgroup out of memory: Killed process 3021 "
                           "(longship-worke) total-vm:2125108kB, anon-rss:1046172kB, file-rss:1280kB"),
              (MemoryVictim{3021, 512'345'678us}));
    EXPECT_EQ(memoryVictim("[11686.043647] Out of memory: Kill process 2606 (mysqld) score 1000 or "
                           "sacrifice child"),
              (MemoryVictim{2606, 11'686'043'647us}));
    EXPECT_EQ(memoryVictim("Out of memory: Killed process 12 (a) b) c) total-vm:1kB"),
              (MemoryVictim{12, 0us}));
}

TEST(KernelLog, OtherLinesNameNobody) {
    for (const char* line :
         {"", "\n", "3,1,2,-;", "[", "[ ", "Out of memory: Killed process",
          "6,2840,98770001,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,"
          "global_oom,task_memcg=/user.slice,task=longship-worker,pid=4711,uid=1000",
          "4,2839,98769000,-;longship-worker invoked oom-killer: gfp_mask=0x140cca, order=0",
          "3,9,9,-;Out of memory: Killed process 99999999999999 (x)", "Out of memory: Killed process -5 (x)",
          "3,9,9,-;Out of memory: Killed process 47", "Out of memory: Killed process 4711, UID 0",
          "6,12,34,-;longship-worker[4711]: segfault at 0 ip 00007f error 4 in libtorch_cpu.so"}) {
        EXPECT_FALSE(memoryVictim(line)) << line;
    }
}

TEST(KernelLog, SaysNothingOfAProcessThatLives) {
    EXPECT_FALSE(wasKilledForMemory(::getpid()));
}

}  // namespace
}  // namespace longship
