#include "core/protocol/codec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "core/base/random.h"
#include "core/protocol/limits.h"
#include "core/protocol/utf8.h"
#include "tests/core/protocol/sample_messages.h"

namespace longship {
namespace {

Result<Message> decodeText(const std::string& bytes) {
    return decode(std::as_bytes(std::span(bytes)));
}

Error decodeError(const std::string& bytes) {
    const Result<Message> result = decodeText(bytes);
    EXPECT_FALSE(result.has_value());
    return result ? Error{} : result.error();
}

TEST(Codec, everyKindOfMessageIsInTheSamples) {
    std::set<std::size_t> kinds;
    for (const Message& message : test::sampleMessages()) {
        kinds.insert(message.index());
    }
    EXPECT_EQ(kinds.size(), std::variant_size_v<Message>);
}

TEST(Codec, everyMessageComesBackAsItWas) {
    for (const Message& message : test::sampleMessages()) {
        const Result<Message> back = decodeText(encode(message));
        ASSERT_TRUE(back.has_value()) << message.index() << ": " << back.error().text;
        EXPECT_EQ(*back, message) << "kind " << message.index();
    }
}

TEST(Codec, anEmptyMessageOfEveryKindComesBack) {
    const auto check = []<typename... M>(const std::variant<M...>*) {
        const std::vector<Message> empty = {Message(M{})...};
        for (const Message& message : empty) {
            const Result<Message> back = decodeText(encode(message));
            ASSERT_TRUE(back.has_value()) << message.index() << ": " << back.error().text;
            EXPECT_EQ(*back, message);
        }
    };
    check(static_cast<const Message*>(nullptr));
}

TEST(Codec, anotherMajorIsRefusedNamingBothVersions) {
    std::string bytes = encode(Hello{});
    bytes[4] = 7;
    bytes[6] = 3;
    const Error newer = decodeError(bytes);
    EXPECT_EQ(newer.kind, ErrorKind::Refused);
    EXPECT_NE(newer.text.find("protocol 7.3"), std::string::npos) << newer.text;
    EXPECT_NE(newer.text.find("speaks 2.1"), std::string::npos) << newer.text;
    EXPECT_NE(newer.text.find("Update this program"), std::string::npos) << newer.text;
    bytes[4] = 0;
    EXPECT_NE(decodeError(bytes).text.find("Update the other side"), std::string::npos);
}

TEST(Codec, theVersionIsReadEvenWhenTheRestIsUnknown) {
    EXPECT_EQ(decodeError(std::string("LSHP\x03\x00\x00\x00 whatever comes next", 26)).kind,
              ErrorKind::Refused);
}

TEST(Codec, anotherMinorIsUnderstood) {
    std::string bytes = encode(Ping{5});
    bytes[6] = 9;
    const Result<Message> back = decodeText(bytes);
    ASSERT_TRUE(back.has_value()) << back.error().text;
    EXPECT_EQ(*back, Message(Ping{5}));
}

TEST(Codec, everyTruncationIsCorrupt) {
    for (const Message& message : test::sampleMessages()) {
        const std::string bytes = encode(message);
        // The table is written back to front, so its last bytes may be padding of the root only.
        for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 64) {
            const Result<Message> back = decodeText(bytes.substr(0, size));
            if (back) {
                EXPECT_EQ(*back, message) << "cut to " << size << " of " << bytes.size();
            } else {
                EXPECT_EQ(back.error().kind, ErrorKind::Corrupt);
            }
        }
    }
}

TEST(Codec, garbageIsCorrupt) {
    EXPECT_EQ(decodeError("").kind, ErrorKind::Corrupt);
    EXPECT_EQ(decodeError("GET / HTTP/1.1\r\n\r\n").kind, ErrorKind::Corrupt);
    EXPECT_EQ(decodeError(std::string("LSHP\x02\x00\x00\x00", 8)).kind, ErrorKind::Corrupt);
}

TEST(Codec, anOversizedMessageIsRefusedUnread) {
    const Error error = decodeError(std::string(kControlMessageBytesMax + 1, 'x'));
    EXPECT_EQ(error.kind, ErrorKind::Corrupt);
    EXPECT_NE(error.text.find(std::to_string(kControlMessageBytesMax)), std::string::npos);
}

TEST(Codec, aNameBeyondItsMaximumIsCorrupt) {
    EXPECT_EQ(decodeError(encode(Hello{Role::Client, std::string(kNameBytesMax + 1, 'n'), ""})).kind,
              ErrorKind::Corrupt);
    EXPECT_EQ(decodeError(encode(Command{"c", 1, SubmitRun{std::string(kJobBytesMax + 1, '#')}})).kind,
              ErrorKind::Corrupt);
}

TEST(Codec, aLongLogKeepsItsEndAndALongSentenceItsFront) {
    const std::string filler(kTextBytesMax, '.');
    const Result<Message> exited =
        decodeText(encode(TaskExited{{}, "began " + filler, false, filler + "end"}));
    ASSERT_TRUE(exited.has_value());
    const auto& task = std::get<TaskExited>(*exited);
    EXPECT_EQ(task.detail.size(), kTextBytesMax);
    EXPECT_TRUE(task.detail.starts_with("began "));
    EXPECT_EQ(task.lastLog.size(), kTextBytesMax);
    EXPECT_TRUE(task.lastLog.ends_with("end"));
}

TEST(Codec, bytesThatAreNotUtf8DoNotCostTheMessage) {
    const Result<Message> back = decodeText(encode(WorkerFailed{{}, {ErrorKind::Io, "caf\xe9 \xff"}}));
    ASSERT_TRUE(back.has_value()) << back.error().text;
    EXPECT_EQ(std::get<WorkerFailed>(*back).error.text, "caf? ?");
    EXPECT_EQ(decodeError(encode(Hello{Role::Client, "caf\xe9", ""})).kind, ErrorKind::Corrupt);
}

TEST(Codec, enumValuesBeyondTheLastAreCorrupt) {
    Hello hello{static_cast<Role>(200), "n", "v"};
    EXPECT_EQ(decodeError(encode(hello)).kind, ErrorKind::Corrupt);
    EXPECT_EQ(decodeError(encode(Refusal{1, static_cast<ErrorKind>(9), ""})).kind, ErrorKind::Corrupt);
    EXPECT_EQ(decodeError(encode(PhaseChanged{{}, static_cast<RunState>(10)})).kind, ErrorKind::Corrupt);
    ClusterStatus status;
    status.nodes.resize(1);
    status.nodes[0].state = static_cast<NodeState>(6);
    EXPECT_EQ(decodeError(encode(status)).kind, ErrorKind::Corrupt);
}

/// Flips, overwrites, removes and inserts bytes of a valid message. Whatever comes of it is a value or an
/// error, and a value can be sent on. True when it was a value.
bool mutateAndDecode(const std::string& original, std::uint64_t seed) {
    SeededRandom random(seed);
    std::string bytes = original;
    const std::uint64_t changes = 1 + random.below(8);
    for (std::uint64_t i = 0; i < changes && !bytes.empty(); ++i) {
        const std::size_t at = random.below(bytes.size());
        switch (random.below(5)) {
            case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8))); break;
            case 1: bytes[at] = static_cast<char>(random.below(256)); break;
            case 2: bytes.erase(at, 1 + random.below(16)); break;
            case 3: bytes.insert(at, 1 + random.below(16), static_cast<char>(random.below(256))); break;
            default: bytes.resize(at); break;
        }
    }
    const Result<Message> back = decodeText(bytes);
    if (back) {
        EXPECT_TRUE(decodeText(encode(*back)).has_value());
    } else {
        EXPECT_FALSE(back.error().text.empty());
    }
    return back.has_value();
}

