#pragma once

#include <vector>

#include <QWidget>

namespace longship {

/// The last minutes of one value as a small filled line. The newest value is at the right edge; the width
/// stands for `capacity` values, or for all of them where they are more.
class Sparkline : public QWidget {
    Q_OBJECT

public:
    explicit Sparkline(std::size_t capacity, QWidget* parent = nullptr);

    /// `top` is the value at the upper edge.
    void setValues(std::vector<double> values, double top);

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::size_t m_capacity;
    std::vector<double> m_values;
    double m_top = 1;
};

}  // namespace longship
