#include "app/studio/pages/guide_banner.h"

#include <QVBoxLayout>

#include "app/studio/theme/theme.h"

namespace longship {

GuideBanner::GuideBanner(StudioModel& studio, QWidget* parent)
    : QWidget(parent), m_hint(studio), m_banner(new Banner(this)) {
    m_banner->setObjectName(QStringLiteral("guide"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kPage, spacing::kMedium, spacing::kPage, 0);
    layout->addWidget(m_banner);
    m_kill = m_banner->addButton({});
    m_kill->setObjectName(QStringLiteral("killNode"));
    m_kill->setIcon(themedIcon(QStringLiteral("unplug"), Ink::Bad));
    m_kill->setProperty("danger", true);
    QPushButton* decline = m_banner->addButton(tr("Not now"));
    decline->setObjectName(QStringLiteral("declineHint"));
    decline->setProperty("link", true);
    connect(m_kill, &QPushButton::clicked, this, [this] {
        if (const auto node = m_hint.victim()) {
            m_hint.pull();
            Q_EMIT killed(*node);
        }
    });
    connect(decline, &QPushButton::clicked, this, [this] { m_hint.decline(); });
    connect(&m_hint, &FirstMinute::changed, this, &GuideBanner::refresh);
    refresh();
}

void GuideBanner::refresh() {
    const auto& node = m_hint.victim();
    setVisible(node.has_value());
    if (node) {
        const QString name = QString::fromStdString(node->value);
        m_kill->setText(tr("Kill %1").arg(name));
        m_banner->show(Tone::Accent, tr("Now pull a plug: kill %1", "a node").arg(name),
                       tr("Its agent and its worker end at once, as if the machine had lost power. Training "
                          "goes on without them; no step and no sample is lost."));
    }
}

}  // namespace longship
