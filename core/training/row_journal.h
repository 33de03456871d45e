#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/domain/run_event.h"
#include "core/domain/step_row.h"
#include "core/training/step_record.h"

namespace longship {

/// The step that a member applied last, as long as its row is not final.
struct PendingRow {
    StepRow row;        ///< With the parameter hash where it is due, without times.
    Rank rank = 0;      ///< Of this member in the row's membership.
    StepTiming timing;  ///< Of this member.

    bool operator==(const PendingRow&) const = default;
};

/// The end of one member's rows: what others may still lack of them when the membership changes.
struct RowTail {
    static constexpr std::size_t kCompleteMax = 2;

    std::optional<PendingRow> pending;
    std::vector<StepRow> complete;                 ///< The last final rows, in order.
    std::optional<EvaluationFinished> evaluation;  ///< The last one that became final.

    bool operator==(const RowTail&) const = default;
};

/// What one member publishes, over all memberships: a row becomes final with the next point's records, or by
/// the base of a new membership; an evaluation by the record after it. Every member publishes each row and
/// each evaluation once, also one that was behind: members differ by at most one step, so the last two final
/// rows and the last evaluation of a member that is ahead are all that it can lack.
class RowJournal {
public:
    void stepApplied(PendingRow row) { m_tail.pending = std::move(row); }
    void evaluated(EvaluationFinished evaluation) { m_evaluated = std::move(evaluation); }

    /// The records of the next point were gathered.
    void makeFinal(const std::vector<StepRecord>& records);

    /// A membership begins after `base` steps; `holders` are the tails of those who had applied them, by
    /// rank. An evaluation that is not final is forgotten: it will be done again.
    void enter(Step base, std::span<const RowTail> holders);

    const std::optional<PendingRow>& pending() const { return m_tail.pending; }
    const RowTail& tail() const { return m_tail; }

    struct Final {
        std::vector<StepRow> rows;
        std::optional<EvaluationFinished> evaluation;
    };
    /// What became final since the last call.
    Final take();

private:
    void publish(const StepRow& row);
    void publish(const EvaluationFinished& evaluation);

    RowTail m_tail;
    std::optional<EvaluationFinished> m_evaluated;  ///< Not final yet.
    std::optional<RowKey> m_published;
    Final m_final;
};

}  // namespace longship
