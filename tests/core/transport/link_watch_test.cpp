#include "core/transport/zmq/link_watch.h"

#include <gtest/gtest.h>

#include <thread>

#include "core/base/random.h"
#include "tests/support/test_meshes.h"

namespace longship {
namespace {

using namespace std::chrono_literals;
using test::TestPorts;
using zeromq::LinkWatch;
using zeromq::WireSample;

constexpr Duration kPatience = 2s;

WireSample onItsWay(Duration sinceAnswer, std::uint64_t bytes = 1000) {
    return {bytes, true, sinceAnswer};
}

class Watching : public testing::Test {
protected:
    /// Looks at the link to rank 1 and lets a period pass.
    void look(const std::optional<WireSample>& sample) {
        watch.look(1, sample, now);
        now += watch.period();
    }
    bool isSilent() const { return !watch.silent(now).empty(); }

    LinkWatch watch{3, kPatience};
    TimePoint now = TimePoint() + 1h;
};

TEST_F(Watching, ALinkThatAcknowledgesNothingIsSilentAfterThePatience) {
    const TimePoint began = now;
    while (!isSilent()) {
        ASSERT_LE(now - began, kPatience);
        look(onItsWay(now - began, 4711));
    }
    EXPECT_GE(now - began, kPatience);
    EXPECT_EQ(watch.silent(now), (std::vector<LinkTrouble>{{1, true, 4711}}));
}

TEST_F(Watching, NothingOnItsWayIsNoSilence) {
    for (int i = 0; i < 100; ++i) {
        look(WireSample{0, false, 1h});
        EXPECT_FALSE(isSilent());
    }
    look(std::nullopt);
    EXPECT_FALSE(isSilent());
}

TEST_F(Watching, DataThatWasJustSentIsNotSilentForTheTimeBefore) {
    look(onItsWay(1h));  // The last answer came long ago, because nothing was sent since.
    EXPECT_FALSE(isSilent());
    now += 1h;  // Computes for long, and sends again.
    look(onItsWay(1h));
    EXPECT_FALSE(isSilent());
}

// Whatever the answers look like: as long as one comes within half of the patience, the link is not silent.
TEST_F(Watching, NoLinkWithAnswersIsEverBlamed) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        SeededRandom random(seed);
        LinkWatch link(3, kPatience);
        TimePoint time = TimePoint() + 1h;
        TimePoint answered = time;
        for (int i = 0; i < 300; ++i) {
            time += std::chrono::milliseconds(1 + random.below(500));
            if (random.below(3) == 0 || time - answered > kPatience / 2) {
                answered = time - std::chrono::milliseconds(random.below(100));
            }
            link.look(1, onItsWay(time - answered), time);
            ASSERT_TRUE(link.silent(time).empty()) << "seed " << seed << ", look " << i;
        }
    }
}

TEST_F(Watching, ProbesWhereNothingIsOnItsWayAndNotTooOften) {
    look(WireSample{0, false, 1h});
    EXPECT_TRUE(watch.wantsProbe(1, now));
    EXPECT_FALSE(watch.wantsProbe(1, now));
    now += kPatience / 4;
    EXPECT_TRUE(watch.wantsProbe(1, now));
    look(onItsWay(0s));
    now += kPatience / 4;
    EXPECT_FALSE(watch.wantsProbe(1, now)) << "what is on its way is a probe itself";
}

class BusyPeers : public testing::TestWithParam<bool> {
protected:
    BusyPeers() {
        for (DataPlan& plan : ports.plans) {
            plan.stuckAfter = 200ms;
            plan.report = std::make_shared<LinkReport>();
        }
        for (auto& result : ports.enterAll()) {
            EXPECT_TRUE(result) << result.error().text;
            meshes.push_back(std::move(result.value()));
        }
    }

    TestPorts ports{2, GetParam()};
    std::vector<std::unique_ptr<Mesh>> meshes;
};

TEST_P(BusyPeers, AreNotBlamedWhenTheySendNothing) {
    const auto frame = meshes[0]->receive(BootClock::now() + 1500ms);
    ASSERT_FALSE(frame);
    EXPECT_NE(frame.error().text.find("no message came in time"), std::string::npos) << frame.error().text;
    EXPECT_TRUE(ports.plans[0].report->troubles().empty());
}

TEST_P(BusyPeers, AreNotBlamedWhenTheyTakeNothing) {
    // More than all queues on the way can hold: the peer's kernel has no more room, and says so.
    const std::vector<std::byte> bytes(Mesh::kPayloadMax);
    for (std::uint32_t chunk = 0; chunk < 200; ++chunk) {
        ASSERT_TRUE(meshes[0]->send(1, {1, 1, 0, chunk, 0}, bytes));
    }
    const auto flushed = meshes[0]->flush(BootClock::now() + 2s);
    ASSERT_FALSE(flushed);
    EXPECT_NE(flushed.error().text.find("could not be sent in time"), std::string::npos)
        << flushed.error().text;
    EXPECT_TRUE(ports.plans[0].report->troubles().empty());
}

TEST_P(BusyPeers, ThatCloseTheirLinksAreNamedWithoutSilence) {
    meshes[1]->abandon();
    const auto frame = meshes[0]->receive(BootClock::now() + 20s);
    ASSERT_FALSE(frame);
    EXPECT_EQ(ports.plans[0].report->troubles(), (std::vector<LinkTrouble>{{1, false, 0}}));
}

INSTANTIATE_TEST_SUITE_P(Kinds, BusyPeers, testing::Bool(),
                         [](const auto& kind) { return kind.param ? "Encrypted" : "Plain"; });

}  // namespace
}  // namespace longship
