#pragma once

#include <CLI/App.hpp>
#include <filesystem>
#include <functional>

#include "app/cli/output.h"
#include "core/base/files.h"

namespace longship {
struct SshUser;
}

namespace longship::cli {

/// What the shell gets: part of the contract with scripts (app/cli/README.md).
enum class ExitCode : int { Done = 0, RunFailed = 1, BadInput = 2, Unreachable = 3, Interrupted = 130 };

/// The exit code that goes with an error.
ExitCode exitCodeOf(const Error& error);

/// What every command gets.
struct Context {
    HomeFolders home;
    std::filesystem::path programFolder;  ///< Holds longship-agent, longship-worker and longship-server.
    Output& output;
    const SshUser* ssh;  ///< Never null.
};

using Command = std::function<Result<ExitCode>(Context&)>;

/// What the command line chose. The parser only fills it in; main() runs it.
struct Choice {
    Command command;
    bool json = false;

    /// Adds --json to a verb.
    void addJson(CLI::App& verb);
};

// One for each verb or group of verbs, in a file of its name.
void addBench(CLI::App& app, Choice& choice);
void addCluster(CLI::App& app, Choice& choice);
void addDatasets(CLI::App& app, Choice& choice);
void addDemo(CLI::App& app, Choice& choice);
void addDrill(CLI::App& app, Choice& choice);
void addExport(CLI::App& app, Choice& choice);
void addLogs(CLI::App& app, Choice& choice);
void addModel(CLI::App& app, Choice& choice);
void addModels(CLI::App& app, Choice& choice);
void addNode(CLI::App& app, Choice& choice);
void addPause(CLI::App& app, Choice& choice);
void addResume(CLI::App& app, Choice& choice);
void addRun(CLI::App& app, Choice& choice);
void addRuns(CLI::App& app, Choice& choice);
void addStatus(CLI::App& app, Choice& choice);
void addStop(CLI::App& app, Choice& choice);
void addTask(CLI::App& app, Choice& choice);
void addVerify(CLI::App& app, Choice& choice);
void addWatch(CLI::App& app, Choice& choice);

/// Makes a verb out of its options: `run` is called with a copy of what was parsed.
template <typename Options, typename Describe>
void addVerb(CLI::App& app, Choice& choice, const std::string& name, const std::string& about,
             Describe describe, Result<ExitCode> (*run)(Context&, const Options&)) {
    CLI::App* verb = app.add_subcommand(name, about);
    auto options = std::make_shared<Options>();
    describe(*verb, *options);
    choice.addJson(*verb);
    // Shared by the parser, which writes it, and the command that outlives the parser.
    verb->callback([&choice, options, run] {
        choice.command = [options, run](Context& context) { return run(context, *options); };
    });
}

}  // namespace longship::cli
