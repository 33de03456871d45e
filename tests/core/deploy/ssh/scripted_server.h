#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/deploy/ssh/address.h"
#include "tests/support/temp_folder.h"

namespace longship::test {

/// An SSH server for what a real one would need accounts of this machine for: passwords and questions. It
/// runs no commands, it says which one it was given. One connection at a time.
class ScriptedServer {
public:
    struct Challenge {
        std::string prompt;
        std::string answer;
    };
    struct Script {
        std::string password{};               ///< Empty: not offered.
        std::vector<Challenge> challenges{};  ///< Empty: not offered. One round each.
        bool wantsBoth = false;
    };

    explicit ScriptedServer(Script script);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;

    SshAddress address() const;
    std::string fingerprint() const;

private:
    class Talk;
    void serve(const std::stop_token& stop);

    Script m_script;
    TempFolder m_folder;
    int m_listener = -1;
    std::atomic<int> m_current = -1;  ///< The connection being served.
    std::uint16_t m_port = 0;
    std::jthread m_thread;
};

}  // namespace longship::test
