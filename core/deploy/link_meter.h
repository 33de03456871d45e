#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "core/base/clock.h"
#include "core/deploy/ssh/session.h"
#include "core/domain/link_measure.h"

namespace longship {

/// One end of measurements between nodes: the probe of the version that was deployed there, which runs for as
/// long as the object lives and ends with it, and with the connection. The session is the object's until
/// then. Used by one thread at a time.
class LinkMeter {
public:
    /// Starts it. `token`: what the ends of one check must say to each other; it never stands on a command
    /// line. `address`: of the node, where the others reach it. Refused, Unavailable: what it said instead.
    static Result<std::unique_ptr<LinkMeter>> start(SshSession& session, const std::string& token,
                                                    const std::string& address, std::stop_token stop);
    ~LinkMeter();
    LinkMeter(const LinkMeter&) = delete;
    LinkMeter& operator=(const LinkMeter&) = delete;

    const std::string& address() const { return m_address; }
    std::uint16_t port() const { return m_port; }

    /// The way from this node to another one. Unavailable, with what kept it from getting there.
    Result<LinkMeasure> measureTo(const LinkMeter& other);

private:
    LinkMeter(SshSession& session, std::string address, std::stop_token stop);
    void work(SshSession& session);
    void say(std::string text);
    Result<std::string> hear(Duration patience);

    std::string m_address;
    std::uint16_t m_port = 0;
    std::stop_source m_stop;
    std::stop_callback<std::function<void()>> m_stopToo;  ///< The caller's stop is one for us, too.

    std::mutex m_mutex;
    std::condition_variable_any m_heard;
    std::string m_toSay;           ///< Guarded by m_mutex, like all below.
    std::string m_said;            ///< By the node, as far as it is not heard yet.
    bool m_ending = false;         ///< Its input ends once all is said.
    std::optional<Error> m_ended;  ///< Nothing more is heard of the program.
    bool m_done = false;           ///< The session is free.

    std::jthread m_thread;
};

}  // namespace longship
