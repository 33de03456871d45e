#include "core/domain/phrase.h"

#include <gtest/gtest.h>

#include <set>

#include "core/domain/run_event.h"

namespace longship {
namespace {

/// The pattern with its gaps filled.
std::string filled(std::string_view pattern) {
    std::string text(pattern);
    int number = 0;
    for (std::size_t gap = text.find('{'); gap != std::string::npos; gap = text.find('{')) {
        text.replace(gap, 3, "value" + std::to_string(++number));
    }
    return text;
}

TEST(Phrase, EveryPatternIsRecognizedAsItself) {
    std::set<std::string_view> kinds;
    for (const PhrasePattern& pattern : phrasePatterns()) {
        EXPECT_TRUE(kinds.insert(pattern.kind).second) << pattern.kind << " stands there twice";
        const Phrase phrase = phraseOf(filled(pattern.english));
        EXPECT_EQ(phrase.kind, pattern.kind);
        for (std::size_t i = 0; i < phrase.values.size(); ++i) {
            EXPECT_EQ(phrase.values[i], "value" + std::to_string(i + 1)) << pattern.english;
        }
    }
}

TEST(Phrase, ValuesAreWhatStandsInTheGaps) {
    EXPECT_EQ(phraseOf("worker-1 on node-b ended: killed by signal 9 (SIGKILL)"),
              (Phrase{"task-killed", {"worker-1", "node-b", "9", "SIGKILL"}}));
    EXPECT_EQ(phraseOf("worker-1 on node-b failed: The file /a b.csv cannot be read: line 3."),
              (Phrase{"task-failed", {"worker-1", "node-b", "The file /a b.csv cannot be read: line 3."}}));
    EXPECT_EQ(phraseOf("node-b was lost: nothing was heard from its agent for 3.0 s; no other worker has the "
                       "state of the run"),
              (Phrase{"no-state-left", {"node-b was lost: nothing was heard from its agent for 3.0 s"}}));
    EXPECT_EQ(phraseOf("training goes on with 1 worker").kind, "goes-on-with-one");
    EXPECT_EQ(phraseOf("training goes on with 2 workers"), (Phrase{"goes-on", {"2"}}));
}

TEST(Phrase, OtherTextsHaveNoKind) {
    EXPECT_TRUE(phraseOf("").empty());
    EXPECT_TRUE(phraseOf("something that nobody wrote down").empty());
    EXPECT_TRUE(phraseOf("stopped on request, ").empty());
    EXPECT_TRUE(phraseOf(std::string(1 << 20, 'a') + " was lost: it is long").empty());
}

TEST(Phrase, IsKeptWithItsEvent) {
    IncidentRaised raised;
    raised.what = "node-b was lost: its agent never answered";
    raised.whatPhrase = phraseOf(raised.what);
    EXPECT_EQ(runEventFrom("incident_raised", toJson(raised)), RunEventBody(raised));
    RunFinished finished;
    finished.cause = "stopped on request";
    finished.causePhrase = phraseOf(finished.cause);
    EXPECT_EQ(runEventFrom("run_finished", toJson(finished)), RunEventBody(finished));
    IncidentResolved resolved;
    resolved.actionPhrase = {"goes-on", {"2"}};
    EXPECT_EQ(runEventFrom("incident_resolved", toJson(resolved)), RunEventBody(resolved));
    EXPECT_FALSE(runEventFrom("incident_resolved",
                              R"({"incident":1,"action":"","seconds_lost":0,"steps_redone":0,"membership":1,)"
                              R"("action_phrase":{"kind":7}})"));
}

}  // namespace
}  // namespace longship
