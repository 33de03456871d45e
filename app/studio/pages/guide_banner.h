#pragma once

#include <QPushButton>
#include <QWidget>

#include "app/studio/viewmodels/first_minute.h"
#include "app/studio/widgets/banner.h"

namespace longship {

/// The hint of the first minute, above every page: pull a plug and see training go on.
class GuideBanner : public QWidget {
    Q_OBJECT

public:
    explicit GuideBanner(StudioModel& studio, QWidget* parent = nullptr);

Q_SIGNALS:
    void killed(const longship::NodeId& node);

private:
    void refresh();

    FirstMinute m_hint;
    Banner* m_banner;
    QPushButton* m_kill;
};

}  // namespace longship
