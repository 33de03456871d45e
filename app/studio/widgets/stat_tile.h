#pragma once

#include <QFrame>
#include <QLabel>
#include <QString>

namespace longship {

/// One number that matters, with its name above and a remark below.
class StatTile : public QFrame {
    Q_OBJECT

public:
    explicit StatTile(const QString& name, QWidget* parent = nullptr);
    void show(const QString& value, const QString& remark);

    QString value() const { return m_value->text(); }

private:
    QLabel* m_name;
    QLabel* m_value;
    QLabel* m_remark;
};

}  // namespace longship
