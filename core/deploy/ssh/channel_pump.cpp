#include "core/deploy/ssh/channel_pump.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

namespace longship {
namespace {

constexpr std::size_t kChunkBytes = 64 << 10;

}  // namespace

ChannelPump::ChannelPump(ssh_channel channel, int socket) : m_channel(channel), m_socket(socket) {
    m_out.reserve(kChunkBytes);
    m_in.reserve(kChunkBytes);
}

bool ChannelPump::turn() {
    m_moved = false;
    return fromChannel() && toSocket() && fromSocket() && toChannel();
}

short ChannelPump::socketEvents() const {
    return static_cast<short>((m_in.empty() && ::ssh_channel_window_size(m_channel) > 0 ? POLLIN : 0) |
                              (m_out.empty() ? 0 : POLLOUT));
}

bool ChannelPump::fromChannel() {
    if (!m_out.empty()) {
        return true;
    }
    m_out.resize(kChunkBytes);
    const int count = ::ssh_channel_read_nonblocking(m_channel, m_out.data(), kChunkBytes, 0);
    m_out.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    m_moved = m_moved || count > 0;
    return count > 0 || count == SSH_AGAIN || (count == 0 && ::ssh_channel_is_eof(m_channel) == 0);
}

bool ChannelPump::toSocket() {
    if (m_out.empty()) {
        return true;
    }
    const auto count = ::send(m_socket, m_out.data(), m_out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    m_out.erase(m_out.begin(), m_out.begin() + count);
    m_moved = true;
    return true;
}

bool ChannelPump::fromSocket() {
    if (!m_in.empty() || ::ssh_channel_window_size(m_channel) == 0) {
        return true;
    }
    m_in.resize(kChunkBytes);
    const auto count = ::recv(m_socket, m_in.data(), m_in.size(), MSG_DONTWAIT);
    m_in.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

bool ChannelPump::toChannel() {
    if (m_in.empty()) {
        return true;
    }
    const int count = ::ssh_channel_write(m_channel, m_in.data(), static_cast<std::uint32_t>(m_in.size()));
    if (count < 0) {
        return count == SSH_AGAIN;
    }
    m_in.erase(m_in.begin(), m_in.begin() + count);
    m_moved = m_moved || count > 0;
    return true;
}

}  // namespace longship
