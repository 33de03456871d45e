#pragma once

#include <functional>

#include <QStyledItemDelegate>

#include "app/studio/widgets/labels.h"

namespace longship {

/// A table cell that shows its text as a coloured capsule, like Pill.
class StateDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using ToneOf = std::function<Tone(const QModelIndex&)>;

    using ShapeOf = std::function<PillShape(const QModelIndex&)>;

    StateDelegate(QObject* parent, ToneOf toneOf, ShapeOf shapeOf);

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;

private:
    ToneOf m_toneOf;
    ShapeOf m_shapeOf;
};

}  // namespace longship
