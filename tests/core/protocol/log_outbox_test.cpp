#include "core/protocol/log_outbox.h"

#include <gtest/gtest.h>

// What waits for the disk: in order, not before the write, and not without end.
namespace longship::test {
namespace {

const NodeId kPeer{"node-b"};

LogMessage messageOf(Term term) {
    VoteRequest request;
    request.term = term;
    return request;
}

Term termOf(const LogOutbox::Outgoing& outgoing) {
    return std::get<VoteRequest>(outgoing.message).term;
}

TEST(LogOutbox, AMessageWaitsForTheWritesBeforeIt) {
    LogOutbox outbox(0);
    outbox.writeBallot({1, kPeer});
    outbox.send(kPeer, messageOf(1));
    EXPECT_FALSE(outbox.takeMessage());
    const auto write = outbox.takeWrite(0);
    ASSERT_TRUE(write);
    EXPECT_FALSE(outbox.takeMessage());
    outbox.written(write->number);
    const auto message = outbox.takeMessage();
    ASSERT_TRUE(message);
    EXPECT_EQ(termOf(*message), 1u);
}

TEST(LogOutbox, ADiskThatHangsHoldsTheNewestMessagesOnly) {
    LogOutbox outbox(0);
    outbox.writeBallot({1, kPeer});
    for (Term term = 1; term <= LogOutbox::kHeldMax + 3; ++term) {
        outbox.send(kPeer, messageOf(term));
    }
    outbox.written(outbox.takeWrite(0)->number);
    Term expected = 4;
    while (const auto message = outbox.takeMessage()) {
        EXPECT_EQ(termOf(*message), expected++);
    }
    EXPECT_EQ(expected, LogOutbox::kHeldMax + 4);
}

}  // namespace
}  // namespace longship::test
