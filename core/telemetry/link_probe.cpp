#include "core/telemetry/link_probe.h"

#include <ifaddrs.h>
#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <thread>
#include <vector>

#include "core/telemetry/probe_socket.h"

namespace longship {
namespace {

using std::chrono::milliseconds;

// What the near end says. The far end answers the token and each ping with the same byte, a flood with what
// it counted.
constexpr char kReady = 'r';
constexpr char kPing = 'p';
constexpr char kFlood = 'f';
constexpr std::size_t kChunkBytes = std::size_t{256} << 10;
constexpr std::size_t kCountBytes = 20;  // A decimal number, blanks before it.
constexpr unsigned kPings = 21;
constexpr milliseconds kPingTime{200};
constexpr milliseconds kStopSlice{50};
constexpr std::size_t kGuestsMax = 8;

std::string padded(std::uint64_t number) {
    const std::string digits = std::to_string(number);
    return std::string(kCountBytes - std::min(kCountBytes, digits.size()), ' ') + digits;
}

/// Does not tell by its time how much was right.
bool isSame(std::string_view a, std::string_view b) {
    unsigned difference = a.size() == b.size() ? 0 : 1;
    for (std::size_t index = 0; index < std::min(a.size(), b.size()); ++index) {
        difference |= static_cast<unsigned>(a[index] ^ b[index]);
    }
    return difference == 0;
}

/// Counts what arrives, from the end of the warm-up on. 0: too little came.
double receiveFlood(const ProbeSocket& socket, const LinkProbeTimes& times, std::vector<char>& chunk) {
    if (!socket.wait(POLLIN, BootClock::now() + times.answer)) {
        return 0;
    }
    const TimePoint begin = BootClock::now();
    const TimePoint end = begin + times.send;
    const TimePoint latest = end + times.answer;
    TimePoint from{};
    TimePoint last{};
    std::uint64_t bytes = 0;
    // Where little gets through, or this process gets no processor, it takes longer until anything counts.
    while ((BootClock::now() < end && socket.wait(POLLIN, end)) ||
           (bytes == 0 && socket.wait(POLLIN, latest))) {
        const auto count = socket.receiveSome(chunk);
        if (count < 0) {
            break;
        }
        last = BootClock::now();
        if (from == TimePoint{}) {
            // What came until now is not counted, so the time begins here.
            from = last - begin >= times.warmUp ? last : from;
        } else {
            bytes += static_cast<std::uint64_t>(count);
        }
    }
    return last > from && from != TimePoint{} ? static_cast<double>(bytes) / toSeconds(last - from) : 0;
}

/// The far end, once the token was right.
void serve(const ProbeSocket& socket, const LinkProbeTimes& times) {
    std::vector<char> chunk(kChunkBytes);
    char word = kReady;
    if (!socket.send({&word, 1}, BootClock::now() + times.answer)) {
        return;
    }
    while (socket.receive({&word, 1}, BootClock::now() + times.answer)) {
        if (word == kFlood) {
            const double rate = receiveFlood(socket, times, chunk);
            socket.send(padded(static_cast<std::uint64_t>(rate)), BootClock::now() + times.answer);
            // What is still under way is of no interest to anybody.
            const TimePoint deadline = BootClock::now() + times.answer;
            while (socket.wait(POLLIN, deadline) && socket.receiveSome(chunk) >= 0) {
            }
            return;
        }
        if (word != kPing || !socket.send({&word, 1}, BootClock::now() + times.answer)) {
            return;
        }
    }
}

Result<double> roundTrip(const ProbeSocket& socket, const LinkProbeTimes& times) {
    std::vector<double> seconds;
    const TimePoint begin = BootClock::now();
    while (seconds.empty() || (seconds.size() < kPings && BootClock::now() - begin < kPingTime)) {
        const TimePoint sent = BootClock::now();
        char word = kPing;
        if (!socket.send({&word, 1}, sent + times.answer) ||
            !socket.receive({&word, 1}, sent + times.answer)) {
            return failure(ErrorKind::Unavailable, "the other side accepts, and then does not answer.");
        }
        seconds.push_back(toSeconds(BootClock::now() - sent));
    }
    const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
    std::nth_element(seconds.begin(), middle, seconds.end());
    return *middle;
}

/// Sends until the other side has counted enough.
Result<double> flood(const ProbeSocket& socket, const LinkProbeTimes& times) {
    // Not zeros: something on the way may compress.
    std::vector<char> chunk(kChunkBytes);
    std::uint32_t state = 1;
    for (char& byte : chunk) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<char>(state >> 24);
    }
    std::array<char, kCountBytes> answer{};
    const TimePoint deadline = BootClock::now() + times.send + 2 * times.answer;
    const char word = kFlood;
    bool sending = socket.send({&word, 1}, deadline);
    while (sending && BootClock::now() < deadline) {
        if (!socket.wait(POLLIN | POLLOUT, deadline)) {
            break;
        }
        if (socket.wait(POLLIN, TimePoint{})) {
            sending = false;
        } else if (socket.sendSome(chunk) < 0) {
            break;
        }
    }
    socket.dropUnsent();
    if (sending || !socket.receive(answer, deadline)) {
        return failure(ErrorKind::Unavailable, "the other side does not say how much arrived.");
    }
    const std::string text(answer.begin(), answer.end());
    const std::size_t digits = text.find_first_not_of(' ');
    if (digits == std::string::npos || text.find_first_not_of("0123456789", digits) != std::string::npos) {
        return failure(ErrorKind::Corrupt, "the other side counts in no numbers.");
    }
    return std::stod(text.substr(digits));
}

/// The interface that has this address.
std::string interfaceOf(const std::string& address) {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) {
        return {};
    }
    std::string name;
    for (const ifaddrs* one = all; one != nullptr && name.empty(); one = one->ifa_next) {
        const int family = one->ifa_addr == nullptr ? AF_UNSPEC : one->ifa_addr->sa_family;
        if (family != AF_INET && family != AF_INET6) {
            continue;
        }
        const socklen_t length = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
        std::array<char, NI_MAXHOST> text{};
        if (::getnameinfo(one->ifa_addr, length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0 &&
            address == text.data()) {
            name = one->ifa_name;
        }
    }
    ::freeifaddrs(all);
    return name;
}

/// What the driver says; wireless and virtual cards say nothing, or -1.
std::uint64_t cardRateOf(const std::string& interface) {
    std::ifstream file("/sys/class/net/" + interface + "/speed");
    long long megabits = 0;
    file >> megabits;
    return file && megabits > 0 ? static_cast<std::uint64_t>(megabits) * 1'000'000 : 0;
}

}  // namespace

