#include "app/studio/appearance.h"

#include <QApplication>
#include <QLibraryInfo>
#include <QLocale>

#include "app/studio/theme/theme.h"

namespace longship {

Appearance::Appearance(StudioSettings& settings, QObject* parent) : QObject(parent), m_settings(settings) {
    connect(&settings, &StudioSettings::themeChanged, this, &Appearance::updateTheme);
    connect(&settings, &StudioSettings::languageChanged, this, &Appearance::updateLanguage);
    connect(&m_system, &SystemTheme::changed, this, &Appearance::updateTheme);
    updateTheme();
    updateLanguage();
}

void Appearance::updateTheme() {
    const ThemeChoice choice = m_settings.theme();
    const ThemeKind kind = choice == ThemeChoice::Light  ? ThemeKind::Light
                           : choice == ThemeChoice::Dark ? ThemeKind::Dark
                                                         : m_system.kind();
    applyTheme(*qApp, kind);
}

void Appearance::updateLanguage() {
    const QString chosen = m_settings.language();
    const QLocale locale = chosen.isEmpty() ? QLocale::system() : QLocale(chosen);
    QCoreApplication::removeTranslator(&m_translator);
    QCoreApplication::removeTranslator(&m_qtTranslator);
    // English is the language of the sources; loading nothing is right for it.
    if (m_translator.load(locale, QStringLiteral("longship"), QStringLiteral("_"),
                          QStringLiteral(":/i18n"))) {
        QCoreApplication::installTranslator(&m_translator);
    }
    if (m_qtTranslator.load(locale, QStringLiteral("qtbase"), QStringLiteral("_"),
                            QLibraryInfo::path(QLibraryInfo::TranslationsPath))) {
        QCoreApplication::installTranslator(&m_qtTranslator);
    }
}

}  // namespace longship
