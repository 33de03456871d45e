#pragma once

#include <QLabel>
#include <QString>

namespace longship {

enum class Tone { Neutral, Accent, Good, Warning, Bad };

/// Sets a property that StudioStyle reads and gives the widget the looks that go with it. Cheap when nothing
/// changes.
void setStyleProperty(QWidget* widget, const char* name, const QVariant& value);
void setTone(QWidget* widget, Tone tone);

/// The kinds of text in the studio; StudioStyle gives each its size and colour.
enum class TextRole { Plain, Title, Heading, Muted, Small, Value, Problem, Code };
QLabel* makeLabel(TextRole role, const QString& text = {}, QWidget* parent = nullptr);

/// How a state looks besides its colour: full while something goes on or is over, an outline while it rests,
/// a dashed one while it changes.
enum class PillShape { Full, Outline, Dashed };

/// A state in a coloured capsule.
class Pill : public QLabel {
    Q_OBJECT

public:
    explicit Pill(QWidget* parent = nullptr);
    void show(const QString& text, Tone tone, PillShape shape = PillShape::Full);
};

/// A line of text that is cut with an ellipsis where there is no room; the whole of it is the tool tip.
class ElidedLabel : public QLabel {
    Q_OBJECT

public:
    explicit ElidedLabel(TextRole role, QWidget* parent = nullptr);
    void setFullText(const QString& text);

    QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void elide();

    QString m_text;
};

}  // namespace longship
