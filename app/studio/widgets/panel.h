#pragma once

#include <QFrame>

namespace longship {

/// How a panel stands among its neighbours; told by its edge as well as by its colour.
enum class PanelLook {
    Plain,
    Target,   ///< What is carried may be put down here.
    Refused,  ///< It may not.
    Trouble,
    Pending  ///< Something was asked for and is not so yet: a dashed edge.
};

/// A rounded area with an edge, and a ring while it has the keyboard.
class Panel : public QFrame {
    Q_OBJECT

public:
    enum class Depth { Card, InCard };

    explicit Panel(Depth depth, QWidget* parent = nullptr);
    void setLook(PanelLook look);
    PanelLook look() const { return m_look; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    Depth m_depth;
    PanelLook m_look = PanelLook::Plain;
};

}  // namespace longship
