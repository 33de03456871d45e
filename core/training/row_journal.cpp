#include "core/training/row_journal.h"

#include <algorithm>
#include <map>
#include <utility>

namespace longship {
namespace {

void addTiming(StepRow& row, Rank rank, const StepTiming& timing) {
    row.members.push_back(
        {.rank = rank, .computeMs = timing.computeMs, .waitMs = timing.waitMs, .totalMs = timing.totalMs});
    row.durationMs = std::max(row.durationMs, timing.totalMs);
}

/// The row of a step that no holder has completed, with the times of those who are still there.
std::optional<StepRow> combinedRow(Step step, std::span<const RowTail> holders) {
    std::optional<StepRow> row;
    std::map<Rank, StepTiming> timings;
    for (const RowTail& holder : holders) {
        if (!holder.pending || holder.pending->row.key.step != step) {
            continue;
        }
        if (!row) {
            row = holder.pending->row;
        }
        if (holder.pending->row.key == row->key) {
            timings.emplace(holder.pending->rank, holder.pending->timing);
        }
    }
    for (const auto& [rank, timing] : timings) {
        addTiming(*row, rank, timing);
    }
    return row;
}

}  // namespace

void RowJournal::makeFinal(const std::vector<StepRecord>& records) {
    if (m_tail.pending) {
        StepRow row = std::move(std::exchange(m_tail.pending, std::nullopt)->row);
        row.appliedAt = records.front().previousAppliedAt;
        for (std::size_t rank = 0; rank < records.size(); ++rank) {
            addTiming(row, static_cast<Rank>(rank), records[rank].previousTiming);
            if (row.parameterHash.empty()) {
                row.parameterHash = records[rank].previousHash;  // This member had no state then.
            }
        }
        publish(row);
        m_tail.complete.push_back(std::move(row));
        if (m_tail.complete.size() > RowTail::kCompleteMax) {
            m_tail.complete.erase(m_tail.complete.begin());
        }
    }
    if (m_evaluated) {
        publish(*std::exchange(m_evaluated, std::nullopt));
    }
}

void RowJournal::enter(Step base, std::span<const RowTail> holders) {
    m_evaluated.reset();
    m_tail.pending.reset();
    std::map<Step, StepRow> last;
    for (const RowTail& holder : holders) {
        for (const StepRow& row : holder.complete) {
            if (row.key.step < base && row.key.step + RowTail::kCompleteMax >= base) {
                last.try_emplace(row.key.step, row);
            }
        }
    }
    if (base > 0 && !last.contains(base - 1)) {
        if (auto row = combinedRow(base - 1, holders)) {
            last.emplace(base - 1, std::move(*row));
        }
    }
    m_tail.complete.clear();
    for (auto& [step, row] : last) {
        publish(row);
        m_tail.complete.push_back(std::move(row));
    }
    // The first step after an evaluation made it final: only who did not apply that step can lack it.
    const auto holder = std::ranges::find_if(
        holders, [&](const RowTail& tail) { return tail.evaluation && tail.evaluation->step + 1 == base; });
    if (holder != holders.end()) {
        publish(*holder->evaluation);
    }
}

/// Keys only grow along the run: a row that was published before, here, is not again.
void RowJournal::publish(const StepRow& row) {
    if (!m_published || row.key > *m_published) {
        m_published = row.key;
        m_final.rows.push_back(row);
    }
}

void RowJournal::publish(const EvaluationFinished& evaluation) {
    if (!m_tail.evaluation || evaluation.step > m_tail.evaluation->step) {
        m_tail.evaluation = evaluation;
        m_final.evaluation = evaluation;
    }
}

RowJournal::Final RowJournal::take() {
    return std::exchange(m_final, {});
}

}  // namespace longship
