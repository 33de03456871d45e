#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <QCoreApplication>
#include <QString>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/client/client.h"
#include "core/domain/node.h"
#include "core/domain/run_event.h"

namespace longship {

/// Words and numbers as people read them. Numbers keep their width while they change: fixed decimals, and
/// digits of one width in the studio's font.
class Words {
    Q_DECLARE_TR_FUNCTIONS(Words)

public:
    static QString of(RunState state);
    static QString of(const RunSummary& run);  ///< Its state, or that it was left behind.
    static QString of(NodeState state);
    static QString of(const NodeView& node);  ///< Its state, or that it is drained or being drained.
    static QString of(TaskState state);

    /// "60 000", grouped in threes.
    static QString count(std::uint64_t value);

    /// Four significant digits, or "–" when there is none: "0.4321", "12.35".
    static QString number(std::optional<double> value);

    /// "85.12 %".
    static QString percent(std::optional<double> share, int decimals = 2);

    /// "1.25 GB"; decimal units.
    static QString bytes(double value);
    static QString bytesPerSecond(double value);
    static QString samplesPerSecond(std::optional<double> value);
    static QString cores(double value);

    /// "0:42", "1:05:00".
    static QString duration(std::optional<double> seconds);

    /// Local date and time, short.
    static QString time(UtcTime time);
    /// Local time of today, with seconds; with the date when it was another day.
    static QString clock(UtcTime time);

    /// What failed, in one or two sentences: what it means for the user, then the facts.
    static QString error(const Error& error);

    static QString modelTitle(const QString& name);
    static QString datasetTitle(const QString& name);

    static QString none();
};

}  // namespace longship
