#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <QString>
#include <QWidget>

#include "app/studio/widgets/calm_extent.h"
#include "app/studio/widgets/x_scale.h"
#include "core/metrics/series.h"

namespace longship {

enum class CurveStyle {
    Line,
    Faint,  ///< Thin and pale, behind the others, with a band from the least to the most of each column.
    Dots,   ///< Each point is a dot, joined by a line.
    Ghost   ///< Dashed: of another run.
};

/// One curve of a chart. The series is read whenever the chart is painted and must outlive it.
struct Curve {
    QString name;
    std::size_t color = 0;  ///< Index into Colors::series.
    CurveStyle style = CurveStyle::Line;
    const Series* series = nullptr;
    /// When its time begins; read whenever it is painted. Empty: with its first point.
    std::function<UtcTime()> begin = {};

    UtcTime beginTime() const { return begin ? begin() : series->empty() ? UtcTime() : (*series)[0].time; }
};

/// Something that happened at an x, told on the chart.
struct ChartMark {
    double x = 0;  ///< Steps done.
    QString text;
    UtcTime time = {};
    bool quiet = false;  ///< A thin line that is told under the mouse only.

    bool operator==(const ChartMark&) const = default;
};

/// Curves over steps, epochs or time. Once it was clicked, or with Ctrl, the wheel zooms around the mouse;
/// dragging zooms into the marked part, with Shift it pans, a double click shows all again; the arrows pan, +
/// and - zoom, 0 shows all. Hovering reads out the values. Qt Charts owns axes, grid, legend and theme; the
/// curves are painted as columns of pixels from the series' pyramid, on the screen as in files.
class ChartView : public QWidget {
    Q_OBJECT

public:
    using Format = std::function<QString(double)>;

    struct Options {
        QString name;                  ///< For screen readers and file names.
        QString xName;                 ///< What x is called in the read-out.
        Format format;                 ///< Values in the read-out.
        Format tickFormat;             ///< Empty: plain numbers with as many decimals as the ticks need.
        bool fromZero = true;          ///< The y axis includes 0 while it is linear.
        std::optional<Extent> yRange;  ///< A linear y axis always shows this.
        /// Stands at marks that are too close for words of their own.
        std::function<QString(std::size_t)> manyMarks = [](std::size_t count) {
            return QString::number(count);
        };
        Format durationFormat = {};  ///< Of seconds, on an axis of time; empty: plain numbers.
    };

    ChartView(Options options, std::vector<Curve> curves, QWidget* parent = nullptr);
    ~ChartView() override;

    /// Largest x that may come, 0 when unknown: the axis never reaches beyond it.
    void setLimit(double xMax);
    void setLogarithmic(bool on);
    bool isLogarithmic() const;
    /// What runs to the right, and what it is called in the read-out. Shows all.
    void setXScale(const XScale& scale, const QString& name);
    /// A curve without a name is not in the legend.
    void setCurveName(std::size_t curve, const QString& name);
    /// Dashed lines from top to bottom, from left to right; the text stands beside each, or how many they are
    /// where they are crowded, and is read out under the mouse.
    void setMarks(std::vector<ChartMark> marks);
    const std::vector<ChartMark>& marks() const;

    /// The series have changed: takes them over and repaints once.
    void refresh();

    Extent xRange() const;  ///< What is shown, in its own unit.

    bool isZoomed() const;
    void zoomTo(double from, double to);
    void resetZoom();

    /// SVG, PDF or PNG by the file's ending. False when the file cannot be written.
    bool saveImage(const QString& path);

    /// The labels of the axes as they are shown.
    QStringList xLabels() const;
    QStringList yLabels() const;

Q_SIGNALS:
    void zoomChanged();
    void rangeChanged();  ///< xRange() is another.

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    class Plot;
    Plot* m_plot;
};

}  // namespace longship
