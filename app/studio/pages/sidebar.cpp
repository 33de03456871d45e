#include "app/studio/pages/sidebar.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QPainter>
#include <QVBoxLayout>

#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"

namespace longship {

namespace {

constexpr int kWidth = 196;
constexpr int kIconSize = 20;

}  // namespace

Sidebar::Sidebar(StudioModel& studio, QWidget* parent)
    : QWidget(parent),
      m_studio(studio),
      m_newRun(new QPushButton(tr("New run"), this)),
      m_cluster(makeLabel(TextRole::Plain, {}, this)),
      m_nodes(makeLabel(TextRole::Small, {}, this)) {
    setObjectName(QStringLiteral("sidebar"));
    setProperty("surface", QStringLiteral("sidebar"));
    setFixedWidth(kWidth);
    auto* logo = new QLabel(this);
    logo->setPixmap(programIcon().pixmap(32, 32));
    auto* product = makeLabel(TextRole::Title, QStringLiteral("Longship"), this);
    auto* top = new QHBoxLayout;
    top->setSpacing(spacing::kSmall);
    top->addWidget(logo);
    top->addWidget(product, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kMedium, spacing::kLarge, spacing::kMedium, spacing::kLarge);
    layout->setSpacing(spacing::kTight);
    layout->addLayout(top);
    layout->addSpacing(spacing::kLarge);
    m_newRun->setIcon(themedIcon(QStringLiteral("plus")));
    m_newRun->setObjectName(QStringLiteral("newRun"));
    layout->addWidget(m_newRun);
    layout->addSpacing(spacing::kMedium);
    auto* group = new QButtonGroup(this);
    for (const Page page : {Page::Home, Page::Run, Page::Cluster, Page::History}) {
        QToolButton* button = makeButton(page);
        group->addButton(button);
        layout->addWidget(button);
    }
    layout->addStretch();
    QToolButton* settings = makeButton(Page::Settings);
    group->addButton(settings);
    layout->addWidget(settings);
    layout->addSpacing(spacing::kMedium);
    layout->addWidget(m_cluster);
    layout->addWidget(m_nodes);
    m_nodes->setWordWrap(true);
    connect(m_newRun, &QPushButton::clicked, this, &Sidebar::newRunRequested);
    connect(&studio, &StudioModel::clusterChanged, this, &Sidebar::refresh);
    refresh();
    setCurrent(Page::Run);
}

QToolButton* Sidebar::makeButton(Page page) {
    struct Look {
        QString name;
        QString icon;
        QString key;
        QString object;
    };
    const Look looks[] = {
        {tr("Run"), QStringLiteral("run"), tr("Ctrl+%1").arg(1), QStringLiteral("page1")},
        {tr("Cluster"), QStringLiteral("nodes"), tr("Ctrl+%1").arg(2), QStringLiteral("page2")},
        {tr("History"), QStringLiteral("history"), tr("Ctrl+%1").arg(3), QStringLiteral("page3")},
        {tr("Home"), QStringLiteral("home"), tr("Alt+Home"), QStringLiteral("pageHome")},
        {tr("Settings"), QStringLiteral("settings"), tr("Ctrl+,"), QStringLiteral("pageSettings")}};
    const Look& look = looks[static_cast<std::size_t>(page)];
    auto* button = new QToolButton(this);
    button->setText(look.name);
    button->setIcon(themedIcon(look.icon));
    button->setAccessibleName(look.name);
    button->setObjectName(look.object);
    button->setToolTip(look.key);
    button->setCheckable(true);
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setIconSize(QSize(kIconSize, kIconSize));
    button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    button->setProperty("nav", true);
    button->setFocusPolicy(Qt::StrongFocus);
    connect(button, &QToolButton::clicked, this, [this, page] { Q_EMIT pageRequested(page); });
    m_pages[static_cast<std::size_t>(page)] = button;
    return button;
}

void Sidebar::setCurrent(Page page) {
    m_pages[static_cast<std::size_t>(page)]->setChecked(true);
}

void Sidebar::paintEvent(QPaintEvent*) {
    QPainter(this).fillRect(QRect(width() - 1, 0, 1, height()), colorsOf(palette()).border);
}

void Sidebar::refresh() {
    const ClusterView& cluster = m_studio.cluster();
    const auto bridge = m_studio.bridge().state();
    const int nodes = m_studio.nodes().rowCount();
    if (bridge == ClientBridge::State::Failed) {
        m_cluster->setText(tr("No cluster"));
        m_nodes->setText(tr("It could not be started"));
    } else if (nodes == 0) {
        m_cluster->setText(cluster.name.empty() ? tr("Cluster") : QString::fromStdString(cluster.name));
        m_nodes->setText(tr("Starting…"));
    } else {
        m_cluster->setText(tr("Cluster %1").arg(QString::fromStdString(cluster.name)));
        m_nodes->setText(cluster.connected
                             ? tr("%1 of %2 nodes ready").arg(m_studio.nodes().readyCount()).arg(nodes)
                             : tr("Not connected"));
    }
}

}  // namespace longship
