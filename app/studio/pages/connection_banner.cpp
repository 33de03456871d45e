#include "app/studio/pages/connection_banner.h"

#include <chrono>

#include <QVBoxLayout>

#include "app/studio/pages/dialogs.h"
#include "app/studio/text/takeover_words.h"
#include "app/studio/theme/theme.h"

namespace longship {

namespace {

// A cluster that was just opened is not called unreachable before this.
constexpr auto kConnectPatience = std::chrono::seconds(5);

}  // namespace

ConnectionBanner::ConnectionBanner(StudioModel& studio, QWidget* parent)
    : QWidget(parent), m_studio(studio), m_banner(new Banner(this)) {
    m_banner->setObjectName(QStringLiteral("connection"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kPage, spacing::kMedium, spacing::kPage, 0);
    layout->addWidget(m_banner);
    m_retry = m_banner->addButton(tr("Try again"));
    m_takeOver = m_banner->addButton(tr("Go on without the others…"));
    m_takeOver->setObjectName(QStringLiteral("goOnWithout"));
    m_setup = m_banner->addButton(tr("Check and deploy…"));
    m_setup->setObjectName(QStringLiteral("setUpMachines"));
    connect(m_setup, &QPushButton::clicked, this, &ConnectionBanner::setupRequested);
    connect(m_retry, &QPushButton::clicked, this, &ConnectionBanner::retryRequested);
    connect(m_takeOver, &QPushButton::clicked, this, &ConnectionBanner::takeOver);
    m_connecting.setSingleShot(true);
    m_connecting.setInterval(kConnectPatience);
    connect(&m_connecting, &QTimer::timeout, this, &ConnectionBanner::refresh);
    connect(&studio.bridge(), &ClientBridge::stateChanged, &m_connecting, qOverload<>(&QTimer::start));
    connect(&studio, &StudioModel::clusterChanged, this, &ConnectionBanner::refresh);
    connect(&studio.machines(), &MachineSetup::clustersChanged, this, &ConnectionBanner::refresh);
    refresh();
}

void ConnectionBanner::refresh() {
    const ClusterView& cluster = m_studio.cluster();
    const ClientBridge& bridge = m_studio.bridge();
    const bool open = bridge.state() == ClientBridge::State::Open;
    const bool stands = open && cluster.standstill.has_value();
    const KnownCluster* known = m_studio.machines().overSsh(QString::fromStdString(cluster.name));
    const bool bare = open && !cluster.connected && known != nullptr && !known->deployed;
    m_retry->setVisible(!stands && !bare);
    m_takeOver->setVisible(stands);
    m_setup->setVisible(bare);
    if (bridge.state() == ClientBridge::State::Failed) {
        const auto& error = bridge.openError();
        m_banner->show(Tone::Bad, tr("The cluster could not be started"),
                       error ? QString::fromStdString(error->text) : QString());
    } else if (stands) {
        showStandstill(*cluster.standstill);
    } else if (bare) {
        m_banner->show(Tone::Accent, tr("Longship is not on the machines of “%1” yet").arg(known->name),
                       tr("They turn ready one by one once it has been brought to them."));
    } else if (open && !cluster.connected && !m_connecting.isActive()) {
        m_banner->show(Tone::Warning, tr("The cluster does not answer; Longship keeps trying"),
                       QString::fromStdString(cluster.detail));
    } else {
        m_banner->setVisible(false);
    }
    setVisible(!m_banner->isHidden());
}

void ConnectionBanner::showStandstill(const Standstill& standstill) {
    m_takeOver->setEnabled(!m_studio.isTakingOver());
    m_banner->show(Tone::Warning, TakeoverWords::heading(),
                   m_studio.isTakingOver()
                       ? tr("%1 goes on without the others…")
                             .arg(QString::fromStdString(standstill.outlook.founder.value))
                       : TakeoverWords::facts(standstill, BootClock::now(), UtcTime::now()));
}

void ConnectionBanner::takeOver() {
    const auto standstill = m_studio.cluster().standstill;
    if (standstill && askToTakeOver(standstill->outlook, window())) {
        m_studio.takeOver(standstill->outlook.founder);
    }
}

}  // namespace longship
