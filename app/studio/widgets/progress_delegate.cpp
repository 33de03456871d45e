#include "app/studio/widgets/progress_delegate.h"

#include <algorithm>
#include <utility>

#include <QPainter>

#include "app/studio/theme/colors.h"

namespace longship {

namespace {

constexpr int kMargin = 10;
constexpr int kBarHeight = 8;

}  // namespace

ProgressDelegate::ProgressDelegate(QObject* parent, ShareOf shareOf)
    : QStyledItemDelegate(parent), m_shareOf(std::move(shareOf)) {}

void ProgressDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                             const QModelIndex& index) const {
    QStyleOptionViewItem empty = option;
    initStyleOption(&empty, index);
    const QString text = std::exchange(empty.text, QString());
    option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &empty, painter, option.widget);
    const auto share = m_shareOf(index);
    if (!share) {
        return;
    }
    const Colors& colors = colorsOf(option.palette);
    const int words = option.fontMetrics.horizontalAdvance(QStringLiteral("100 %")) + kMargin;
    const QRectF bar(option.rect.left() + kMargin, option.rect.center().y() - kBarHeight / 2.0 + 1,
                     option.rect.width() - 2 * kMargin - words, kBarHeight);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush((option.state & QStyle::State_Selected) != 0 ? colors.surface : colors.hover);
    painter->drawRoundedRect(bar, kBarHeight / 2.0, kBarHeight / 2.0);
    QRectF part = bar;
    part.setWidth(std::max<double>(kBarHeight, bar.width() * std::clamp(*share, 0.0, 1.0)));
    painter->setBrush(colors.accent);
    painter->drawRoundedRect(part, kBarHeight / 2.0, kBarHeight / 2.0);
    painter->setPen(colors.text);
    painter->drawText(option.rect.adjusted(0, 0, -kMargin, 0), Qt::AlignRight | Qt::AlignVCenter, text);
    painter->restore();
}

}  // namespace longship
