#pragma once

#include <QIdentityProxyModel>
#include <QString>

namespace longship {

/// A table of values as people read it: words for columns and cells. Columns of numbers stand to the right.
class TextProxy : public QIdentityProxyModel {
public:
    TextProxy(QAbstractItemModel* values, QObject* parent);

    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

protected:
    virtual QString title(int column) const = 0;
    virtual QString cellText(const QModelIndex& index) const = 0;
    virtual QString tip(const QModelIndex& index) const;  ///< None but where said.
    virtual bool isNumber(int column) const;              ///< None but where said.
};

/// How a column is aligned.
int alignmentOf(bool number);

}  // namespace longship
