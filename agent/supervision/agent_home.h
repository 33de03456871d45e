#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/protocol/messages.h"

namespace longship {

/// What an agent publishes once it listens, for programs of the same user.
struct EndpointFile {
    std::string endpoint;
    std::string publicKey;
    int process = 0;
    std::string node;
    std::string version;
};

/// The private folder of one agent, locked for as long as this object lives: key, endpoint, roster, history
/// and the files of its runs. Names that come from the network never become paths unchecked.
class AgentHome {
public:
    /// Makes the folder (0700) and takes its lock; waits up to 5 s for a holder that is dying. Refused when
    /// another agent holds it: the text names that process.
    static Result<AgentHome> open(const std::filesystem::path& folder);
    ~AgentHome();
    AgentHome(AgentHome&& other) noexcept;
    AgentHome& operator=(AgentHome&&) = delete;

    const std::filesystem::path& folder() const { return m_folder; }
    std::filesystem::path keyFile() const { return m_folder / "agent.key"; }
    std::filesystem::path historyFile() const { return m_folder / "history.db"; }
    std::filesystem::path logFile() const { return m_folder / "agent.log"; }
    std::filesystem::path registerFile() const { return m_folder / "register"; }

    /// The log of another cluster is kept under another name.
    Result<void> putRegisterAside() const;

    /// Writes our process id into the lock, for the one who is refused. After a fork the child calls it.
    void claim() const;

    Result<void> publishEndpoint(const EndpointFile& endpoint) const;
    void removeEndpoint() const;

    /// The roster kept from before; none when there was none yet. Corrupt when the file cannot be read: it is
    /// put aside under the name that the text tells.
    Result<std::optional<Roster>> loadRoster() const;
    Result<void> saveRoster(const Roster& roster) const;

    /// The folder of a run, made when missing. BadInput when the id could leave our folder.
    Result<std::filesystem::path> makeRunFolder(const RunId& run) const;

    /// A file that is kept with a run and may be handed out: "model.safetensors", "job.yaml", "worker-0.log",
    /// and the copy of another node's log, "worker-0@node-b.log". BadInput for any other name, whether or not
    /// such a file exists.
    Result<std::filesystem::path> runFile(const RunId& run, const std::string& name) const;

private:
    AgentHome(std::filesystem::path folder, int lock) : m_folder(std::move(folder)), m_lock(lock) {}

    std::filesystem::path m_folder;
    int m_lock = -1;  ///< Shared with the supervising parent: the lock ends with the last of them.
};

/// True for names that stay inside a folder whatever they are: letters, digits, '-', '_', '.', not led by
/// '.'.
bool isSafeName(const std::string& name);

}  // namespace longship
