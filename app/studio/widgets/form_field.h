#pragma once

#include <QLabel>
#include <QString>
#include <QWidget>

namespace longship {

/// A field of a form: its name above, the control, and below what is wrong with it or a hint. The line below
/// keeps its place when it is empty, so that nothing moves while one types.
class FormField : public QWidget {
    Q_OBJECT

public:
    FormField(const QString& name, QWidget* control, QWidget* parent = nullptr);

    void setHint(const QString& hint);

    /// Marks the control, or clears the mark when `problem` is empty.
    void setProblem(const QString& problem);
    QString problem() const;

    QWidget* control() const { return m_control; }

private:
    void update();

    QWidget* m_control;
    QLabel* m_remark;
    QString m_hint;
    QString m_problem;
};

}  // namespace longship
