#pragma once

#include <QStackedWidget>
#include <QTabBar>

namespace longship {

/// Tabs of a page that scrolls: turning the wheel over them scrolls the page.
class PageTabs : public QTabBar {
    Q_OBJECT

public:
    using QTabBar::QTabBar;

protected:
    void wheelEvent(QWheelEvent* event) override;
};

/// What tabs show, one at a time: it asks for as much room as the one that is seen, not the largest.
class TabPages : public QStackedWidget {
    Q_OBJECT

public:
    explicit TabPages(QWidget* parent = nullptr);

    QSize sizeHint() const override { return minimumSizeHint(); }
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override { return false; }
};

}  // namespace longship
