#pragma once

#include <array>

#include <QLabel>
#include <QPushButton>
#include <QWidget>

#include "app/studio/pages/run_actions.h"
#include "app/studio/viewmodels/incident_view.h"
#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/widgets/banner.h"

namespace longship {

/// What went wrong with the shown run: what, where, since when, why, what was done and what it cost; while
/// the run waits for an answer the choices, each with its price. Hidden when nothing did.
class IncidentCard : public QWidget {
    Q_OBJECT

public:
    IncidentCard(StudioModel& studio, RunActions& actions, QWidget* parent = nullptr);
    void refresh();

private:
    struct Choice {
        IncidentAnswer answer;
        QPushButton* button;
        QLabel* cost;
    };

    QWidget* makeChoices();
    void answer(IncidentAnswer answer);
    void refreshChoices(const TimedIncident& incident);
    std::vector<PlacedTask> work() const;

    StudioModel& m_studio;
    RunActions& m_actions;
    Banner* m_banner;
    QPushButton* m_hide;
    QPushButton* m_again;
    std::vector<Choice> m_choices;
    QWidget* m_choiceArea;                     ///< After the choices, which it fills.
    std::pair<RunId, std::uint64_t> m_hidden;  ///< The resolved incident that was put away.
    std::pair<RunId, std::uint64_t> m_waited;  ///< The one that was answered with "wait".
};

}  // namespace longship
