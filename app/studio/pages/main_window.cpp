#include "app/studio/pages/main_window.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QHBoxLayout>
#include <QMenuBar>
#include <QVBoxLayout>

#include "app/studio/pages/add_machines_dialog.h"
#include "app/studio/pages/data_dialog.h"
#include "app/studio/pages/dialogs.h"
#include "app/studio/theme/theme.h"
#include "app/studio/viewmodels/cluster_opener.h"

namespace longship {

namespace {

constexpr QSize kSizeFirst(1280, 860);
constexpr QSize kSizeMin(980, 640);

// As the settings keep them.
const std::pair<Page, const char*> kPageNames[] = {{Page::Home, "home"},
                                                   {Page::Run, "run"},
                                                   {Page::Cluster, "cluster"},
                                                   {Page::History, "history"},
                                                   {Page::Settings, "settings"}};

QString nameOf(Page page) {
    const auto* found = std::find_if(std::begin(kPageNames), std::end(kPageNames),
                                     [&](const auto& one) { return one.first == page; });
    return QString::fromLatin1(found->second);
}

/// The home page where the name is none, as at the first start.
Page pageOf(const QString& name) {
    for (const auto& [page, one] : kPageNames) {
        if (name == QLatin1StringView(one)) {
            return page;
        }
    }
    return Page::Home;
}

}  // namespace

MainWindow::MainWindow(StudioModel& studio, QWidget* parent)
    : QMainWindow(parent), m_studio(studio), m_actions(studio, this) {
    setWindowTitle(QStringLiteral("Longship"));
    setMinimumSize(kSizeMin);
    resize(kSizeFirst);
    restoreGeometry(studio.settings().windowGeometry());
    m_page = pageOf(studio.settings().page());
    build();
    connect(&studio, &StudioModel::runStarted, this, [this] {
        m_drafting = false;
        showPage(Page::Run);
    });
    connect(&studio.run(), &RunView::shownChanged, this, [this] {
        m_drafting = !m_studio.run().isShown();
        if (m_stack->currentWidget() == m_newRunPage || m_stack->currentWidget() == m_runPage) {
            showPage(Page::Run);
        }
    });
}

void MainWindow::build() {
    m_sidebar = new Sidebar(m_studio, this);
    m_stack = new QStackedWidget(this);
    addPages();
    auto* content = new QWidget(this);
    auto* right = new QVBoxLayout;
    right->setContentsMargins(0, 0, 0, 0);
    right->setSpacing(0);
    auto* connection = new ConnectionBanner(m_studio, content);
    connect(connection, &ConnectionBanner::retryRequested, this, &MainWindow::openClusterRequested);
    connect(connection, &ConnectionBanner::setupRequested, this,
            [this] { setUp(QString::fromStdString(m_studio.cluster().name)); });
    auto* guide = new GuideBanner(m_studio, content);
    connect(guide, &GuideBanner::killed, this, [this](const NodeId& node) {
        m_toast->show(tr("%1 is killed. Watch the curve go on").arg(QString::fromStdString(node.value)),
                      QString());
    });
    right->addWidget(connection);
    right->addWidget(guide);
    right->addWidget(m_stack, 1);
    auto* layout = new QHBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_sidebar);
    layout->addLayout(right, 1);
    setCentralWidget(content);
    connectPages();
    buildMenus();
    connect(&m_studio, &StudioModel::takenOver, m_stack, [this](const NodeId& founder) {
        m_toast->show(tr("%1 leads the cluster now").arg(QString::fromStdString(founder.value)), QString());
    });
    connect(&m_studio, &StudioModel::exported, m_stack,
            [this](const QString& path) { m_toast->show(tr("Exported to %1").arg(path), QString()); });
    m_toast = new Toast(content);
    new DataDialog(m_studio.machines().data(), content);
    showPage(m_page);
    m_stack->currentWidget()->setFocus();
}

void MainWindow::addPages() {
    m_newRunPage = new NewRunPage(m_studio, m_stack);
    m_runPage = new RunPage(m_studio, m_actions, m_stack);
    m_nodesPage = new NodesPage(m_studio, m_stack);
    m_setupPage = new SetupPage(m_studio, m_stack);
    m_historyPage = new HistoryPage(m_studio, m_actions, m_stack);
    m_homePage = new HomePage(m_studio, m_stack);
    m_settingsPage = new SettingsPage(m_studio, m_stack);
    for (QWidget* page : std::initializer_list<QWidget*>{m_newRunPage, m_runPage, m_nodesPage, m_setupPage,
                                                         m_historyPage, m_homePage, m_settingsPage}) {
        m_stack->addWidget(page);
    }
}

