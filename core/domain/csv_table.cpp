#include "core/domain/csv_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <unordered_set>

#include "core/base/files.h"
#include "core/domain/csv_reader.h"

namespace longship {
namespace {

constexpr std::size_t kShownTextMax = 40;
/// At most this part of a numeric column's cells may be text: they are typing errors, not categories.
constexpr double kStrayTextMax = 0.05;

std::string_view trimmed(std::string_view cell) {
    const std::size_t begin = cell.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
        return {};
    }
    return cell.substr(begin, cell.find_last_not_of(" \t") - begin + 1);
}

std::string shown(std::string_view cell) {
    return cell.size() <= kShownTextMax ? std::string(cell)
                                        : std::string(cell.substr(0, kShownTextMax)) + "…";
}

enum class CellKind { Number, NotFinite, Empty, Text };

CellKind parseCell(std::string_view cell, double& number) {
    const std::string_view text = trimmed(cell);
    if (text.empty()) {
        return CellKind::Empty;
    }
    const std::string_view digits = text.front() == '+' ? text.substr(1) : text;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (end != digits.data() + digits.size() || problem == std::errc::invalid_argument) {
        return CellKind::Text;
    }
    return problem == std::errc{} && std::isfinite(number) ? CellKind::Number : CellKind::NotFinite;
}

/// What one pass learns of a column.
struct ColumnScan {
    std::uint64_t numbers = 0;
    std::uint64_t texts = 0;
    bool wholeNumbers = true;
    std::unordered_set<std::string> values;
    bool valuesComplete = true;
    // Problems are kept apart until the column's type is known.
    std::vector<CsvProblem> textCells;
    std::vector<CsvProblem> otherCells;
    std::uint64_t otherCellsTotal = 0;

    void add(std::uint64_t line, std::string_view name, const std::string& cell);
    void addValue(std::string_view text);
    CsvColumnType type() const;
};

void ColumnScan::add(std::uint64_t line, std::string_view name, const std::string& cell) {
    double number = 0;
    const CellKind kind = parseCell(cell, number);
    const auto keep = [line](std::vector<CsvProblem>& list, std::string text) {
        if (list.size() < kCsvProblemsMax) {
            list.push_back({line, std::move(text)});
        }
    };
    switch (kind) {
        case CellKind::Number:
            ++numbers;
            wholeNumbers = wholeNumbers && number == std::trunc(number);
            break;
        case CellKind::Text:
            ++texts;
            keep(textCells, fmt::format("column '{}' holds '{}', expected a number as in its other rows",
                                        name, shown(cell)));
            break;
        case CellKind::Empty:
            ++otherCellsTotal;
            keep(otherCells, fmt::format("column '{}' is empty, expected a value in every row", name));
            return;
        case CellKind::NotFinite:
            ++otherCellsTotal;
            keep(otherCells,
                 fmt::format("column '{}' holds '{}', expected a finite number", name, shown(cell)));
            return;
    }
    addValue(trimmed(cell));
}

void ColumnScan::addValue(std::string_view text) {
    if (!valuesComplete) {
        return;
    }
    values.emplace(text);
    valuesComplete = values.size() <= kCsvClassesMax;
}

CsvColumnType ColumnScan::type() const {
    if (texts == 0) {
        return CsvColumnType::Numeric;
    }
    const bool tooManyValues = !valuesComplete || values.size() > kCsvCategoriesMax;
    const double stray = static_cast<double>(texts) / static_cast<double>(texts + numbers);
    return tooManyValues && stray <= kStrayTextMax ? CsvColumnType::Numeric : CsvColumnType::Categorical;
}

/// Collects a summary row by row.
class Summarizer {
public:
    explicit Summarizer(std::size_t previewRows) : m_previewRows(previewRows) {}

    bool takeHeader(std::uint64_t line, const std::vector<std::string>& fields);
    void takeRow(std::uint64_t line, const std::vector<std::string>& fields);
    void problem(std::uint64_t line, std::string text);
    CsvSummary finish();

private:
    void finishColumn(std::size_t index);

