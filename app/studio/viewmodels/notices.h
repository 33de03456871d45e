#pragma once

#include <map>

#include "app/studio/viewmodels/studio_model.h"

namespace longship {

/// Notices the moment at which a run ends or a node is lost. What was so when the studio was opened is no
/// news.
class Notices : public QObject {
    Q_OBJECT

public:
    explicit Notices(StudioModel& studio, QObject* parent = nullptr);

Q_SIGNALS:
    /// `subject`: the run's name or the node's. Only of kinds that the settings ask for.
    void noticed(longship::NoticeKind kind, const QString& subject, const QString& cause);

private:
    void lookAtRuns();
    void lookAtNodes();
    void tell(NoticeKind kind, const std::string& subject, const std::string& cause);

    StudioModel& m_studio;
    std::map<RunId, bool> m_over;  ///< Of the runs that were seen.
    std::map<NodeId, NodeState> m_nodes;
};

}  // namespace longship
