#include "app/studio/text/text_proxy.h"

namespace longship {

TextProxy::TextProxy(QAbstractItemModel* values, QObject* parent) : QIdentityProxyModel(parent) {
    setSourceModel(values);
}

QVariant TextProxy::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    switch (role) {
        case Qt::DisplayRole: return cellText(index);
        case Qt::TextAlignmentRole: return alignmentOf(isNumber(index.column()));
        case Qt::ToolTipRole: {
            const QString text = tip(index);
            return text.isEmpty() ? QVariant() : QVariant(text);
        }
        default: return QIdentityProxyModel::data(index, role);
    }
}

QVariant TextProxy::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) {
        return {};
    }
    return role == Qt::DisplayRole         ? QVariant(title(section))
           : role == Qt::TextAlignmentRole ? QVariant(alignmentOf(isNumber(section)))
                                           : QVariant();
}

QString TextProxy::tip(const QModelIndex&) const {
    return {};
}

bool TextProxy::isNumber(int) const {
    return false;
}

int alignmentOf(bool number) {
    return static_cast<int>(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
}

}  // namespace longship
