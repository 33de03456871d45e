#include "core/telemetry/link_probe.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "core/telemetry/probe_socket.h"

namespace longship::test {
namespace {

using std::chrono::milliseconds;

const std::string kToken = "0123456789abcdef";

LinkProbeTimes quick() {
    LinkProbeTimes times;
    times.warmUp = milliseconds(20);
    times.send = milliseconds(100);
    times.answer = milliseconds(20'000);
    times.connect = milliseconds(20'000);
    times.token = milliseconds(20'000);
    return times;
}

/// Waits until the other side has closed.
bool isClosed(const ProbeSocket& socket) {
    const TimePoint deadline = BootClock::now() + std::chrono::seconds(20);
    std::array<char, 16> bytes{};
    while (socket.wait(POLLIN, deadline)) {
        if (socket.receiveSome(bytes) < 0) {
            return true;
        }
    }
    return false;
}

TEST(LinkProbe, MeasuresTheWayToAListener) {
    const auto listener = LinkProbeListener::open("127.0.0.1", kToken, quick());
    ASSERT_TRUE(listener.has_value()) << listener.error().text;
    for (int time = 0; time < 2; ++time) {
        const auto measure = measureLink("127.0.0.1", (*listener)->port(), kToken, quick());
        ASSERT_TRUE(measure.has_value()) << measure.error().text;
        EXPECT_EQ(measure->localAddress, "127.0.0.1");
        EXPECT_EQ(measure->interface, "lo");
        EXPECT_GT(measure->roundTripSeconds, 0);
        EXPECT_GT(measure->connectSeconds, 0);
        EXPECT_GT(measure->bytesPerSecond, 0);
    }
}

TEST(LinkProbe, StrangersAreCutOffAndKeepNobodyOut) {
    const auto listener = LinkProbeListener::open("127.0.0.1", kToken, quick());
    ASSERT_TRUE(listener.has_value()) << listener.error().text;
    const std::uint16_t port = (*listener)->port();
    const TimePoint deadline = BootClock::now() + std::chrono::seconds(20);
    const auto silent = ProbeSocket::connect("127.0.0.1", port, deadline);
    const auto wrong = ProbeSocket::connect("127.0.0.1", port, deadline);
    ASSERT_TRUE(silent.has_value() && wrong.has_value());
    ASSERT_TRUE(wrong->send(std::string(kToken.size(), 'x'), deadline));
    EXPECT_TRUE(isClosed(*wrong));
    const auto measure = measureLink("127.0.0.1", port, kToken, quick());
    EXPECT_TRUE(measure.has_value()) << measure.error().text;
    const auto refused = measureLink("127.0.0.1", port, std::string(kToken.size(), 'y'), quick());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, ErrorKind::Refused);
}

TEST(LinkProbe, WhoSaysNothingIsCutOff) {
    LinkProbeTimes times = quick();
    times.token = milliseconds(10);
    const auto listener = LinkProbeListener::open("127.0.0.1", kToken, times);
    ASSERT_TRUE(listener.has_value()) << listener.error().text;
    const auto silent =
        ProbeSocket::connect("127.0.0.1", (*listener)->port(), BootClock::now() + std::chrono::seconds(20));
    ASSERT_TRUE(silent.has_value());
    EXPECT_TRUE(isClosed(*silent));
}

TEST(LinkProbe, SaysWhyALinkIsNone) {
    std::uint16_t port = 0;
    {
        const auto listener = LinkProbeListener::open("127.0.0.1", kToken, quick());
        ASSERT_TRUE(listener.has_value()) << listener.error().text;
        port = (*listener)->port();
    }
    const auto closed = measureLink("127.0.0.1", port, kToken, quick());
    ASSERT_FALSE(closed.has_value());
    EXPECT_EQ(closed.error().kind, ErrorKind::Unavailable);
    EXPECT_NE(closed.error().text.find("refused"), std::string::npos) << closed.error().text;
    EXPECT_EQ(measureLink("nowhere", port, kToken, quick()).error().kind, ErrorKind::BadInput);
    EXPECT_EQ(LinkProbeListener::open("192.0.2.1", kToken).error().kind, ErrorKind::Unavailable);
    EXPECT_EQ(LinkProbeListener::open("127.0.0.1", "").error().kind, ErrorKind::BadInput);
}

/// Pipes to and from a service on a thread of its own.
class Service {
public:
    Service() {
        EXPECT_EQ(::pipe(m_in.data()), 0);
        EXPECT_EQ(::pipe(m_out.data()), 0);
        m_thread = std::thread([this] { m_status = serveLinkProbe(m_in[0], m_out[1]); });
    }
    ~Service() {
        end();
        ::close(m_in[0]);
        ::close(m_out[0]);
        ::close(m_out[1]);
    }
    Service(const Service&) = delete;

    void say(const std::string& line) {
        EXPECT_EQ(::write(m_in[1], line.data(), line.size()), static_cast<ssize_t>(line.size()));
    }
    std::string line() {
        std::string text;
        char letter = 0;
        while (::read(m_out[0], &letter, 1) == 1 && letter != '\n') {
            text += letter;
        }
        return text;
    }
    int end() {
        if (m_thread.joinable()) {
            ::close(m_in[1]);
            m_thread.join();
        }
        return m_status;
    }

private:
    std::array<int, 2> m_in{};
    std::array<int, 2> m_out{};
    std::thread m_thread;
    int m_status = -1;
};

TEST(LinkProbe, IsDrivenByLines) {
    Service here;
    Service there;
    here.say(kToken + " 127.0.0.1\n");
    there.say(kToken + " 127.0.0.1\n");
    const std::string port = there.line();
    ASSERT_TRUE(port.starts_with("listening ")) << port;
    EXPECT_TRUE(here.line().starts_with("listening "));
    here.say("127.0.0.1 " + port.substr(10) + "\nnonsense\n");
    const std::string answer = here.line();
    ASSERT_TRUE(answer.starts_with("measured ")) << answer;
    const auto measure = parseLinkMeasure(answer.substr(9));
    ASSERT_TRUE(measure.has_value()) << answer;
    EXPECT_GT(measure->bytesPerSecond, 0);
    EXPECT_TRUE(here.line().starts_with("failed "));
    EXPECT_EQ(here.end(), 0) << "ends with its input";

    Service lost;
    lost.say(kToken + " 192.0.2.1\n");
    EXPECT_TRUE(lost.line().starts_with("failed "));
    EXPECT_EQ(lost.end(), 1);
}

TEST(LinkMeasure, IsALineOfWords) {
    const LinkMeasure measure{"fe80::1%eth0", "eth0", 1'000'000'000, 0.25, 0.125, 117e6};
    EXPECT_EQ(parseLinkMeasure(toText(measure)), measure);
    const LinkMeasure bare{"10.0.0.1", "", 0, 0, 0, 0};
    EXPECT_EQ(parseLinkMeasure(toText(bare)), bare);
    for (const char* text : {"", "10.0.0.1", "10.0.0.1 eth0 0 1 1", "10.0.0.1 eth0 0 1 1 nan",
                             "10.0.0.1 eth0 0 -1 1 1", "10.0.0.1 eth0 0 1 1 1 more"}) {
        EXPECT_FALSE(parseLinkMeasure(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace longship::test
