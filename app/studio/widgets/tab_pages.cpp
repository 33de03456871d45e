#include "app/studio/widgets/tab_pages.h"

#include <QWheelEvent>

namespace longship {

void PageTabs::wheelEvent(QWheelEvent* event) {
    event->ignore();
}

TabPages::TabPages(QWidget* parent) : QStackedWidget(parent) {
    // A page that is not seen must not hold this one open.
    connect(this, &QStackedWidget::currentChanged, this, [this](int shown) {
        for (int i = 0; i < count(); ++i) {
            const auto policy = i == shown ? QSizePolicy::Preferred : QSizePolicy::Ignored;
            widget(i)->setSizePolicy(policy, policy);
        }
        updateGeometry();
    });
}

QSize TabPages::minimumSizeHint() const {
    return currentWidget() == nullptr ? QSize() : currentWidget()->minimumSizeHint();
}

}  // namespace longship