TEST(Codec, damagedMessagesNeverCrash) {
    std::vector<std::string> originals;
    for (const Message& message : test::sampleMessages()) {
        originals.push_back(encode(message));
    }
    constexpr std::uint64_t kSeeds = 50'000;
    std::uint64_t understood = 0;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        SCOPED_TRACE(seed);
        understood += mutateAndDecode(originals[seed % originals.size()], seed) ? 1 : 0;
    }
    // Both ways are really walked.
    EXPECT_GT(understood, kSeeds / 50);
    EXPECT_LT(understood, kSeeds - kSeeds / 50);
}

RC_GTEST_PROP(Codec, anyBytesAreAnOrdinaryInput, (const std::string& tail)) {
    RC_ASSERT(!decodeText(tail).has_value());
    (void)decodeText(std::string("LSHP\x02\x00\x00\x00", 8) + tail);
}

RC_GTEST_PROP(Codec, anyTextBecomesUtf8, (const std::string& text, std::uint8_t bytesMax)) {
    for (const Keep keep : {Keep::Front, Keep::Back}) {
        const std::string clean = cleanText(text, bytesMax, keep);
        RC_ASSERT(isUtf8(clean));
        RC_ASSERT(clean.size() <= bytesMax);
    }
    if (isUtf8(text)) {
        RC_ASSERT(cleanText(text, text.size(), Keep::Front) == text);
    }
}

TEST(Utf8, tellsGoodFromBad) {
    for (const char* good : {"", "plain", "größe", "漢字", "\xf0\x9f\x9b\xb6"}) {
        EXPECT_TRUE(isUtf8(good)) << good;
    }
    for (const char* bad :
         {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe6\xbc"}) {
        EXPECT_FALSE(isUtf8(bad));
    }
}

TEST(Utf8, shortensBetweenCharacters) {
    EXPECT_EQ(cleanText("aé", 2, Keep::Front), "a");
    EXPECT_EQ(cleanText("éa", 2, Keep::Back), "a");
}

}  // namespace
}  // namespace longship
