#include "core/training/csv_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/base/check.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/domain/csv_reader.h"
#include "core/domain/csv_table.h"
#include "core/training/memory_dataset.h"

namespace longship {
namespace {

constexpr std::uint64_t kSplitPurpose = 0x73706c6974ULL;  ///< "split": keeps this use of the seed apart.
constexpr std::size_t kFeaturesMax = 65536;

/// Where a column of the file goes in a sample's inputs.
struct Encoding {
    const CsvColumn* column = nullptr;
    std::size_t offset = 0;  ///< First feature.
    std::size_t width = 0;   ///< 1, or the number of categories.
    double mean = 0;         ///< Numeric only; of the training rows.
    double deviation = 1;
};

struct Table {
    std::vector<Encoding> encodings;  ///< By column of the file; width 0 for the label.
    std::size_t features = 0;
    std::vector<float> inputs;  ///< Numbers as they stand, categories one-hot; rows in file order.
    std::vector<std::int64_t> labels;
};

std::string_view trimmedCell(std::string_view cell) {
    const std::size_t begin = cell.find_first_not_of(" \t");
    return begin == std::string_view::npos ? std::string_view{}
                                           : cell.substr(begin, cell.find_last_not_of(" \t") - begin + 1);
}

/// Position of the cell among the column's values. Numbers are compared as numbers: 1 and 1.0 are one class.
std::size_t indexOf(const CsvColumn& column, std::string_view cell) {
    const std::string_view text = trimmedCell(cell);
    if (column.type == CsvColumnType::Numeric) {
        const std::optional<double> number = csvNumber(text);
        const auto same = [&](const std::string& value) { return csvNumber(value) == number; };
        return static_cast<std::size_t>(std::find_if(column.values.begin(), column.values.end(), same) -
                                        column.values.begin());
    }
    return static_cast<std::size_t>(std::lower_bound(column.values.begin(), column.values.end(), text) -
                                    column.values.begin());
}

Table layOut(const CsvSummary& summary, std::size_t labelIndex) {
    Table table;
    for (std::size_t i = 0; i < summary.columns.size(); ++i) {
        const CsvColumn& column = summary.columns[i];
        const std::size_t categories =
            column.type == CsvColumnType::Categorical ? column.values.size() : std::size_t{1};
        Encoding& encoding = table.encodings.emplace_back();
        encoding.column = &column;
        encoding.offset = table.features;
        encoding.width = i == labelIndex ? 0 : categories;
        table.features += encoding.width;
    }
    return table;
}

/// The table has been checked: every cell parses.
void encodeRows(std::string_view text, const CsvSummary& summary, std::size_t labelIndex, Table& table) {
    table.inputs.assign(table.features * summary.rows, 0.0F);
    table.labels.reserve(summary.rows);
    CsvReader reader(text);
    std::vector<std::string> fields;
    reader.next(fields).value();  // The header.
    for (std::uint64_t row = 0; row < summary.rows; ++row) {
        LONGSHIP_CHECK(reader.next(fields).value(), "the second pass sees the rows of the first");
        float* const inputs = table.inputs.data() + row * table.features;
        for (std::size_t i = 0; i < fields.size(); ++i) {
            const Encoding& encoding = table.encodings[i];
            if (i == labelIndex) {
                table.labels.push_back(static_cast<std::int64_t>(indexOf(*encoding.column, fields[i])));
            } else if (encoding.column->type == CsvColumnType::Numeric) {
                inputs[encoding.offset] = static_cast<float>(csvNumber(fields[i]).value());
            } else {
                inputs[encoding.offset + indexOf(*encoding.column, fields[i])] = 1.0F;
            }
        }
    }
}

std::vector<std::uint64_t> shuffledRows(std::uint64_t rows, std::uint64_t seed) {
    std::vector<std::uint64_t> order(rows);
    std::iota(order.begin(), order.end(), std::uint64_t{0});
    SeededRandom random(keyOf({seed, kSplitPurpose}));
    for (std::uint64_t last = rows - 1; last > 0; --last) {
        std::swap(order[last], order[random.below(last + 1)]);
    }
    return order;
}

void standardise(Table& table, std::span<const std::uint64_t> trainingRows) {
    const std::size_t rows = table.labels.size();
    for (Encoding& encoding : table.encodings) {
        if (encoding.width == 0 || encoding.column->type != CsvColumnType::Numeric) {
            continue;
        }
        const auto cell = [&](std::uint64_t row) -> float& {
            return table.inputs[row * table.features + encoding.offset];
        };
        const double count = static_cast<double>(trainingRows.size());
        double sum = 0;
        for (const std::uint64_t row : trainingRows) {
            sum += cell(row);
        }
        encoding.mean = sum / count;
        double squares = 0;
        for (const std::uint64_t row : trainingRows) {
            squares += (cell(row) - encoding.mean) * (cell(row) - encoding.mean);
        }
        const double deviation = std::sqrt(squares / count);
        encoding.deviation = deviation > 0 ? deviation : 1;  // A constant column says nothing: zeros.
        for (std::uint64_t row = 0; row < rows; ++row) {
            cell(row) = static_cast<float>((cell(row) - encoding.mean) / encoding.deviation);
        }
    }
}

std::shared_ptr<const Dataset> pick(const Table& table, const SampleShape& shape,
                                    std::span<const std::uint64_t> rows) {
    std::vector<float> inputs;
    std::vector<std::int64_t> labels;
    inputs.reserve(rows.size() * table.features);
    for (const std::uint64_t row : rows) {
        const auto first = table.inputs.begin() + static_cast<std::ptrdiff_t>(row * table.features);
        inputs.insert(inputs.end(), first, first + static_cast<std::ptrdiff_t>(table.features));
        labels.push_back(table.labels[row]);
    }
    return std::make_shared<FloatDataset>(shape, std::move(inputs), std::move(labels));
}

std::string describeEncoding(const Table& table) {
    nlohmann::json columns = nlohmann::json::array();
    for (const Encoding& encoding : table.encodings) {
        if (encoding.width == 0) {
            continue;
        }
        nlohmann::json entry{{"column", encoding.column->name}};
        if (encoding.column->type == CsvColumnType::Numeric) {
            entry["mean"] = encoding.mean;
            entry["deviation"] = encoding.deviation;
        } else {
            entry["one_hot"] = encoding.column->values;
        }
        columns.push_back(std::move(entry));
    }
    return nlohmann::json{{"columns", columns}}.dump(-1, ' ', false,
                                                     nlohmann::json::error_handler_t::replace);
}

}  // namespace

Result<TrainingData> loadCsv(const DatasetSpec& spec, std::uint64_t seed, const std::filesystem::path& file) {
    LONGSHIP_ASSIGN(const std::string text,
                    readFile(file.empty() ? std::filesystem::path(spec.csv) : file, kCsvBytesMax));
    const CsvSummary summary = summarizeCsv(text, 0);
    std::vector<CsvProblem> problems = trainingProblems(summary, spec.label);
    if (problems.empty() && summary.rows < 2) {
        problems.push_back(
            {0, "there is one row, expected at least two: one to learn from and one to test with"});
    }
    if (!problems.empty()) {
        return failure(ErrorKind::BadInput, describe(problems, spec.csv));
    }
    const std::size_t labelIndex = summary.columnNamed(spec.label).value();
    Table table = layOut(summary, labelIndex);
    if (table.features > kFeaturesMax) {
        return failure(ErrorKind::BadInput,
                       fmt::format("{}: the columns become {} inputs, expected at most {}.", spec.csv,
                                   table.features, kFeaturesMax));
    }
    encodeRows(text, summary, labelIndex, table);

    const std::vector<std::uint64_t> order = shuffledRows(summary.rows, seed);
    const double wanted = std::round(spec.testFraction * static_cast<double>(summary.rows));
    const auto testRows =
        std::clamp(static_cast<std::uint64_t>(std::max(wanted, 0.0)), std::uint64_t{1}, summary.rows - 1);
    const std::span<const std::uint64_t> test = std::span(order).first(testRows);
    const std::span<const std::uint64_t> training = std::span(order).subspan(testRows);
    standardise(table, training);

    SampleShape shape;
    shape.input = {static_cast<std::int64_t>(table.features)};
    shape.classNames = summary.columns[labelIndex].values;
    TrainingData data;
    data.training = pick(table, shape, training);
    data.test = pick(table, shape, test);
    data.name = spec.csv;
    data.preprocessing.description = describeEncoding(table);
    return data;
}

}  // namespace longship