    std::size_t m_previewRows;
    CsvSummary m_summary;
    std::vector<ColumnScan> m_scans;
};

void Summarizer::problem(std::uint64_t line, std::string text) {
    ++m_summary.problemsTotal;
    if (m_summary.problems.size() < kCsvProblemsMax) {
        m_summary.problems.push_back({line, std::move(text)});
    }
}

bool Summarizer::takeHeader(std::uint64_t line, const std::vector<std::string>& fields) {
    if (fields.size() > kCsvColumnsMax) {
        problem(line,
                fmt::format("the header has {} columns, expected at most {}", fields.size(), kCsvColumnsMax));
        return false;
    }
    std::set<std::string> seen;
    for (const std::string& field : fields) {
        std::string name(trimmed(field));
        if (name.empty()) {
            problem(line,
                    fmt::format("column {} has no name, expected a header row with a name for every column",
                                m_summary.columns.size() + 1));
        } else if (!seen.insert(name).second) {
            problem(line, fmt::format("two columns are named '{}', expected different names", shown(name)));
        }
        CsvColumn& column = m_summary.columns.emplace_back();
        column.name = std::move(name);
    }
    if (fields.size() == 1 && fields.front().find_first_of(";\t") != std::string::npos) {
        problem(
            line,
            "the header has one column and holds semicolons or tabs, expected commas between the columns");
    }
    m_scans.resize(fields.size());
    return true;
}

void Summarizer::takeRow(std::uint64_t line, const std::vector<std::string>& fields) {
    ++m_summary.rows;
    if (m_summary.firstRows.size() < m_previewRows) {
        m_summary.firstRows.push_back(fields);
    }
    if (fields.size() != m_scans.size()) {
        problem(line, fmt::format("the row has {} fields, expected {} as in the header", fields.size(),
                                  m_scans.size()));
        return;
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
        m_scans[i].add(line, m_summary.columns[i].name, fields[i]);
    }
}

void Summarizer::finishColumn(std::size_t index) {
    ColumnScan& scan = m_scans[index];
    CsvColumn& column = m_summary.columns[index];
    column.type = scan.type();
    column.wholeNumbers = column.type == CsvColumnType::Numeric && scan.wholeNumbers && scan.numbers > 0;
    column.valuesComplete = scan.valuesComplete;
    column.values.assign(scan.values.begin(), scan.values.end());
    std::sort(column.values.begin(), column.values.end());
    if (column.type == CsvColumnType::Numeric) {
        std::stable_sort(column.values.begin(), column.values.end(), [](const auto& a, const auto& b) {
            return csvNumber(a).value_or(0) < csvNumber(b).value_or(0);
        });
        for (CsvProblem& cell : scan.textCells) {
            m_summary.problems.push_back(std::move(cell));
        }
        m_summary.problemsTotal += scan.texts;
    }
    for (CsvProblem& cell : scan.otherCells) {
        m_summary.problems.push_back(std::move(cell));
    }
    m_summary.problemsTotal += scan.otherCellsTotal;
}

CsvSummary Summarizer::finish() {
    for (std::size_t i = 0; i < m_scans.size(); ++i) {
        finishColumn(i);
    }
    std::stable_sort(m_summary.problems.begin(), m_summary.problems.end(),
                     [](const auto& a, const auto& b) { return a.line < b.line; });
    if (m_summary.problems.size() > kCsvProblemsMax) {
        m_summary.problems.resize(kCsvProblemsMax);
    }
    return std::move(m_summary);
}

/// The reader's errors begin with "line N: "; a problem carries the line as a number.
CsvProblem problemFrom(const Error& error, std::uint64_t line) {
    const std::size_t colon = error.text.find(": ");
    std::uint64_t found = line;
    if (colon != std::string::npos && error.text.starts_with("line ")) {
        std::from_chars(error.text.data() + 5, error.text.data() + colon, found);
        return {found, error.text.substr(colon + 2)};
    }
    return {found, error.text};
}

}  // namespace

