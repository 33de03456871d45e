#pragma once

#include <set>
#include <vector>

#include "app/studio/viewmodels/row_table_model.h"
#include "core/client/client.h"

namespace longship {

struct RunSummaryKey {
    const RunId& operator()(const RunSummary& run) const { return run.run; }
};

/// The history: one row a run, newest first. Cells are plain values; the words
/// for them are made in app/studio/text.
class RunTableModel : public RowTableModel<RunSummary, RunSummaryKey> {
    Q_OBJECT

public:
    enum Column { State, Name, Model, Dataset, Queued, DurationSeconds, Samples, Accuracy, ColumnCount };

    explicit RunTableModel(QObject* parent = nullptr);

    /// Takes the newest list; rows keep their places, so selections survive.
    void setRuns(std::vector<RunSummary> runs);

    /// A hidden run is not shown: it is about to be forgotten and may still come back.
    void setHidden(const RunId& run, bool hidden);
    const std::set<RunId>& hidden() const { return m_hidden; }

    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    void update();

    std::vector<RunSummary> m_all;
    std::set<RunId> m_hidden;
};

}  // namespace longship
