#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace longship {

/// Limits of a user's table. What goes beyond them is a problem with a sentence, never a cut.
inline constexpr std::size_t kCsvBytesMax = std::size_t{1} << 30;
inline constexpr std::size_t kCsvColumnsMax = 4096;
inline constexpr std::size_t kCsvCategoriesMax = 64;      ///< Different values of a categorical column.
inline constexpr std::size_t kCsvClassesMax = 100;        ///< Different values of the label column.
inline constexpr std::size_t kCsvProblemsMax = 50;        ///< Problems that are kept; all are counted.
inline constexpr std::size_t kCsvPreviewRowsDefault = 8;  ///< Rows that a summary shows.

enum class CsvColumnType { Numeric, Categorical };
std::string_view toString(CsvColumnType type);

struct CsvColumn {
    std::string name;
    CsvColumnType type = CsvColumnType::Numeric;
    /// The different values as they stand in the file: numbers by size, text by bytes. Complete only while
    /// there are at most kCsvClassesMax of them.
    std::vector<std::string> values;
    bool valuesComplete = true;
    bool wholeNumbers = false;  ///< Numeric, and every value is an integer.

    bool operator==(const CsvColumn&) const = default;
};

/// One thing wrong with a table. `line` counts from 1; 0 when the whole file is meant.
struct CsvProblem {
    std::uint64_t line = 0;
    std::string text;  ///< A sentence without the file's name and the line.

    bool operator==(const CsvProblem&) const = default;
};

/// What a table holds, from one pass over all of it.
struct CsvSummary {
    std::vector<CsvColumn> columns;
    std::uint64_t rows = 0;  ///< Without the header.
    std::vector<std::vector<std::string>> firstRows;
    std::vector<CsvProblem> problems;  ///< The first kCsvProblemsMax, by line.
    std::uint64_t problemsTotal = 0;

    std::optional<std::size_t> columnNamed(std::string_view name) const;
    bool operator==(const CsvSummary&) const = default;
};

/// Infers column types and collects problems: ragged rows, empty cells, values that are not finite numbers in
/// a column of numbers, columns with too many different texts. A column is numeric when all its cells are
/// numbers, or nearly all (19 of 20) while its values are too many to be categories: then the others are
/// problems.
CsvSummary summarizeCsv(std::string_view text, std::size_t previewRows = kCsvPreviewRowsDefault);

/// The same for a file. NotFound, Io, or Exhausted when it is larger than kCsvBytesMax.
Result<CsvSummary> summarizeCsvFile(const std::filesystem::path& path,
                                    std::size_t previewRows = kCsvPreviewRowsDefault);

/// What keeps a table from being trained on with this label column; empty when nothing does. Begins with the
/// table's own problems.
std::vector<CsvProblem> trainingProblems(const CsvSummary& summary, std::string_view label);

/// "FILE:LINE: sentence", one line per problem.
std::string describe(const std::vector<CsvProblem>& problems, std::string_view file);

/// The cell as a finite number: the whole cell, blanks around it allowed.
std::optional<double> csvNumber(std::string_view cell);

}  // namespace longship
