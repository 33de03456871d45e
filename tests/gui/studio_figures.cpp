// Times of the studio on a real demo cluster, as one line of JSON: from the start of the process to its
// window and to three ready nodes, from Train to the first point of the loss curve, from a step to its point
// on the screen, and what the window costs while a run goes on. Needs a display.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <QAbstractScrollArea>
#include <QApplication>
#include <QPushButton>
#include <QTest>
#include <QTimer>

#include "app/studio/pages/main_window.h"
#include "app/studio/theme/theme.h"
#include "app/studio/viewmodels/cluster_opener.h"
#include "app/studio/widgets/chart_view.h"
#include "core/client/local_cluster.h"
#include "tests/gui/clicks.h"
#include "tests/support/temp_folder.h"

using namespace longship;
using namespace longship::test;

namespace {

constexpr int kPatienceMs = 60'000;
constexpr double kCpuWindowSeconds = 10;

/// Seconds since the kernel started this process.
double processAge() {
    std::ifstream file("/proc/self/stat");
    const std::string stat((std::istreambuf_iterator<char>(file)), {});
    std::istringstream fields(stat.substr(stat.rfind(')') + 2));
    constexpr int kStartTime = 22 - 3;  // The 22nd field; the first here is the third (proc(5)).
    std::string word;
    for (int i = 0; i <= kStartTime; ++i) {
        fields >> word;
    }
    const double started = std::stod(word) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    return toSeconds(BootClock::now().time_since_epoch()) - started;
}

double cpuSeconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Calls `painted` each time after a widget was painted.
class PaintWatch : public QObject {
public:
    PaintWatch(QWidget* widget, std::function<void()> painted) : m_painted(std::move(painted)) {
        widget->installEventFilter(this);
    }

protected:
    bool eventFilter(QObject*, QEvent* event) override {
        if (event->type() == QEvent::Paint) {
            QTimer::singleShot(0, this, m_painted);
        }
        return false;
    }

private:
    std::function<void()> m_painted;
};

/// How long each step took from its being applied to its point on the screen.
class LossDelays {
public:
    LossDelays(StudioModel& studio, QWidget* canvas)
        : m_studio(studio), m_watch(canvas, [this] { look(); }) {}

    bool any() const { return !m_delaysMs.empty(); }
    void startOver() { m_delaysMs.clear(); }
    const std::vector<double>& delaysMs() const { return m_delaysMs; }

private:
    void look() {
        const RunView& run = m_studio.run();
        if (!run.isShown() || run.loss().size() <= m_seen) {
            return;
        }
        const auto now = UtcTime::now();
        const auto rows =
            m_studio.bridge().client()->rows(run.snapshot().run, m_last, run.loss().size() - m_seen);
        for (const StepRow& row : rows) {
            m_delaysMs.push_back(static_cast<double>(now.microseconds - row.appliedAt.microseconds) / 1000);
            m_last = row.key;
        }
        m_seen += rows.size();
    }

    StudioModel& m_studio;
    std::size_t m_seen = 0;
    std::optional<RowKey> m_last;
    std::vector<double> m_delaysMs;
    PaintWatch m_watch;
};

int giveUp(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    return 1;
}

int measure(const HomeFolders& home) {
    StudioSettings settings(home.config);
    settings.setPage(QStringLiteral("run"));
    StudioModel studio(settings);
    studio.setExpectedNodes(kDemoNodes);
    MainWindow window(studio);
    double windowSeconds = 0;
    const PaintWatch firstPaint(&window, [&] {
        if (windowSeconds == 0) {
            windowSeconds = processAge();
        }
    });
    studio.bridge().open(clusterOpener(home, kDemoCluster),
                         clusterStarter(home, kDemoCluster, PROGRAM_FOLDER));
    window.show();
    if (!QTest::qWaitFor([&] { return windowSeconds > 0 && studio.nodes().readyCount() == 3; },
                         kPatienceMs)) {
        return giveUp("The nodes do not become ready.");
    }
    const double readySeconds = processAge();

    studio.draft().setText("epochs", QStringLiteral("20"));
    auto* chart = findNamed<ChartView>(window, "lossChart");
    LossDelays delays(studio, chart->findChild<QAbstractScrollArea*>()->viewport());
    const TimePoint clicked = BootClock::now();
    if (!clickWhenReady(window, "train") || !QTest::qWaitFor([&] { return delays.any(); }, kPatienceMs)) {
        return giveUp("No point of the loss curve appears.");
    }
    const double firstSeconds = toSeconds(BootClock::now() - clicked);

    delays.startOver();
    const double cpuBefore = cpuSeconds();
    const TimePoint begin = BootClock::now();
    QTest::qWait(static_cast<int>(kCpuWindowSeconds * 1000));
    const double cpu = (cpuSeconds() - cpuBefore) / toSeconds(BootClock::now() - begin);
    std::vector<double> all = delays.delaysMs();
    if (all.empty()) {
        return giveUp("The loss curve stands still.");
    }
    std::sort(all.begin(), all.end());
    std::printf(
        "{\"event\":\"studio\",\"window_s\":%.3f,\"nodes_ready_s\":%.3f,\"first_point_s\":%.3f,\"steps\":%zu,"
        "\"loss_delay_ms_median\":%.0f,\"loss_delay_ms_p99\":%.0f,\"loss_delay_ms_max\":%.0f,\"window_cpu\":%"
        ".4f}\n",
        windowSeconds, readySeconds, firstSeconds, all.size(), all[all.size() / 2],
        all[all.size() * 99 / 100], all.back(), cpu);
    std::fflush(stdout);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const QApplication application(argc, argv);
    const TempFolder folder;
    const HomeFolders home{folder.path() / "data", folder.path() / "config"};
    if (!makePrivateFolder(home.config)) {
        return giveUp("The folder for the trial cannot be made.");
    }
    applyTheme(*qApp, ThemeKind::Light);
    const int code = measure(home);
    const auto stopped = stopLocalCluster({kDemoCluster, home.data / "clusters" / kDemoCluster});
    return stopped ? code : giveUp(stopped.error().text.c_str());
}
