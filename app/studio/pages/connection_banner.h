#pragma once

#include <QPushButton>
#include <QTimer>
#include <QWidget>

#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/widgets/banner.h"

namespace longship {

/// What is wrong with the cluster as a whole, above every page, with what can be done about it. Takes no room
/// while all is well.
class ConnectionBanner : public QWidget {
    Q_OBJECT

public:
    explicit ConnectionBanner(StudioModel& studio, QWidget* parent = nullptr);

Q_SIGNALS:
    void retryRequested();
    void setupRequested();  ///< To bring Longship to the machines.

private:
    void refresh();
    void showStandstill(const Standstill& standstill);
    void takeOver();

    StudioModel& m_studio;
    Banner* m_banner;
    QPushButton* m_retry;
    QPushButton* m_takeOver;
    QPushButton* m_setup;
    QTimer m_connecting;
};

}  // namespace longship
