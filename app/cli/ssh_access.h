#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>

#include "app/cli/command.h"
#include "core/deploy/node_deployment.h"
#include "core/deploy/ssh/questions.h"
#include "core/deploy/ssh/usual_settings.h"
#include "core/domain/job.h"

namespace longship::cli {

// Further verbs of the groups "cluster" and "node".
void addClusterOverSsh(CLI::App& group, Choice& choice);
void addNodesOverSsh(CLI::App& group, Choice& choice);
void addRemove(CLI::App& group, Choice& choice);

/// Checks what the job reads, and brings it to the cluster's machines when they are reached over SSH; the job
/// then names what was brought. `folder`: where the job's file lies. Unavailable when a machine could not get
/// it.
Result<JobSpec> provideData(Context& context, const JobSpec& job, const std::filesystem::path& folder,
                            const std::string& cluster);
/// The second half: the job has been checked.
Result<JobSpec> bringDataOf(Context& context, JobSpec job, const ClusterFiles& cluster,
                            const std::vector<SshNode>& nodes);

/// How the agents of a cluster are reached from here: by themselves, or, where their ports are closed to us,
/// through SSH; says which those are. Takes a moment only where none of `agents` is reached by itself, or,
/// with `all`, where not all are.
Result<WayTo> waysOf(Context& context, const ClusterFiles& cluster, const std::vector<RosterEntry>& agents,
                     bool all = false);

/// A line, or what the status shows, about a node that gets something.
void showProgress(Context& context, const DeployProgress& now);

/// Asks on the terminal: unknown host keys with "no" as the default, secrets without echo. Without a
/// terminal, and with
/// --json, it answers nothing, so unknown keys are refused.
class TerminalQuestions final : public SshQuestions {
public:
    TerminalQuestions(const Context& context, std::stop_token stop);
    ~TerminalQuestions() override;
    TerminalQuestions(const TerminalQuestions&) = delete;
    TerminalQuestions& operator=(const TerminalQuestions&) = delete;

    bool acceptHostKey(const HostKeyQuestion& question) override;
    std::optional<Secret> secret(const SecretQuestion& question) override;

private:
    std::optional<Secret> readLine(bool echo) const;
    void say(const std::string& text) const;

    std::stop_token m_stop;
    int m_terminal = -1;
};

/// Does the work on a thread of its own and asks it to stop at the first Ctrl+C.
Result<ExitCode> untilInterrupted(const std::function<Result<ExitCode>(std::stop_token)>& work);

}  // namespace longship::cli
