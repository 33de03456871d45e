#include "app/studio/text/words.h"

#include <algorithm>
#include <cmath>

#include <QDateTime>
#include <QLocale>

#include "app/studio/text/takeover_words.h"

namespace longship {

namespace {

// Keeps "60 000" and "3 GB" on one line.
constexpr QChar kNoBreakSpace(0x00a0);

QString withUnit(const QString& number, const QString& unit) {
    return number + kNoBreakSpace + unit;
}

QString fixed(double value, int decimals) {
    return QString::number(value, 'f', decimals);
}

}  // namespace

QString Words::none() {
    return QString(QChar(0x2013));
}

QString Words::of(RunState state) {
    switch (state) {
        case RunState::Queued: return tr("Queued");
        case RunState::Preparing: return tr("Preparing");
        case RunState::Training: return tr("Training");
        case RunState::Evaluating: return tr("Evaluating");
        case RunState::Stopping: return tr("Stopping");
        case RunState::Completed: return tr("Completed");
        case RunState::Failed: return tr("Failed");
        case RunState::Stopped: return tr("Stopped");
        case RunState::Recovering: return tr("Recovering");
        case RunState::Paused: return tr("Paused");
    }
    return none();
}

QString Words::of(const RunSummary& run) {
    return run.leftBehind ? TakeoverWords::leftBehind() : of(run.state);
}

QString Words::of(NodeState state) {
    switch (state) {
        case NodeState::Unknown: return tr("Starting");
        case NodeState::Connecting: return tr("Connecting");
        case NodeState::Ready: return tr("Ready");
        case NodeState::Busy: return tr("Training");
        case NodeState::Silent: return tr("Not answering");
        case NodeState::Lost: return tr("Lost");
    }
    return none();
}

QString Words::of(const NodeView& node) {
    // Its agent is being started, or was never brought there.
    if (node.state == NodeState::Connecting && node.address.empty()) {
        return tr("No agent yet");
    }
    if (!node.drained || node.state == NodeState::Lost || node.state == NodeState::Silent) {
        return of(node.state);
    }
    return node.tasks.empty() ? tr("Drained") : tr("Draining");
}

QString Words::of(TaskState state) {
    switch (state) {
        case TaskState::Starting: return tr("starting");
        case TaskState::Ready: return tr("ready");
        case TaskState::Running: return tr("running");
        case TaskState::Exited: return tr("ended");
        case TaskState::Unplaced: return tr("without a node");
    }
    return none();
}

QString Words::count(std::uint64_t value) {
    QString digits = QString::number(value);
    for (auto place = digits.size() - 3; place > 0; place -= 3) {
        digits.insert(place, kNoBreakSpace);
    }
    return digits;
}

QString Words::number(std::optional<double> value) {
    if (!value) {
        return none();
    }
    if (!std::isfinite(*value)) {
        return std::isnan(*value) ? tr("not a number") : tr("infinite");
    }
    const double size = std::abs(*value);
    if (size != 0 && (size >= 1e6 || size < 1e-3)) {
        return QString::number(*value, 'e', 2);
    }
    const int digitsBefore = size < 1 ? 1 : static_cast<int>(std::floor(std::log10(size))) + 1;
    return fixed(*value, std::max(0, 5 - digitsBefore));
}

QString Words::percent(std::optional<double> share, int decimals) {
    return share ? withUnit(fixed(*share * 100, decimals), QStringLiteral("%")) : none();
}

QString Words::bytes(double value) {
    static const char* const units[] = {"B", "kB", "MB", "GB", "TB"};
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < std::size(units)) {
        value /= 1000;
        ++unit;
    }
    const int decimals = unit == 0 ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return withUnit(fixed(value, decimals), QString::fromLatin1(units[unit]));
}

QString Words::bytesPerSecond(double value) {
    return bytes(value) + QStringLiteral("/s");
}

QString Words::samplesPerSecond(std::optional<double> value) {
    return value ? count(static_cast<std::uint64_t>(std::llround(std::max(0.0, *value)))) : none();
}

QString Words::cores(double value) {
    return tr("%1 cores").arg(fixed(value, 2));
}

QString Words::duration(std::optional<double> seconds) {
    if (!seconds || !std::isfinite(*seconds) || *seconds < 0) {
        return none();
    }
    const auto whole = static_cast<qint64>(std::llround(*seconds));
    const auto two = [](qint64 value) { return QStringLiteral("%1").arg(value, 2, 10, QLatin1Char('0')); };
    const qint64 hours = whole / 3600;
    const QString minutesAndSeconds = two(whole % 60);
    if (hours == 0) {
        return QStringLiteral("%1:%2").arg(whole / 60).arg(minutesAndSeconds);
    }
    return QStringLiteral("%1:%2:%3").arg(hours).arg(two(whole / 60 % 60), minutesAndSeconds);
}

QString Words::time(UtcTime time) {
    const QDateTime local = QDateTime::fromMSecsSinceEpoch(time.microseconds / 1000);
    return local.toString(QStringLiteral("yyyy-MM-dd HH:mm"));
}

QString Words::clock(UtcTime time) {
    const QDateTime local = QDateTime::fromMSecsSinceEpoch(time.microseconds / 1000);
    const bool today = local.date() == QDate::currentDate();
    return local.toString(today ? QStringLiteral("HH:mm:ss") : QStringLiteral("yyyy-MM-dd HH:mm:ss"));
}

QString Words::error(const Error& error) {
    const QString facts = QString::fromStdString(error.text);
    switch (error.kind) {
        case ErrorKind::BadInput: return facts;
        case ErrorKind::NotFound: return facts;
        case ErrorKind::Unavailable:
            return tr("The cluster cannot be reached now. Longship keeps trying.") + u'\n' + facts;
        case ErrorKind::Refused: return tr("The cluster said no.") + u'\n' + facts;
        case ErrorKind::Corrupt: return tr("A file or message is damaged and was not used.") + u'\n' + facts;
        case ErrorKind::Exhausted: return tr("There is no room left for this.") + u'\n' + facts;
        case ErrorKind::Interrupted: return tr("It was stopped before it was done.") + u'\n' + facts;
        case ErrorKind::Io: return tr("The system could not read or write a file.") + u'\n' + facts;
        case ErrorKind::Internal: return tr("Longship met an error that it does not know.") + u'\n' + facts;
    }
    return facts;
}

QString Words::modelTitle(const QString& name) {
    if (name == QLatin1String("mlp")) {
        return tr("MLP – fully connected layers");
    }
    if (name == QLatin1String("cnn")) {
        return tr("CNN – 32-64-128 convolutions");
    }
    if (name == QLatin1String("resnet")) {
        return tr("ResNet – small, with batch normalisation");
    }
    return name;
}

QString Words::datasetTitle(const QString& name) {
    return name == QLatin1String("fashion-mnist") ? QStringLiteral("Fashion-MNIST") : name;
}

}  // namespace longship
