// longship-studio: the window on a cluster. It computes nothing: the cluster's agents do, and go on without
// it.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <QApplication>

#include "app/studio/appearance.h"
#include "app/studio/desktop_notes.h"
#include "app/studio/pages/main_window.h"
#include "app/studio/single_window.h"
#include "app/studio/theme/theme.h"
#include "app/studio/viewmodels/cluster_opener.h"
#include "app/studio/viewmodels/draft_keeper.h"
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

/// The window and the cluster that it shows.
class Studio {
public:
    Studio(const HomeFolders& home, StudioSettings& settings)
        : m_home(home), m_model(settings), m_draft(m_model.draft(), home.config / "new_run.json") {
        m_model.machines().setSurroundings(findSurroundings(home));
        m_window.emplace(m_model);
        QObject::connect(&*m_window, &MainWindow::openClusterRequested, &m_model, [this] { open(); });
        QObject::connect(&*m_window, &MainWindow::clusterChosen, &m_model, [this](const QString& name) {
            if (name.toStdString() == m_cluster || claim(name.toStdString())) {
                open();
            }
        });
    }

    /// False when another window shows the cluster; that one has come to the front.
    bool claim(const std::string& cluster) {
        auto single = std::make_unique<SingleWindow>(m_home.data, cluster);
        if (!single->claim()) {
            return false;
        }
        m_cluster = cluster;
        m_single = std::move(single);
        QObject::connect(m_single.get(), &SingleWindow::raiseRequested, &*m_window, &MainWindow::comeToFront);
        return true;
    }

    void open() {
        m_model.setExpectedNodes(m_cluster == kDemoCluster ? kDemoNodes : 0);
        const Surroundings& here = m_model.machines().surroundings();
        m_model.bridge().open(clusterOpener(m_home, m_cluster, here.ssh.settings),
                              clusterStarter(m_home, m_cluster, here.programs));
    }

    void show() { m_window->show(); }

private:
    HomeFolders m_home;
    StudioModel m_model;
    DesktopNotes m_notes{m_model};
    DraftKeeper m_draft;
    std::optional<MainWindow> m_window;
    std::string m_cluster;
    std::unique_ptr<SingleWindow> m_single;
};

int run(const Arguments& arguments) {
    const HomeFolders home = HomeFolders::fromEnvironment();
    if (const auto made = makePrivateFolder(home.config); !made) {
        std::cerr << made.error().text << '\n';
        return 2;
    }
    StudioSettings settings(home.config);
    const Appearance appearance(settings);
    Studio studio(home, settings);
    if (!studio.claim(arguments.cluster)) {
        return 0;
    }
    studio.open();
    studio.show();
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