std::string_view toString(CsvColumnType type) {
    return type == CsvColumnType::Numeric ? "numeric" : "categorical";
}

std::optional<double> csvNumber(std::string_view cell) {
    double number = 0;
    return parseCell(cell, number) == CellKind::Number ? std::optional(number) : std::nullopt;
}

std::optional<std::size_t> CsvSummary::columnNamed(std::string_view name) const {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].name == name) {
            return i;
        }
    }
    return std::nullopt;
}

CsvSummary summarizeCsv(std::string_view text, std::size_t previewRows) {
    Summarizer summarizer(previewRows);
    CsvReader reader(text);
    std::vector<std::string> fields;
    bool header = true;
    for (;;) {
        const Result<bool> more = reader.next(fields);
        if (!more) {
            const CsvProblem broken = problemFrom(more.error(), reader.line());
            summarizer.problem(broken.line, broken.text);
            break;
        }
        if (!*more || (header && !summarizer.takeHeader(reader.line(), fields))) {
            break;
        }
        if (!header) {
            summarizer.takeRow(reader.line(), fields);
        }
        header = false;
    }
    CsvSummary summary = summarizer.finish();
    if (summary.problemsTotal == 0 && summary.rows == 0) {
        summary.problemsTotal = 1;
        summary.problems.push_back({0, summary.columns.empty()
                                           ? "the file is empty, expected a header row and rows of data"
                                           : "there are no rows below the header, expected at least one"});
    }
    return summary;
}

Result<CsvSummary> summarizeCsvFile(const std::filesystem::path& path, std::size_t previewRows) {
    LONGSHIP_ASSIGN(const std::string text, readFile(path, kCsvBytesMax));
    return summarizeCsv(text, previewRows);
}

std::vector<CsvProblem> trainingProblems(const CsvSummary& summary, std::string_view label) {
    std::vector<CsvProblem> problems = summary.problems;
    const auto add = [&](std::string text) { problems.push_back({0, std::move(text)}); };
    const std::optional<std::size_t> labelIndex = summary.columnNamed(label);
    if (!summary.columns.empty() && !labelIndex) {
        std::string names;
        for (const CsvColumn& column : summary.columns) {
            names += (names.empty() ? "" : ", ") + shown(column.name);
        }
        add(fmt::format("there is no column '{}' to use as label; the columns are: {}", label, shown(names)));
    }
    for (std::size_t i = 0; i < summary.columns.size(); ++i) {
        const CsvColumn& column = summary.columns[i];
        const bool isLabel = labelIndex == i && summary.rows > 0;
        if (!isLabel && column.type == CsvColumnType::Categorical &&
            (!column.valuesComplete || column.values.size() > kCsvCategoriesMax)) {
            add(fmt::format(
                "column '{}' holds text with more than {} different values, too many to be used as "
                "categories; remove the column or group its values",
                column.name, kCsvCategoriesMax));
        }
        if (isLabel && column.type == CsvColumnType::Numeric && !column.wholeNumbers) {
            add(
                fmt::format("label column '{}' holds numbers with fractions, expected classes: text or whole "
                            "numbers",
                            column.name));
        } else if (isLabel && !column.valuesComplete) {
            add(fmt::format("label column '{}' has more than {} different values, expected classes",
                            column.name, kCsvClassesMax));
        } else if (isLabel && column.values.size() < 2) {
            add(fmt::format("label column '{}' has only one value, expected at least two classes",
                            column.name));
        }
    }
    if (summary.columns.size() == 1 && labelIndex) {
        add("the label is the only column, expected at least one more to learn from");
    }
    return problems;
}

std::string describe(const std::vector<CsvProblem>& problems, std::string_view file) {
    std::string text;
    for (const CsvProblem& problem : problems) {
        text += text.empty() ? "" : "\n";
        text += problem.line == 0 ? fmt::format("{}: {}.", file, problem.text)
                                  : fmt::format("{}:{}: {}.", file, problem.line, problem.text);
    }
    return text;
}

}  // namespace longship
