#include "core/domain/csv_table.h"

#include <gtest/gtest.h>

#include "core/base/files.h"
#include "core/domain/csv_reader.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

using Fields = std::vector<std::string>;

std::vector<Fields> recordsOf(std::string_view text) {
    CsvReader reader(text);
    std::vector<Fields> records;
    Fields fields;
    for (auto more = reader.next(fields); more && *more; more = reader.next(fields)) {
        records.push_back(fields);
    }
    return records;
}

std::string firstErrorOf(std::string_view text) {
    CsvReader reader(text);
    Fields fields;
    for (;;) {
        const auto more = reader.next(fields);
        if (!more) {
            return more.error().text;
        }
        if (!*more) {
            return {};
        }
    }
}

TEST(CsvReader, Rfc4180) {
    EXPECT_EQ(recordsOf("a,b\r\n1,2\r\n"), (std::vector<Fields>{{"a", "b"}, {"1", "2"}}));
    EXPECT_EQ(recordsOf("a,b\n1,2"), (std::vector<Fields>{{"a", "b"}, {"1", "2"}}));
    EXPECT_EQ(recordsOf("\"a,b\",\"say \"\"hi\"\"\"\n"), (std::vector<Fields>{{"a,b", "say \"hi\""}}));
    EXPECT_EQ(recordsOf("\"two\nlines\",x\n"), (std::vector<Fields>{{"two\nlines", "x"}}));
    EXPECT_EQ(recordsOf(",\n\"\",\n"), (std::vector<Fields>{{"", ""}, {"", ""}}));
    EXPECT_EQ(recordsOf("\xef\xbb\xbf"
                        "a\n\n\r\n5\" pipe\n"),
              (std::vector<Fields>{{"a"}, {"5\" pipe"}}));
    EXPECT_TRUE(recordsOf("").empty());
}

TEST(CsvReader, CountsLinesAcrossQuotedBreaks) {
    CsvReader reader("a\n\"x\ny\"\nb\n");
    Fields fields;
    ASSERT_TRUE(reader.next(fields).value());
    ASSERT_TRUE(reader.next(fields).value());
    EXPECT_EQ(reader.line(), 2u);
    ASSERT_TRUE(reader.next(fields).value());
    EXPECT_EQ(reader.line(), 4u);
}

TEST(CsvReader, BrokenQuotesNameTheLine) {
    EXPECT_EQ(firstErrorOf("a\n\"never closed\nb\n"),
              "line 2: a quoted field begins here and is never closed");
    EXPECT_EQ(firstErrorOf("a\n\"x\"y\n"),
              "line 2: found 'y' after a closing quote, expected a comma or the end of the line");
    EXPECT_EQ(firstErrorOf(std::string_view("a\nb\0c\n", 6)), "line 2: found a zero byte, expected text");
}

TEST(CsvSummary, InfersTypesAndValues) {
    const CsvSummary summary = summarizeCsv("height,colour,kind\n1.5,red,10\n-2e3,blue, 9\n+4,red,10\n", 2);
    ASSERT_EQ(summary.columns.size(), 3u);
    EXPECT_EQ(summary.rows, 3u);
    EXPECT_EQ(summary.problemsTotal, 0u);
    EXPECT_EQ(summary.columns[0].type, CsvColumnType::Numeric);
    EXPECT_FALSE(summary.columns[0].wholeNumbers);
    EXPECT_EQ(summary.columns[1].type, CsvColumnType::Categorical);
    EXPECT_EQ(summary.columns[1].values, (Fields{"blue", "red"}));
    EXPECT_TRUE(summary.columns[2].wholeNumbers);
    EXPECT_EQ(summary.columns[2].values, (Fields{"9", "10"})) << "numbers are sorted by size";
    EXPECT_EQ(summary.firstRows, (std::vector<Fields>{{"1.5", "red", "10"}, {"-2e3", "blue", " 9"}}));
    EXPECT_TRUE(trainingProblems(summary, "colour").empty());
    EXPECT_TRUE(trainingProblems(summary, "kind").empty());
}