void MainWindow::connectPages() {
    connect(m_sidebar, &Sidebar::pageRequested, this, &MainWindow::goTo);
    connect(m_sidebar, &Sidebar::newRunRequested, this, &MainWindow::showNewRun);
    connect(m_homePage, &HomePage::tryRequested, this, &MainWindow::tryDemo);
    connect(m_homePage, &HomePage::retryRequested, this, &MainWindow::openClusterRequested);
    connect(m_homePage, &HomePage::addMachinesRequested, this, &MainWindow::addMachines);
    connect(m_homePage, &HomePage::setupRequested, this, &MainWindow::setUp);
    connect(m_homePage, &HomePage::clusterRequested, this, &MainWindow::clusterChosen);
    connect(m_homePage, &HomePage::openRequested, this, &MainWindow::openRun);
    connect(m_homePage, &HomePage::historyRequested, this, [this] { goTo(Page::History); });
    connect(m_nodesPage, &NodesPage::retryRequested, this, &MainWindow::openClusterRequested);
    connect(m_nodesPage, &NodesPage::addMachinesRequested, this, &MainWindow::addMachines);
    connect(m_nodesPage, &NodesPage::setupRequested, this,
            [this] { setUp(QString::fromStdString(m_studio.cluster().name)); });
    connect(m_setupPage, &SetupPage::closeRequested, this, [this] {
        m_settingUp = false;
        showPage(Page::Cluster);
    });
    connect(m_setupPage, &SetupPage::clusterReady, this, [this](const QString& name) {
        m_settingUp = false;
        showPage(Page::Cluster);
        m_toast->show(tr("The cluster %1 is ready").arg(name), QString());
        Q_EMIT clusterChosen(name);
    });
    connect(m_setupPage, &SetupPage::clusterForgotten, this, [this](const QString& name) {
        m_settingUp = false;
        showPage(Page::Cluster);
        m_toast->show(tr("The cluster %1 is forgotten").arg(name), QString());
        if (name.toStdString() == m_studio.cluster().name) {
            Q_EMIT clusterChosen(QString::fromLatin1(kDemoCluster));
        }
    });
    connect(m_historyPage, &HistoryPage::newRunRequested, this, &MainWindow::showNewRun);
    connect(m_historyPage, &HistoryPage::openRequested, this, &MainWindow::openRun);
}

void MainWindow::buildMenus() {
    menuBar()->clear();
    addFileMenu();
    addViewMenu();
    addHelpMenu();
}

void MainWindow::addFileMenu() {
    QMenu* file = menuBar()->addMenu(tr("&File"));
    file->addAction(tr("&New run"), QKeySequence(Qt::CTRL | Qt::Key_N), this, &MainWindow::showNewRun);
    QAction* save = file->addAction(tr("&Save model…"), QKeySequence(Qt::CTRL | Qt::Key_S), this, [this] {
        if (m_studio.run().isShown()) {
            m_actions.saveModel(m_studio.run().snapshot().run,
                                QString::fromStdString(m_studio.run().job().name));
        }
    });
    connect(file, &QMenu::aboutToShow, save, [this, save] {
        save->setEnabled(m_studio.run().isShown() && m_studio.run().snapshot().model.has_value());
    });
    connect(file, &QMenu::aboutToHide, save, [save] { save->setEnabled(true); });
    file->addAction(tr("&Export…"), QKeySequence(Qt::CTRL | Qt::Key_E), this, [this] {
        QPushButton* button = m_stack->currentWidget() == m_runPage ? m_runPage->exportButton() : nullptr;
        if (m_stack->currentWidget() == m_historyPage) {
            button = m_historyPage->exportButton();
        }
        if (button != nullptr && button->isVisible() && button->isEnabled()) {
            button->showMenu();
        }
    });
    file->addSeparator();
    QMenu* clusters = file->addMenu(tr("&Open cluster"));
    connect(clusters, &QMenu::aboutToShow, this, [this, clusters] { fillClusters(clusters); });
    connect(&m_studio.machines(), &MachineSetup::clustersChanged, clusters,
            [this, clusters] { fillClusters(clusters); });
    fillClusters(clusters);
    file->addAction(tr("&Add machines…"), QKeySequence(Qt::CTRL | Qt::Key_M), this, &MainWindow::addMachines);
    file->addSeparator();
    file->addAction(tr("&Quit"), QKeySequence(Qt::CTRL | Qt::Key_Q), this, &QWidget::close);
}

void MainWindow::addViewMenu() {
    QMenu* view = menuBar()->addMenu(tr("&View"));
    view->addAction(tr("&Home"), QKeySequence(Qt::ALT | Qt::Key_Home), this, [this] { goTo(Page::Home); });
    const std::pair<QString, Page> pages[] = {
        {tr("&Run"), Page::Run}, {tr("&Cluster"), Page::Cluster}, {tr("&History"), Page::History}};
    int key = Qt::Key_1;
    for (const auto& [name, page] : pages) {
        view->addAction(name, QKeySequence(Qt::CTRL | static_cast<Qt::Key>(key++)), this,
                        [this, page = page] { goTo(page); });
    }
    view->addAction(tr("&Settings"), QKeySequence(Qt::CTRL | Qt::Key_Comma), this,
                    [this] { goTo(Page::Settings); });
    view->addAction(tr("&Find a run"), QKeySequence(Qt::CTRL | Qt::Key_F), this, [this] {
        goTo(Page::History);
        m_historyPage->focusFilter();
    });
    view->addSeparator();
    view->addAction(tr("Show &all of the curves"), QKeySequence(Qt::CTRL | Qt::Key_0), this,
                    [this] { m_runPage->charts()->resetZoom(); });
    view->addSeparator();
    addThemeMenu(view);
    addLanguageMenu(view);
}

