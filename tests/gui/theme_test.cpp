// The visual language as widgets really get it: without a style sheet, and following the theme while they
// live.
#include <QApplication>
#include <QDir>
#include <QFile>
#include <QFontDatabase>
#include <QFontMetricsF>
#include <QIcon>
#include <QLabel>
#include <QProxyStyle>
#include <QPushButton>
#include <QTest>

#include "app/studio/theme/theme.h"
#include "app/studio/widgets/labels.h"

using namespace longship;

namespace {

/// The most frequent colour of a picture, and the one that is furthest from it: background and ink.
std::pair<QColor, QColor> groundAndInk(const QImage& picture) {
    QMap<QRgb, int> counts;
    for (int y = 0; y < picture.height(); ++y) {
        for (int x = 0; x < picture.width(); ++x) {
            ++counts[picture.pixel(x, y)];
        }
    }
    QRgb ground = 0;
    for (auto it = counts.cbegin(); it != counts.cend(); ++it) {
        if (counts.value(ground) < it.value()) {
            ground = it.key();
        }
    }
    QColor ink(ground);
    for (const QRgb color : counts.keys()) {
        if (contrast(QColor(color), QColor(ground)) > contrast(ink, QColor(ground))) {
            ink = QColor(color);
        }
    }
    return {QColor(ground), ink};
}

}  // namespace

class ThemeTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void thereIsNoStyleSheet();
    void digitsAreEquallyWide();
    void lettersFollowTheDesktopWhereItsDigitsDo();
    void aLabelTakesTheColoursOfItsRoleInEveryTheme();
    void buttonsCanBeReadInEveryTheme_data();
    void buttonsCanBeReadInEveryTheme();
    void everyIconIsTintedFromTheTheme();
    void everyIconIsThere();
};

void ThemeTest::thereIsNoStyleSheet() {
    applyTheme(*qApp, ThemeKind::Light);
    QVERIFY(qApp->styleSheet().isEmpty());
    const auto* proxy = qobject_cast<QProxyStyle*>(qApp->style());
    QVERIFY(proxy != nullptr);
    QCOMPARE(proxy->baseStyle()->name().toLower(), QStringLiteral("fusion"));
}

void ThemeTest::digitsAreEquallyWide() {
    applyTheme(*qApp, ThemeKind::Light);
    QVERIFY(hasTabularDigits(QApplication::font()));
    const QLabel label;
    QCOMPARE(label.fontInfo().pixelSize(), type::kBody);
}

void ThemeTest::lettersFollowTheDesktopWhereItsDigitsDo() {
    const QString named = QStringLiteral("DejaVu Sans");
    if (!QFontDatabase::hasFamily(named)) {
        QSKIP("This machine lacks DejaVu Sans, which has tabular digits.");
    }
    QCOMPARE(studioFont(QFont(named)).family(), named);
}

void ThemeTest::aLabelTakesTheColoursOfItsRoleInEveryTheme() {
    QWidget window;
    QLabel* muted = makeLabel(TextRole::Muted, QStringLiteral("text"), &window);
    QLabel* title = makeLabel(TextRole::Title, QStringLiteral("text"), &window);
    Pill pill(&window);
    pill.show(QStringLiteral("Lost"), Tone::Bad);
    window.show();
    for (const ThemeKind kind : {ThemeKind::Light, ThemeKind::Dark, ThemeKind::Light}) {
        applyTheme(*qApp, kind);
        const Colors& colors = colorsOf(kind);
        QCOMPARE(muted->palette().color(QPalette::WindowText), colors.textMuted);
        QTRY_COMPARE(title->palette().color(QPalette::WindowText), colors.text);
        QCOMPARE(title->fontInfo().pixelSize(), type::kTitle);
        QCOMPARE(pill.palette().color(QPalette::WindowText), colors.bad);
        QCOMPARE(pill.grab().toImage().pixelColor(pill.width() / 2, 1), colors.badSoft);
    }
    setStyleProperty(muted, "role", QStringLiteral("problem"));
    QCOMPARE(muted->palette().color(QPalette::WindowText), colorsOf(ThemeKind::Light).bad);
}

void ThemeTest::buttonsCanBeReadInEveryTheme_data() {
    QTest::addColumn<bool>("dark");
    QTest::addColumn<QByteArray>("property");
    for (const bool dark : {false, true}) {
        for (const char* property : {"plain", "primary", "danger", "link", "badge"}) {
            QTest::newRow(QByteArray(dark ? "dark: " : "light: ").append(property).constData())
                << dark << QByteArray(property);
        }
    }
}

void ThemeTest::buttonsCanBeReadInEveryTheme() {
    QFETCH(bool, dark);
    QFETCH(QByteArray, property);
    applyTheme(*qApp, dark ? ThemeKind::Dark : ThemeKind::Light);
    QWidget window;
    QPushButton button(QStringLiteral("HHHHHH"), &window);
    button.setProperty(property.constData(), true);
    button.setFocusPolicy(Qt::NoFocus);
    button.adjustSize();
    window.show();
    const QRect middle = button.rect().adjusted(8, 8, -8, -8);
    const auto [ground, ink] = groundAndInk(button.grab(middle).toImage());
    QVERIFY2(contrast(ground, ink) >= 4.5, QByteArray::number(contrast(ground, ink)).constData());
}

void ThemeTest::everyIconIsTintedFromTheTheme() {
    const QIcon plain = themedIcon(QStringLiteral("plus"));
    const QIcon warning = themedIcon(QStringLiteral("plus"), Ink::Warning);
    for (const ThemeKind kind : {ThemeKind::Light, ThemeKind::Dark}) {
        applyTheme(*qApp, kind);
        const QPoint middle(24, 24);
        QCOMPARE(plain.pixmap(48, 48).toImage().pixelColor(middle), colorsOf(kind).text);
        QCOMPARE(warning.pixmap(48, 48).toImage().pixelColor(middle), colorsOf(kind).warning);
    }
    QVERIFY(themedIcon(QStringLiteral("no such icon")).isNull());
}

void ThemeTest::everyIconIsThere() {
    const QStringList files = QDir(QStringLiteral(ICON_FOLDER)).entryList({QStringLiteral("*.svg")});
    QVERIFY(files.size() > 50);
    for (const QString& file : files) {
        QFile resource(QStringLiteral(":/icons/") + file);
        QVERIFY2(resource.open(QIODevice::ReadOnly), qPrintable(file));
        if (file == QStringLiteral("longship.svg")) {
            continue;
        }
        QVERIFY2(resource.readAll().contains("currentColor"), qPrintable(file));
        const QImage drawn = themedIcon(file.chopped(4)).pixmap(24, 24).toImage();
        bool something = false;
        for (int y = 0; y < drawn.height() && !something; ++y) {
            for (int x = 0; x < drawn.width() && !something; ++x) {
                something = drawn.pixelColor(x, y).alpha() > 128;
            }
        }
        QVERIFY2(something, qPrintable(file));
    }
}

QTEST_MAIN(ThemeTest)
#include "theme_test.moc"
