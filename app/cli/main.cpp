#include <CLI/CLI.hpp>

#include <clocale>
#include <cstdio>
#include <cstdlib>

#include "app/cli/command.h"
#include "app/cli/ssh_access.h"

using namespace longship;
using namespace longship::cli;

namespace {

void addVerbs(CLI::App& app, Choice& choice) {
    addDemo(app, choice);
    addRun(app, choice);
    addRuns(app, choice);
    addStatus(app, choice);
    addWatch(app, choice);
    addStop(app, choice);
    addPause(app, choice);
    addResume(app, choice);
    addLogs(app, choice);
    addVerify(app, choice);
    addExport(app, choice);
    addModel(app, choice);
    addTask(app, choice);
    addNode(app, choice);
    addDrill(app, choice);
    addCluster(app, choice);
    addModels(app, choice);
    addDatasets(app, choice);
    addBench(app, choice);
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

}  // namespace

int main(int argc, char** argv) {
    std::setlocale(LC_CTYPE, "");
    CLI::App app{"Longship trains one model on several machines at once and survives what happens to them."};
    app.name("longship");
    app.set_version_flag("--version", std::string("longship ") + LONGSHIP_VERSION);
    app.require_subcommand(0, 1);
    app.footer(
        "Exit codes: 0 done, 1 the run failed, 2 bad input, 3 a node could not be reached, 130 interrupted.");
    Choice choice;
    const HomeFolders folders = HomeFolders::fromEnvironment();
    const SshUser user =
        usualSshUser({environment("HOME"), environment("USER"), environment("SSH_AUTH_SOCK")}, folders.data);
    addVerbs(app, choice);
    addClusterOverSsh(*app.get_subcommand("cluster"), choice);
    addNodesOverSsh(*app.get_subcommand("node"), choice);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const bool asked = app.exit(error) == 0;  // --help and --version.
        return static_cast<int>(asked ? ExitCode::Done : ExitCode::BadInput);
    }
    if (!choice.command) {
        const auto groups = app.get_subcommands();
        std::fputs((groups.empty() ? app : *groups.front()).help().c_str(), stderr);
        return static_cast<int>(ExitCode::BadInput);
    }
    Output output(choice.json ? Output::Mode::Json : Output::Mode::Text);
    std::error_code ignored;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    Context context{folders, program.parent_path(), output, &user};
    const auto result = choice.command(context);
    if (result) {
        return static_cast<int>(*result);
    }
    output.error(result.error());
    return static_cast<int>(exitCodeOf(result.error()));
}
