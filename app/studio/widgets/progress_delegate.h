#pragma once

#include <functional>
#include <optional>

#include <QStyledItemDelegate>

namespace longship {

/// A table cell that shows a share of a whole as a bar with the cell's text beside it; nothing where there is
/// none.
class ProgressDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using ShareOf = std::function<std::optional<double>(const QModelIndex&)>;  ///< 0…1

    ProgressDelegate(QObject* parent, ShareOf shareOf);

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;

private:
    ShareOf m_shareOf;
};

}  // namespace longship