void MainWindow::addThemeMenu(QMenu* view) {
    QMenu* menu = view->addMenu(tr("&Theme"));
    auto* group = new QActionGroup(menu);
    const std::pair<QString, ThemeChoice> choices[] = {{tr("Like the &system"), ThemeChoice::System},
                                                       {tr("&Light"), ThemeChoice::Light},
                                                       {tr("&Dark"), ThemeChoice::Dark}};
    for (const auto& [name, choice] : choices) {
        QAction* action =
            menu->addAction(name, this, [this, choice = choice] { m_studio.settings().setTheme(choice); });
        action->setCheckable(true);
        action->setChecked(m_studio.settings().theme() == choice);
        group->addAction(action);
    }
}

void MainWindow::addLanguageMenu(QMenu* view) {
    QMenu* menu = view->addMenu(tr("&Language"));
    auto* group = new QActionGroup(menu);
    // Each language is named in itself, so that people find theirs.
    const std::pair<QString, QString> choices[] = {{tr("Like the &system"), QString()},
                                                   {QStringLiteral("English"), QStringLiteral("en")},
                                                   {QStringLiteral("简体中文"), QStringLiteral("zh_CN")}};
    for (const auto& [name, language] : choices) {
        QAction* action = menu->addAction(
            name, this, [this, language = language] { m_studio.settings().setLanguage(language); });
        action->setCheckable(true);
        action->setChecked(m_studio.settings().language() == language);
        group->addAction(action);
    }
}

void MainWindow::addHelpMenu() {
    QMenu* help = menuBar()->addMenu(tr("&Help"));
    help->addAction(tr("&About Longship"), this, [this] { showAbout(this); });
}

void MainWindow::showPage(Page page) {
    m_page = page;
    m_studio.settings().setPage(nameOf(page));
    m_sidebar->setCurrent(page);
    QWidget* const pages[] = {m_drafting ? static_cast<QWidget*>(m_newRunPage) : m_runPage,
                              m_settingUp ? static_cast<QWidget*>(m_setupPage) : m_nodesPage, m_historyPage,
                              m_homePage, m_settingsPage};
    m_stack->setCurrentWidget(pages[static_cast<std::size_t>(page)]);
}

void MainWindow::tryDemo() {
    if (m_studio.cluster().name != kDemoCluster) {
        Q_EMIT clusterChosen(QString::fromLatin1(kDemoCluster));
    }
    m_studio.draft().setJob(demoJob());
    showNewRun();
}

void MainWindow::goTo(Page page) {
    // From the form back to the run, if there is one; the form keeps what was typed.
    m_drafting = m_drafting && !(page == Page::Run && m_studio.run().isShown());
    showPage(page);
}

void MainWindow::showNewRun() {
    m_drafting = true;
    showPage(Page::Run);
    m_newRunPage->setFocus();
}

void MainWindow::openRun(const RunId& run) {
    m_studio.run().show(run);
    m_drafting = false;
    showPage(Page::Run);
}

void MainWindow::addMachines() {
    const QString shown = QString::fromStdString(m_studio.cluster().name);
    AddMachinesDialog dialog(m_studio, m_studio.machines().overSsh(shown) != nullptr ? shown : QString(),
                             this);
    QString cluster;
    connect(&m_studio.machines(), &MachineSetup::added, &dialog,
            [&cluster](const QString& name) { cluster = name; });
    if (dialog.exec() == QDialog::Accepted) {
        setUp(cluster);
    }
}

void MainWindow::setUp(const QString& cluster) {
    m_settingUp = true;
    showPage(Page::Cluster);
    m_setupPage->open(cluster);
}

void MainWindow::fillClusters(QMenu* menu) {
    menu->clear();
    for (const KnownCluster& known : m_studio.machines().clusters()) {
        QAction* action =
            menu->addAction(known.name, this, [this, name = known.name] { Q_EMIT clusterChosen(name); });
        action->setCheckable(true);
        action->setChecked(known.name.toStdString() == m_studio.cluster().name);
    }
    menu->setEnabled(!menu->isEmpty());
}

void MainWindow::comeToFront() {
    if (isMinimized()) {
        showNormal();
    }
    show();
    raise();
    activateWindow();
}

void MainWindow::closeEvent(QCloseEvent* event) {
    m_studio.settings().setWindowGeometry(saveGeometry());
    m_studio.forgetHidden();
    event->accept();
}

void MainWindow::changeEvent(QEvent* event) {
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::LanguageChange) {
        build();
    }
}

}  // namespace longship