class LinkProbeListener::Impl {
public:
    Impl(ProbeSocket socket, std::string token, const LinkProbeTimes& times)
        : m_socket(std::move(socket)),
          m_token(std::move(token)),
          m_times(times),
          m_thread([this](const std::stop_token& stop) { loop(stop); }) {}

    std::uint16_t port() const { return m_socket.localPort(); }

private:
    /// Somebody who has not said the whole token yet.
    struct Guest {
        ProbeSocket socket;
        std::string said;
        TimePoint deadline;
    };

    void loop(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            std::vector<pollfd> entries{{m_socket.number(), POLLIN, 0}};
            for (const Guest& guest : m_guests) {
                entries.push_back({guest.socket.number(), POLLIN, 0});
            }
            ::poll(entries.data(), entries.size(), static_cast<int>(kStopSlice.count()));
            hearGuests();
            while (true) {
                ProbeSocket fresh = m_socket.accept();
                if (!fresh.isOpen()) {
                    break;
                }
                if (m_guests.size() < kGuestsMax) {
                    m_guests.push_back({std::move(fresh), {}, BootClock::now() + m_times.token});
                }
            }
        }
    }

    void hearGuests() {
        std::erase_if(m_guests, [this](Guest& guest) {
            std::array<char, 256> bytes{};
            const std::size_t left = std::min(bytes.size(), m_token.size() - guest.said.size());
            const auto count = guest.socket.receiveSome(std::span(bytes).first(left));
            guest.said.append(bytes.data(), static_cast<std::size_t>(std::max<std::ptrdiff_t>(count, 0)));
            if (guest.said.size() == m_token.size()) {
                if (isSame(guest.said, m_token)) {
                    serve(guest.socket, m_times);
                }
                return true;
            }
            return count < 0 || BootClock::now() > guest.deadline;
        });
    }

    ProbeSocket m_socket;
    std::string m_token;
    LinkProbeTimes m_times;
    std::vector<Guest> m_guests;
    std::jthread m_thread;
};

LinkProbeListener::LinkProbeListener(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
LinkProbeListener::~LinkProbeListener() = default;

Result<std::unique_ptr<LinkProbeListener>> LinkProbeListener::open(const std::string& address,
                                                                   const std::string& token,
                                                                   const LinkProbeTimes& times) {
    if (token.empty()) {
        return failure(ErrorKind::BadInput, "A token is needed that keeps strangers out.");
    }
    LONGSHIP_ASSIGN(ProbeSocket socket, ProbeSocket::listen(address));
    return std::unique_ptr<LinkProbeListener>(
        new LinkProbeListener(std::make_unique<Impl>(std::move(socket), token, times)));
}

std::uint16_t LinkProbeListener::port() const {
    return m_impl->port();
}

Result<LinkMeasure> measureLink(const std::string& address, std::uint16_t port, const std::string& token,
                                const LinkProbeTimes& times) {
    LinkMeasure measure;
    const TimePoint begin = BootClock::now();
    LONGSHIP_ASSIGN(const ProbeSocket socket, ProbeSocket::connect(address, port, begin + times.connect));
    measure.connectSeconds = toSeconds(BootClock::now() - begin);
    measure.localAddress = socket.localAddress();
    measure.interface = interfaceOf(measure.localAddress);
    measure.cardRate = cardRateOf(measure.interface);
    const TimePoint deadline = BootClock::now() + times.answer;
    char word = 0;
    if (!socket.send(token, deadline) || !socket.receive({&word, 1}, deadline) || word != kReady) {
        return failure(ErrorKind::Refused,
                       address + " port " + std::to_string(port) +
                           " accepts, but what answers there is not our probe: does something in between "
                           "take connections in its place?");
    }
    LONGSHIP_ASSIGN(measure.roundTripSeconds, roundTrip(socket, times));
    LONGSHIP_ASSIGN(measure.bytesPerSecond, flood(socket, times));
    return measure;
}

}  // namespace longship
