#pragma once

#include <libssh/libssh.h>

#include <memory>
#include <string>

#include "core/deploy/ssh/known_hosts.h"

namespace longship {

/// Private to this folder: libssh's objects with an owner.
struct SshSessionFree {
    void operator()(ssh_session session) const { ::ssh_free(session); }
};
struct SshKeyFree {
    void operator()(ssh_key key) const { ::ssh_key_free(key); }
};
struct SshChannelFree {
    void operator()(ssh_channel channel) const { ::ssh_channel_free(channel); }
};
struct SshEventFree {
    void operator()(ssh_event event) const { ::ssh_event_free(event); }
};
struct SshTextFree {
    void operator()(char* text) const { ::ssh_string_free_char(text); }
};

using SessionHandle = std::unique_ptr<ssh_session_struct, SshSessionFree>;
using KeyHandle = std::unique_ptr<ssh_key_struct, SshKeyFree>;
using ChannelHandle = std::unique_ptr<ssh_channel_struct, SshChannelFree>;
using EventHandle = std::unique_ptr<ssh_event_struct, SshEventFree>;
using TextHandle = std::unique_ptr<char, SshTextFree>;

/// Internal when libssh cannot express the key.
Result<HostKey> describeKey(ssh_key key);

}  // namespace longship
