#pragma once

#include <vector>

#include <QFrame>
#include <QLabel>

#include "app/studio/viewmodels/studio_model.h"

namespace longship {

/// The last section of a new run: what will be trained, in a sentence, and how long that took before.
class JobReview : public QFrame {
    Q_OBJECT

public:
    explicit JobReview(StudioModel& studio, QWidget* parent = nullptr);

private:
    void collectRuns();
    void refresh();
    QString summary() const;
    QString estimate() const;

    StudioModel& m_studio;
    std::vector<RunSnapshot> m_runs;  ///< The newest that were completed on this cluster.
    QLabel* m_summary;
    QLabel* m_estimate;
};

}  // namespace longship
