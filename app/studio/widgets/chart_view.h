#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <QString>
#include <QWidget>

#include "app/studio/widgets/calm_extent.h"
#include "core/metrics/series.h"

namespace longship {

enum class CurveStyle {
    Line,
    Faint,  ///< Thin and pale, behind the others.
    Dots    ///< Each point is a dot, joined by a line.
};

/// One curve of a chart. The series is read whenever the chart is painted and must outlive it.
struct Curve {
    QString name;
    std::size_t color = 0;  ///< Index into Colors::series.
    CurveStyle style = CurveStyle::Line;
    const Series* series = nullptr;
};

/// Something that happened at an x, told on the chart.
struct ChartMark {
    double x = 0;
    QString text;

    bool operator==(const ChartMark&) const = default;
};

/// Curves over steps. The wheel zooms around the mouse, dragging zooms into the marked part, a double click
/// shows all again; hovering reads out the values. Qt Charts owns axes, grid, legend and theme; the curves
/// are painted as columns of pixels from the series' pyramid, on the screen as in files.
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
    };

    ChartView(Options options, std::vector<Curve> curves, QWidget* parent = nullptr);
    ~ChartView() override;

    /// Largest x that may come, 0 when unknown: the axis never reaches beyond it.
    void setLimit(double xMax);
    void setLogarithmic(bool on);
    /// Dashed lines from top to bottom, from left to right; the text stands beside each, or how many they are
    /// where they are crowded, and is read out under the mouse.
    void setMarks(std::vector<ChartMark> marks);
    const std::vector<ChartMark>& marks() const;

    /// The series have changed: takes them over and repaints once.
    void refresh();

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

protected:
    void changeEvent(QEvent* event) override;

private:
    class Plot;
    Plot* m_plot;
};

}  // namespace longship
