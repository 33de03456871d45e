#pragma once

#include <libssh/libssh.h>

#include <vector>

namespace longship {

/// Private to this folder: carries bytes between a channel and a socket that never blocks. Owns neither.
class ChannelPump {
public:
    ChannelPump(ssh_channel channel, int socket);

    /// Both directions, one chunk each; false once either side has ended.
    bool turn();
    /// The last turn moved something.
    bool moved() const { return m_moved; }
    /// What to wait for at the socket (poll(2)).
    short socketEvents() const;

private:
    bool fromChannel();
    bool toSocket();
    bool fromSocket();
    bool toChannel();

    ssh_channel m_channel;
    int m_socket;
    std::vector<char> m_out;  ///< From the channel, for the socket.
    std::vector<char> m_in;   ///< From the socket, for the channel.
    bool m_moved = false;
};

}  // namespace longship