TEST(CsvSummary, ProblemsNameTheLine) {
    const CsvSummary summary = summarizeCsv("a,b\n1,x\n2\nnan,y\n,z\n3,x,4\n");
    EXPECT_EQ(describe(summary.problems, "t.csv"),
              "t.csv:3: the row has 1 fields, expected 2 as in the header.\n"
              "t.csv:4: column 'a' holds 'nan', expected a finite number.\n"
              "t.csv:5: column 'a' is empty, expected a value in every row.\n"
              "t.csv:6: the row has 3 fields, expected 2 as in the header.");
    EXPECT_EQ(summary.problemsTotal, 4u);
}

TEST(CsvSummary, AStrayTextInALongColumnOfNumbersIsAProblem) {
    std::string text = "a,b\n";
    for (int i = 0; i < 200; ++i) {
        text += std::to_string(i) + (i == 150 ? "x" : "") + ",c" + std::to_string(i % 2) + "\n";
    }
    const CsvSummary summary = summarizeCsv(text);
    EXPECT_EQ(summary.columns[0].type, CsvColumnType::Numeric);
    ASSERT_EQ(summary.problems.size(), 1u);
    EXPECT_EQ(summary.problems[0].line, 152u);
    EXPECT_EQ(summary.problems[0].text, "column 'a' holds '150x', expected a number as in its other rows");
}

TEST(CsvSummary, KeepsTheFirstProblemsAndCountsAll) {
    std::string text = "a,b\n";
    for (std::size_t i = 0; i < 3 * kCsvProblemsMax; ++i) {
        text += i % 2 == 0 ? "1\n" : ",1\n";
    }
    const CsvSummary summary = summarizeCsv(text);
    EXPECT_EQ(summary.problems.size(), kCsvProblemsMax);
    EXPECT_EQ(summary.problemsTotal, 3 * kCsvProblemsMax);
    for (std::size_t i = 0; i < kCsvProblemsMax; ++i) {
        EXPECT_EQ(summary.problems[i].line, i + 2);
    }
}

std::string problemsWith(std::string_view text, std::string_view label) {
    return describe(trainingProblems(summarizeCsv(text), label), "t.csv");
}

TEST(CsvTraining, RefusesWhatCannotBeLearnt) {
    EXPECT_EQ(problemsWith("", "y"), "t.csv: the file is empty, expected a header row and rows of data.");
    EXPECT_EQ(problemsWith("x,y\n", "y"),
              "t.csv: there are no rows below the header, expected at least one.");
    EXPECT_EQ(problemsWith("x,y\n1,a\n2,b\n", "z"),
              "t.csv: there is no column 'z' to use as label; the columns are: x, y.");
    EXPECT_EQ(
        problemsWith("x,y\n1,0.5\n2,1\n", "y"),
        "t.csv: label column 'y' holds numbers with fractions, expected classes: text or whole numbers.");
    EXPECT_EQ(problemsWith("x,y\n1,a\n2,a\n", "y"),
              "t.csv: label column 'y' has only one value, expected at least two classes.");
    EXPECT_EQ(problemsWith("y\na\nb\n", "y"),
              "t.csv: the label is the only column, expected at least one more to learn from.");
    EXPECT_EQ(problemsWith("x;y\n1;a\n", "x;y").substr(0, 9), "t.csv:1: ");
    EXPECT_EQ(problemsWith("x,x\n1,a\n2,b\n", "x"),
              "t.csv:1: two columns are named 'x', expected different names.");
}

TEST(CsvTraining, RefusesTooManyCategoriesAndClasses) {
    std::string text = "name,y,n\n";
    for (std::size_t i = 0; i <= kCsvClassesMax; ++i) {
        text += "n" + std::to_string(i) + ",c" + std::to_string(i) + ",1\n";
    }
    const std::string problems = problemsWith(text, "y");
    EXPECT_NE(problems.find("column 'name' holds text with more than 64 different values"),
              std::string::npos);
    EXPECT_NE(problems.find("label column 'y' has more than 100 different values"), std::string::npos);
}

TEST(CsvFile, IsReadOrRefused) {
    test::TempFolder folder;
    ASSERT_TRUE(writeFileAtomically(folder.path() / "t.csv", "a,b\n1,2\n"));
    EXPECT_EQ(summarizeCsvFile(folder.path() / "t.csv")->rows, 1u);
    EXPECT_EQ(summarizeCsvFile(folder.path() / "none.csv").error().kind, ErrorKind::NotFound);
}

}  // namespace
}  // namespace longship
