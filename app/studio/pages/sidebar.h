#pragma once

#include <array>

#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QWidget>

#include "app/studio/viewmodels/studio_model.h"

namespace longship {

enum class Page { Run, Cluster, History, Home, Settings };

/// The way between the pages, and how the cluster stands.
class Sidebar : public QWidget {
    Q_OBJECT

public:
    explicit Sidebar(StudioModel& studio, QWidget* parent = nullptr);

    void setCurrent(Page page);

Q_SIGNALS:
    void pageRequested(longship::Page page);
    void newRunRequested();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QToolButton* makeButton(Page page);
    void refresh();

    StudioModel& m_studio;
    QPushButton* m_newRun;
    std::array<QToolButton*, 5> m_pages{};  ///< By Page.
    QLabel* m_cluster;
    QLabel* m_nodes;
};

}  // namespace longship
