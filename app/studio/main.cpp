// longship-studio: the window on a cluster. It computes nothing: the cluster's agents do, and go on without
// it.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <QApplication>

#include "app/studio/appearance.h"
#include "app/studio/pages/main_window.h"
#include "app/studio/single_window.h"
#include "app/studio/theme/theme.h"
#include "app/studio/viewmodels/cluster_opener.h"
#include "app/studio/viewmodels/studio_model.h"
#include "core/base/files.h"

namespace longship {

namespace {

struct Arguments {
    std::string cluster = kDemoCluster;
};

/// Reads the command line; a number when the program must end with it.
std::optional<int> readArguments(std::vector<std::string> words, bool othersAllowed, Arguments& arguments) {
    CLI::App parser("The desktop studio of Longship: train models on machines that work together.",
                    "longship-studio");
    bool demo = false;
    parser.set_version_flag("--version", "longship-studio " LONGSHIP_VERSION);
    auto* cluster =
        parser.add_option("--cluster", arguments.cluster, "the cluster to show")->type_name("NAME");
    parser.add_flag("--demo", demo, "the demo cluster on this machine, started if need be (the default)")
        ->excludes(cluster);
    parser.allow_extras(othersAllowed);
    std::reverse(words.begin(), words.end());  // What CLI11 expects of a list.
    try {
        parser.parse(words);
    } catch (const CLI::ParseError& error) {
        const int code = parser.exit(error);
        return code == 0 ? 0 : 2;
    }
    return std::nullopt;
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

Surroundings findSurroundings(const HomeFolders& home) {
    return {home,
            usualSshUser({environment("HOME"), environment("USER"), environment("SSH_AUTH_SOCK")}, home.data),
            QCoreApplication::applicationDirPath().toStdString()};
}

int run(const Arguments& arguments) {
    const HomeFolders home = HomeFolders::fromEnvironment();
    SingleWindow single(home.data, arguments.cluster);
    if (!single.claim()) {
        return 0;
    }
    if (const auto made = makePrivateFolder(home.config); !made) {
        std::cerr << made.error().text << '\n';
        return 2;
    }
    StudioSettings settings(home.config);
    const Appearance appearance(settings);
    StudioModel studio(settings);
    studio.setExpectedNodes(arguments.cluster == kDemoCluster ? kDemoNodes : 0);
    studio.machines().setSurroundings(findSurroundings(home));
    MainWindow window(studio);
    const auto open = [&] {
        studio.bridge().open(
            clusterOpener(home, arguments.cluster),
            clusterStarter(home, arguments.cluster, studio.machines().surroundings().programs));
    };
    QObject::connect(&single, &SingleWindow::raiseRequested, &window, &MainWindow::comeToFront);
    QObject::connect(&window, &MainWindow::openClusterRequested, &studio, open);
    open();
    window.show();
    return QApplication::exec();
}

}  // namespace

}  // namespace longship

int main(int argc, char** argv) {
    longship::Arguments arguments;
    // First for --help and --version, which need no display; then strictly, without what Qt took for itself.
    const std::vector<std::string> all(argv + 1, argv + argc);
    if (const auto code = longship::readArguments(all, true, arguments)) {
        return *code;
    }
    const QApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("longship-studio"));
    QCoreApplication::setApplicationVersion(QStringLiteral(LONGSHIP_VERSION));
    QGuiApplication::setDesktopFileName(QStringLiteral("org.longship.Studio"));
    QApplication::setWindowIcon(longship::programIcon());
    if (const auto code = longship::readArguments({argv + 1, argv + argc}, false, arguments)) {
        return *code;
    }
    return longship::run(arguments);
}
