#pragma once

#include <optional>
#include <vector>

#include <QAbstractTableModel>
#include <QString>
#include <QThreadPool>

#include "core/domain/csv_table.h"

namespace longship {

/// The first rows of a user's table and what its columns were taken for. The file is read off the GUI thread;
/// the answer to an older question is dropped. Cells are the file's own text.
class CsvPreviewModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum class State { Empty, Loading, Loaded, Failed };

    explicit CsvPreviewModel(QObject* parent = nullptr);
    ~CsvPreviewModel() override;

    void load(const QString& path);
    void clear();

    State state() const { return m_state; }
    const QString& path() const { return m_path; }
    const CsvSummary& summary() const { return m_summary; }
    const std::optional<Error>& error() const { return m_error; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

Q_SIGNALS:
    void stateChanged();

private:
    void finish(int request, Result<CsvSummary> result);
    void replace(State state, CsvSummary summary, std::optional<Error> error);

    State m_state = State::Empty;
    QString m_path;
    CsvSummary m_summary;
    std::optional<Error> m_error;
    int m_request = 0;
    QThreadPool m_readers;
};

}  // namespace longship
