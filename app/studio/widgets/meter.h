#pragma once

#include <QWidget>

namespace longship {

/// A thin bar that shows a share of a whole.
class Meter : public QWidget {
    Q_OBJECT

public:
    explicit Meter(QWidget* parent = nullptr);
    void setShare(double share);  ///< 0…1; values outside are cut.

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    double m_share = 0;
};

}  // namespace longship
