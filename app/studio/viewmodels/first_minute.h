#pragma once

#include <optional>

#include "app/studio/viewmodels/studio_model.h"

namespace longship {

/// The hint of the first minute: once a run on the demo cluster has trained for ten seconds undisturbed, one
/// of its nodes is proposed to be killed, so that a person sees training go on without it. It comes once: not
/// again after it was followed or declined, nor for a person who has seen a node fail.
class FirstMinute : public QObject {
    Q_OBJECT

public:
    explicit FirstMinute(StudioModel& studio, QObject* parent = nullptr);

    /// The node to be killed; none while there is no hint.
    const std::optional<NodeId>& victim() const { return m_victim; }

    void pull();  ///< Kills it.
    void decline();

Q_SIGNALS:
    void changed();

private:
    void refresh();
    std::optional<NodeId> findVictim() const;

    StudioModel& m_studio;
    std::optional<NodeId> m_victim;
};

}  // namespace longship
