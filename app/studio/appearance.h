#pragma once

#include <QObject>
#include <QTranslator>

#include "app/studio/system_theme.h"
#include "app/studio/viewmodels/studio_settings.h"

namespace longship {

/// Keeps theme and language of the program as the person chose them, or as the desktop has them.
class Appearance : public QObject {
    Q_OBJECT

public:
    explicit Appearance(StudioSettings& settings, QObject* parent = nullptr);

private:
    void updateTheme();
    void updateLanguage();

    StudioSettings& m_settings;
    SystemTheme m_system;
    QTranslator m_translator;
    QTranslator m_qtTranslator;
};

}  // namespace longship
