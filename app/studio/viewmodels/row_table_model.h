#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <QAbstractTableModel>

namespace longship {

/// A table of value rows that is brought up to date with as few signals as needed: rows that stay keep their
/// persistent indexes, so selection and scroll position survive. `KeyOf` names a row.
template <typename Row, typename KeyOf>
class RowTableModel : public QAbstractTableModel {
public:
    using QAbstractTableModel::QAbstractTableModel;

    const Row& at(int row) const { return m_rows.at(static_cast<std::size_t>(row)); }

    template <typename Key>
    int rowOf(const Key& key) const {  ///< -1 when there is none.
        const auto found =
            std::find_if(m_rows.begin(), m_rows.end(), [&](const Row& row) { return KeyOf()(row) == key; });
        return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
    }

    int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
    }

protected:
    void updateRows(std::vector<Row> wanted) {
        removeMissing(wanted);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const int row = static_cast<int>(i);
            if (i < m_rows.size() && KeyOf()(m_rows[i]) == KeyOf()(wanted[i])) {
                if (!(m_rows[i] == wanted[i])) {
                    m_rows[i] = wanted[i];
                    Q_EMIT dataChanged(index(row, 0), index(row, columnCount({}) - 1));
                }
            } else if (rowOf(KeyOf()(wanted[i])) < 0) {
                beginInsertRows({}, row, row);
                m_rows.insert(m_rows.begin() + row, wanted[i]);
                endInsertRows();
            } else {  // The order changed, which is rare: not worth moves.
                beginResetModel();
                m_rows = std::move(wanted);
                endResetModel();
                return;
            }
        }
    }

private:
    void removeMissing(const std::vector<Row>& wanted) {
        for (int row = rowCount() - 1; row >= 0; --row) {
            const bool stays = std::any_of(wanted.begin(), wanted.end(), [&](const Row& other) {
                return KeyOf()(other) == KeyOf()(at(row));
            });
            if (!stays) {
                beginRemoveRows({}, row, row);
                m_rows.erase(m_rows.begin() + row);
                endRemoveRows();
            }
        }
    }

    std::vector<Row> m_rows;
};

}  // namespace longship
