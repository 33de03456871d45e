#include "core/protocol/command_journal.h"

#include <gtest/gtest.h>

#include "core/protocol/limits.h"
#include "core/protocol/task_key.h"

namespace longship {
namespace {

Command command(const std::string& client, std::uint64_t sequence) {
    return {client, sequence, SubmitRun{""}};
}

CommandAnswer answer(std::uint64_t sequence) {
    return {sequence, std::nullopt, RunId("run-" + std::to_string(sequence))};
}

TEST(CommandJournal, aNewCommandHasNoAnswer) {
    CommandJournal journal;
    journal.record("a", answer(1));
    EXPECT_FALSE(journal.find(command("a", 2)));
    EXPECT_FALSE(journal.find(command("b", 1)));
}

TEST(CommandJournal, theSameCommandGetsTheSameAnswer) {
    CommandJournal journal;
    journal.record("a", answer(1));
    journal.record("a", answer(2));
    EXPECT_EQ(journal.find(command("a", 1)), answer(1));
    EXPECT_EQ(journal.find(command("a", 2)), answer(2));
}

TEST(CommandJournal, aCommandTooOldToRememberIsRefused) {
    CommandJournal journal;
    for (std::uint64_t i = 1; i <= kCommandsPerClientMax + 1; ++i) {
        journal.record("a", answer(i));
    }
    const auto old = journal.find(command("a", 1));
    ASSERT_TRUE(old.has_value());
    ASSERT_TRUE(old->error.has_value());
    EXPECT_EQ(old->error->kind, ErrorKind::Refused);
    EXPECT_EQ(old->sequence, 1u);
    EXPECT_EQ(journal.find(command("a", 2)), answer(2));
}

TEST(CommandJournal, theOldestClientIsForgotten) {
    CommandJournal journal;
    for (std::size_t i = 0; i <= kCommandClientsMax; ++i) {
        journal.record("client-" + std::to_string(i), answer(1));
    }
    EXPECT_FALSE(journal.find(command("client-0", 1)));
    EXPECT_TRUE(journal.find(command("client-1", 1)));
}

TEST(TaskKeyText, comesBackAsItWas) {
    const TaskKey key{RunId("20260131-120000-k3f9"), TaskId("worker-0"), 12};
    EXPECT_EQ(toText(key), "20260131-120000-k3f9/worker-0/12");
    EXPECT_EQ(taskKeyFrom(toText(key)), key);
}

TEST(TaskKeyText, otherTextsAreNoKeys) {
    for (const char* text : {"", "/", "a/b", "a//1", "/b/1", "a/b/", "a/b/x", "a/b/1x", "a/b/-1", "a/b/c/1",
                             "a/b/99999999999"}) {
        EXPECT_FALSE(taskKeyFrom(text)) << text;
    }
}

}  // namespace
}  // namespace longship
