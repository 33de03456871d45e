#pragma once

#include <QCheckBox>
#include <QComboBox>
#include <QVBoxLayout>
#include <QWidget>

#include "app/studio/viewmodels/studio_model.h"

namespace longship {

/// How the studio looks and what it tells; and where, on this computer, things are. All of it takes effect at
/// once.
class SettingsPage : public QWidget {
    Q_OBJECT

public:
    explicit SettingsPage(StudioModel& studio, QWidget* parent = nullptr);

private:
    QWidget* makeLook();
    QWidget* makeNotices();
    QWidget* makeFolders();
    QWidget* makeSsh();
    void refreshFacts();

    StudioModel& m_studio;
    QComboBox* m_theme = nullptr;
    QComboBox* m_language = nullptr;
    QVBoxLayout* m_folders = nullptr;
    QVBoxLayout* m_ssh = nullptr;
};

}  // namespace longship
