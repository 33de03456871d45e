#include "core/domain/run_event.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "tests/support/run_records.h"

namespace longship {
namespace {

TEST(RunEvent, EveryBodySurvivesJson) {
    std::set<std::size_t> seen;
    for (const RunEventBody& body : test::oneOfEach("epochs: 1\n")) {
        seen.insert(body.index());
        const auto back = runEventFrom(nameOf(body), toJson(body));
        ASSERT_TRUE(back) << nameOf(body) << " " << toJson(body);
        EXPECT_EQ(*back, body) << toJson(body);
    }
    EXPECT_EQ(seen.size(), std::variant_size_v<RunEventBody>) << "a body is not tested";
}

TEST(RunEvent, LargeNumbersKeepAllTheirDigits) {
    const RunEventBody body = ModelSaved{NodeId("a"), std::numeric_limits<std::uint64_t>::max(), ""};
    EXPECT_EQ(runEventFrom("model_saved", toJson(body)), body);
}

TEST(RunEvent, ALossThatIsNoNumberIsReadAsNan) {
    const RunEventBody body = EvaluationFinished{1, 0, std::numeric_limits<double>::infinity(), 0, 10};
    const auto back = runEventFrom("evaluation_finished", toJson(body));
    ASSERT_TRUE(back);
    EXPECT_TRUE(std::isnan(std::get<EvaluationFinished>(*back).loss));
}

TEST(RunEvent, BytesThatAreNoUtf8DoNotThrow) {
    const RunEventBody body = IncidentRaised{NodeId("a"), TaskId(), "what", "", "", "\xff\xfe torn"};
    const auto back = runEventFrom("incident_raised", toJson(body));
    ASSERT_TRUE(back);
    EXPECT_EQ(std::get<IncidentRaised>(*back).what, "what");
}

TEST(RunEvent, AnIncidentOfAnOlderVersionHasNoChoices) {
    const auto back = runEventFrom("incident_raised",
                                   R"({"node":"a","task":"","what":"w","why":"","action":"","last_log":""})");
    ASSERT_TRUE(back);
    EXPECT_TRUE(std::get<IncidentRaised>(*back).choices.empty());
}

TEST(RunEvent, BadJsonIsNone) {
    const std::string good = toJson(StateChanged{RunState::Training});
    EXPECT_TRUE(runEventFrom("state_changed", good));
    for (const std::string bad : {"", "{", "null", "[]", "7", "{}", R"({"state":7})",
                                  R"({"state":"sailing"})", R"({"state":null})"}) {
        EXPECT_FALSE(runEventFrom("state_changed", bad)) << bad;
    }
    EXPECT_FALSE(runEventFrom("nothing_such", good));
    EXPECT_FALSE(runEventFrom("", good));
    EXPECT_FALSE(runEventFrom("model_saved", R"({"node":"a","bytes":-1,"sha256":""})"));
    EXPECT_FALSE(runEventFrom("model_saved", R"({"node":"a","bytes":1.5,"sha256":""})"));
    EXPECT_FALSE(runEventFrom(
        "task_changed", R"({"task":"a","generation":4294967296,"node":"a","state":"ready","detail":""})"));
    EXPECT_FALSE(runEventFrom("membership_committed",
                              R"({"number":1,"term":1,"base_step":0,"members":[{}],"reason":""})"));
    EXPECT_FALSE(runEventFrom("state_changed", std::string(100'000, '[')));
}

TEST(RunEvent, StatesHaveNamesBothWays) {
    for (int value = 0; value <= static_cast<int>(RunState::Paused); ++value) {
        const auto state = static_cast<RunState>(value);
        EXPECT_EQ(runStateFrom(toString(state)), state);
    }
    EXPECT_FALSE(runStateFrom("sailing"));
}

}  // namespace
}  // namespace longship
