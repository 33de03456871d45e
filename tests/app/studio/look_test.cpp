// Colours that can be read and axes that stay calm.
#include <QTest>

#include "app/studio/theme/colors.h"
#include "app/studio/widgets/calm_extent.h"
#include "app/studio/widgets/mark_labels.h"

using namespace longship;

namespace {

// WCAG 2.1, level AA, for text of usual size; and for graphics.
constexpr double kTextContrast = 4.5;
constexpr double kGraphicsContrast = 3.0;

}  // namespace

class LookTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyTextCanBeRead_data();
    void everyTextCanBeRead();
    void curvesStandOutFromTheirBackground();
    void aPaletteTellsItsTheme();
    void anAxisWidensAtOnceAndNarrowsLate();
    void anAxisOfOneValueHasRoom();
    void everyMarkHasALabel_data();
    void everyMarkHasALabel();
};

void LookTest::everyTextCanBeRead_data() {
    QTest::addColumn<QColor>("text");
    QTest::addColumn<QColor>("background");
    for (const ThemeKind kind : {ThemeKind::Light, ThemeKind::Dark}) {
        const Colors& c = colorsOf(kind);
        const QByteArray theme = kind == ThemeKind::Light ? "light" : "dark";
        const std::tuple<const char*, QColor, QColor> pairs[] = {
            {"text on window", c.text, c.window},
            {"text on sidebar", c.text, c.sidebar},
            {"text on surface", c.text, c.surface},
            {"text on hover", c.text, c.hover},
            {"text on selection", c.text, c.accentSoft},
            {"muted on window", c.textMuted, c.window},
            {"muted on surface", c.textMuted, c.surface},
            {"muted on sidebar", c.textMuted, c.sidebar},
            {"muted on hover", c.textMuted, c.hover},
            {"on accent", c.onAccent, c.accent},
            {"on accent hover", c.onAccent, c.accentHover},
            {"link on window", c.accent, c.window},
            {"link on surface", c.accent, c.surface},
            {"good on soft", c.good, c.goodSoft},
            {"good on surface", c.good, c.surface},
            {"warning on soft", c.warning, c.warningSoft},
            {"bad on soft", c.bad, c.badSoft},
            {"bad on surface", c.bad, c.surface},
            {"bad on window", c.bad, c.window},
            {"text on good", c.text, c.goodSoft},
            {"text on warning", c.text, c.warningSoft},
            {"text on bad", c.text, c.badSoft},
        };
        for (const auto& [name, text, background] : pairs) {
            QTest::newRow((theme + ": " + name).constData()) << text << background;
        }
    }
}

void LookTest::everyTextCanBeRead() {
    QFETCH(const QColor, text);
    QFETCH(const QColor, background);
    const double found = contrast(text, background);
    QVERIFY2(found >= kTextContrast, QByteArray::number(found).constData());
}

void LookTest::curvesStandOutFromTheirBackground() {
    for (const ThemeKind kind : {ThemeKind::Light, ThemeKind::Dark}) {
        for (const QColor& color : colorsOf(kind).series) {
            QVERIFY(contrast(color, colorsOf(kind).surface) >= kGraphicsContrast);
        }
    }
}

void LookTest::aPaletteTellsItsTheme() {
    QCOMPARE(kindOf(paletteOf(ThemeKind::Light)), ThemeKind::Light);
    QCOMPARE(kindOf(paletteOf(ThemeKind::Dark)), ThemeKind::Dark);
}

void LookTest::anAxisWidensAtOnceAndNarrowsLate() {
    const Extent first = calmExtent({0, 0}, {0, 2.3});
    QVERIFY(first.min == 0 && first.max >= 2.3);
    const Extent wider = calmExtent(first, {0, 3.4});
    QVERIFY(wider.max >= 3.4);
    QCOMPARE(calmExtent(wider, {0, 2.0}), wider);
    QVERIFY(calmExtent(wider, {0, 1.0}).max < wider.max);
}

void LookTest::anAxisOfOneValueHasRoom() {
    const Extent extent = calmExtent({0, 0}, {5, 5});
    QVERIFY(extent.min < 5 && extent.max > 5);
    const Extent zero = calmExtent({0, 0}, {0, 0});
    QVERIFY(zero.span() > 0);
}

void LookTest::everyMarkHasALabel_data() {
    QTest::addColumn<QList<double>>("at");
    QTest::addColumn<QStringList>("texts");
    QTest::newRow("none") << QList<double>{} << QStringList{};
    QTest::newRow("one") << QList<double>{50} << QStringList{QStringLiteral("mark 0")};
    QTest::newRow("two apart") << QList<double>{50, 300}
                               << QStringList{QStringLiteral("mark 0"), QStringLiteral("mark 1")};
    QTest::newRow("two near") << QList<double>{50, 70}
                              << QStringList{QStringLiteral("mark 0"), QStringLiteral("mark 1")};
    QTest::newRow("two at one place") << QList<double>{50, 50} << QStringList{QStringLiteral("2 incidents")};
    QTest::newRow("at the right edge")
        << QList<double>{380, 395} << QStringList{QStringLiteral("mark 0"), QStringLiteral("mark 1")};
    QTest::newRow("a crowd") << QList<double>{50, 61, 72, 83, 94}
                             << QStringList{QStringLiteral("mark 0"), QStringLiteral("mark 1"),
                                            QStringLiteral("3 incidents")};
}

void LookTest::everyMarkHasALabel() {
    QFETCH(QList<double>, at);
    QFETCH(QStringList, texts);
    std::vector<PlacedMark> marks;
    for (const double x : at) {
        marks.push_back({x, QStringLiteral("mark %1").arg(marks.size())});
    }
    const QRectF area(0, 0, 400, 200);
    const auto labels =
        placeLabels(marks, area,
                    {[](const QString&) { return 80.0; }, 15.0,
                     [](std::size_t count) { return QStringLiteral("%1 incidents").arg(count); }});
    QStringList told;
    std::size_t counted = 0;
    for (const MarkLabel& label : labels) {
        told << label.text;
        counted += label.count;
        QVERIFY(area.contains(label.room));
        for (const MarkLabel& other : labels) {
            QVERIFY(&other == &label || !other.room.intersects(label.room));
        }
    }
    QCOMPARE(told, texts);
    QCOMPARE(counted, marks.size());
}

QTEST_APPLESS_MAIN(LookTest)
#include "look_test.moc"
