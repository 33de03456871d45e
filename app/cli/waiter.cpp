#include "app/cli/waiter.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "core/base/check.h"

namespace longship::cli {

Waiter::Waiter() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        sigaddset(&signals, number);
    }
    LONGSHIP_CHECK(pthread_sigmask(SIG_BLOCK, &signals, &m_before) == 0, "a valid set of signals");
    m_signals = ::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    m_changes = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    LONGSHIP_CHECK(m_signals >= 0 && m_changes >= 0, "two file descriptors");
}

Waiter::~Waiter() {
    ::close(m_signals);
    ::close(m_changes);
    pthread_sigmask(SIG_SETMASK, &m_before, nullptr);
}

Waiter::Woken Waiter::wait(TimePoint deadline) {
    std::array<pollfd, 2> entries{{{m_signals, POLLIN, 0}, {m_changes, POLLIN, 0}}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - BootClock::now());
    const auto timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000));
    ::poll(entries.data(), entries.size(), timeout);
    signalfd_siginfo signal{};
    if (::read(m_signals, &signal, sizeof(signal)) == static_cast<ssize_t>(sizeof(signal))) {
        return Woken::Interrupted;
    }
    std::uint64_t changes = 0;
    const bool changed =
        ::read(m_changes, &changes, sizeof(changes)) == static_cast<ssize_t>(sizeof(changes));
    return changed ? Woken::Changed : Woken::Timeout;
}

void Waiter::wake() const {
    const std::uint64_t one = 1;
    // Fails only when 2^64 wake-ups are waiting already.
    static_cast<void>(!::write(m_changes, &one, sizeof(one)));
}

}  // namespace longship::cli
