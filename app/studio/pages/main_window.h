#pragma once

#include <QMainWindow>
#include <QStackedWidget>

#include "app/studio/pages/connection_banner.h"
#include "app/studio/pages/guide_banner.h"
#include "app/studio/pages/history_page.h"
#include "app/studio/pages/home_page.h"
#include "app/studio/pages/new_run_page.h"
#include "app/studio/pages/nodes_page.h"
#include "app/studio/pages/run_actions.h"
#include "app/studio/pages/run_page.h"
#include "app/studio/pages/settings_page.h"
#include "app/studio/pages/setup_page.h"
#include "app/studio/pages/sidebar.h"
#include "app/studio/viewmodels/studio_model.h"
#include "app/studio/widgets/toast.h"

namespace longship {

/// The studio's window: the sidebar, one page at a time, and the menus. It holds no state of its own that
/// matters: it can be built anew at any time, as a change of language does.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    explicit MainWindow(StudioModel& studio, QWidget* parent = nullptr);

    /// What the sidebar and the keys do.
    void goTo(Page page);
    void showNewRun();

    /// Comes to the front, as a second start of the program asks for.
    void comeToFront();

Q_SIGNALS:
    void openClusterRequested();              ///< Once more, after it failed.
    void clusterChosen(const QString& name);  ///< To be shown instead of the one that is.

protected:
    void closeEvent(QCloseEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void build();
    void connectPages();
    void addPages();
    void showPage(Page page);
    void tryDemo();
    void buildMenus();
    void addFileMenu();
    void addViewMenu();
    void addThemeMenu(QMenu* view);
    void addLanguageMenu(QMenu* view);
    void addHelpMenu();
    void openRun(const RunId& run);
    void addMachines();
    void setUp(const QString& cluster);
    void fillClusters(QMenu* menu);

    StudioModel& m_studio;
    RunActions m_actions;
    Sidebar* m_sidebar = nullptr;
    QStackedWidget* m_stack = nullptr;
    NewRunPage* m_newRunPage = nullptr;
    RunPage* m_runPage = nullptr;
    NodesPage* m_nodesPage = nullptr;
    SetupPage* m_setupPage = nullptr;
    HistoryPage* m_historyPage = nullptr;
    HomePage* m_homePage = nullptr;
    SettingsPage* m_settingsPage = nullptr;
    Page m_page = Page::Home;
    Toast* m_toast = nullptr;
    bool m_drafting = true;    ///< The Run page shows the form.
    bool m_settingUp = false;  ///< The Cluster page shows the machines of a cluster over SSH.
};

}  // namespace longship
