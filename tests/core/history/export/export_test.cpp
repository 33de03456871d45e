#include "core/history/export/export.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/domain/job_yaml.h"
#include "core/history/export/html_chart.h"
#include "core/history/export/html_text.h"
#include "tests/support/run_records.h"
#include "tests/support/temp_folder.h"

namespace longship {
namespace {

/// A run of one epoch over a thousand samples, with one void row and everything else there is.
ExportedRun wholeRun() {
    JobSpec job = demoJob();
    job.name = "wine, \"red\" <b>";
    job.globalBatch = 256;
    ExportedRun exported;
    std::uint64_t sequence = 0;
    for (const RunEventBody& body : test::oneOfEach(toYaml(job))) {
        exported.events.push_back(test::eventOf("run-1", ++sequence, body));
    }
    exported.run = foldEvents(exported.events);
    exported.run.memberships.push_back(test::membershipOf(2, 3));
    exported.rows = test::rowsOf(1'000, job, 1);  // Step 3 of membership 1 is void.
    exported.rows.push_back(exported.rows[3]);
    exported.rows.back().key.membership = 2;
    NodeView node;
    node.node = NodeId("node-a");
    node.address = "127.0.0.1:4000";
    node.sample = NodeSample{};
    node.sample->cores = 8;
    node.sample->memoryTotal = std::uint64_t{16} << 30;
    exported.nodes = {node};
    return exported;
}

std::vector<std::string> linesOf(const std::string& csv) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    for (auto end = csv.find("\r\n"); end != std::string::npos; end = csv.find("\r\n", begin)) {
        lines.push_back(csv.substr(begin, end - begin));
        begin = end + 2;
    }
    EXPECT_EQ(begin, csv.size()) << "every line ends with CRLF";
    return lines;
}

TEST(Csv, HasAHeaderAndOneLinePerStepThatCounts) {
    const auto lines = linesOf(exportText(ExportFormat::Csv, std::vector{wholeRun()}));
    ASSERT_EQ(lines.size(), 5u);
    EXPECT_EQ(lines[0],
              "run,step,epoch,membership,applied_at,loss,samples,correct,duration_ms,samples_per_second,"
              "parameter_hash,test_loss,test_accuracy,incident");
    EXPECT_EQ(lines[1], "run-1,0,0,1,2026-01-01T00:00:01.000Z,2,256,128,40,6400,,,,");
    EXPECT_EQ(
        lines[4],
        "run-1,3,0,2,2026-01-01T00:00:01.120Z,0.5,232,116,40,5800,,0.25,0.8,worker-1 was killed by signal 9");
    for (const std::string& line : lines) {
        EXPECT_EQ(std::count(line.begin(), line.end(), ','), 13) << line;
    }
}

TEST(Csv, QuotesWhatNeedsItAndLeavesNoNumberEmpty) {
    ExportedRun run = wholeRun();
    run.run.run = RunId("a,\"b\"\nc");
    run.rows[0].loss = std::numeric_limits<double>::quiet_NaN();
    const auto lines = linesOf(exportText(ExportFormat::Csv, std::vector{run}));
    EXPECT_TRUE(lines[1].starts_with("\"a,\"\"b\"\"\nc\",0,0,1,2026-01-01T00:00:01.000Z,,256,")) << lines[1];
}

TEST(Json, HoldsEverything) {
    const ExportedRun run = wholeRun();
    const auto json = nlohmann::json::parse(exportText(ExportFormat::Json, std::vector{run, run}));
    ASSERT_EQ(json.at("runs").size(), 2u);
    const auto& first = json["runs"][0];
    EXPECT_EQ(first.at("run"), "run-1");
    EXPECT_EQ(first.at("state"), "completed");
    EXPECT_EQ(first.at("job").at("name"), "wine, \"red\" <b>");
    EXPECT_EQ(first.at("job").at("optimizer").at("momentum"), 0.9);
    EXPECT_EQ(first.at("events").size(), run.events.size());
    EXPECT_EQ(first.at("events")[4].at("body").at("members").size(), 3u);
    EXPECT_EQ(first.at("rows").size(), run.rows.size());
    EXPECT_EQ(first.at("rows")[2].at("valid"), true);
    EXPECT_EQ(first.at("rows")[3].at("valid"), false);
    EXPECT_EQ(first.at("rows")[0].at("members")[1].at("wait_ms"), 7);
    EXPECT_EQ(first.at("evaluations")[0].at("correct"), 80);
    EXPECT_EQ(first.at("proof").at("exact"), true);
    EXPECT_EQ(first.at("nodes")[0].at("cores"), 8);
    EXPECT_EQ(first.at("incidents")[0].at("node"), "node-b");
    EXPECT_EQ(first.at("incidents")[0].at("resolution").at("seconds_lost"), 0.4);
    EXPECT_EQ(first.at("incidents")[0].at("resolution").at("steps_redone"), 1);
    EXPECT_EQ(first.at("model").at("bytes"), 1'234'567);
}

TEST(Json, NumbersThatAreNoneAndBytesThatAreNoTextDoNotBreakIt) {
    ExportedRun run = wholeRun();
    run.rows[0].loss = std::numeric_limits<double>::infinity();
    run.run.cluster = "\xff\xfe";
    const auto json = nlohmann::json::parse(exportText(ExportFormat::Json, std::vector{run}));
    EXPECT_TRUE(json["runs"][0]["rows"][0]["loss"].is_null());
}

std::size_t countOf(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

/// Every tag that is opened is closed, in order: a stray "<" or a forgotten end breaks it.
void expectWellFormed(const std::string& html) {
    std::vector<std::string> open;
    for (auto at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
        const auto end = html.find('>', at);
        ASSERT_NE(end, std::string::npos);
        const std::string tag = html.substr(at + 1, end - at - 1);
        const std::string name = tag.substr(0, tag.find_first_of(" \n/", 1));
        const bool isVoid =
            tag.starts_with("!DOCTYPE") || name == "meta" || name == "br" || tag.ends_with('/');
        if (tag.starts_with('/')) {
            ASSERT_FALSE(open.empty()) << tag;
            ASSERT_EQ("/" + open.back(), tag) << html.substr(at > 200 ? at - 200 : 0, 220);
            open.pop_back();
        } else if (!isVoid) {
            open.push_back(name);
        }
    }
    EXPECT_TRUE(open.empty()) << open.back();
}

TEST(Html, IsOneWellFormedPageThatFetchesNothing) {
    const std::string html = exportText(ExportFormat::Html, std::vector{wholeRun(), wholeRun()});
    expectWellFormed(html);
    for (const char* foreign : {"http:", "https:", "<script", "<link", "<img", "@import", "url(", "src="}) {
        EXPECT_EQ(html.find(foreign), std::string::npos) << foreign;
    }
    EXPECT_EQ(countOf(html, "<svg viewBox=\"0 0 920 280\""), 6u)
        << "loss, accuracy and throughput of two runs";
    EXPECT_EQ(countOf(html, "id=\"run0-loss-title\""), 1u) << "ids are unique";
    EXPECT_EQ(countOf(html, "id=\"run1-loss-title\""), 1u);
    EXPECT_NE(html.find("prefers-color-scheme: dark"), std::string::npos);
    EXPECT_NE(html.find("1\u00a0000 of 1\u00a0000 samples, each once"), std::string::npos);
}

TEST(Html, AnIncidentIsMarkedOnTheLossWithItsResolution) {
    ExportedRun run = wholeRun();
    std::string html = exportText(ExportFormat::Html, std::vector{run});
    expectWellFormed(html);
    EXPECT_EQ(countOf(html, "class=\"mark\""), 1u);
    EXPECT_NE(html.find("<title>worker-1 lost, 400\u00a0ms, 0 steps lost, 1 redone</title>"),
              std::string::npos);
    EXPECT_NE(html.find("At step 3: worker-1 lost"), std::string::npos) << "for those who cannot see it";
    EXPECT_NE(html.find("training goes on with 2 workers. It cost 400\u00a0ms; steps done again: 1"),
              std::string::npos);
    run.run.incidents[0].resolved.reset();
    html = exportText(ExportFormat::Html, std::vector{run});
    EXPECT_NE(html.find("<title>worker-1 lost</title>"), std::string::npos);
    run.run.incidents.clear();
    EXPECT_EQ(countOf(exportText(ExportFormat::Html, std::vector{run}), "class=\"mark\""), 0u);
}

TEST(Html, EscapesWhatOthersWrote) {
    ExportedRun run = wholeRun();
    const std::string attack = "<script>alert('x')</script>\"&";
    run.run.cluster = attack;
    run.run.run = RunId(attack);
    run.nodes[0].address = attack;
    run.run.incidents[0].incident.lastLog = attack;
    run.events[2].body = TaskChanged{TaskId(attack), 1, NodeId(attack), TaskState::Exited, attack};
    const std::string html = exportText(ExportFormat::Html, std::vector{run});
    expectWellFormed(html);
    EXPECT_EQ(html.find("<script"), std::string::npos);
    EXPECT_NE(html.find("wine, &quot;red&quot; &lt;b&gt;"), std::string::npos);
}

TEST(Html, ARunThatNeverTrainedHasAReportToo) {
    ExportedRun run;
    run.run.run = RunId("early");
    run.run.state = RunState::Failed;
    run.run.jobYaml = "epochs: [";
    const std::string html = exportText(ExportFormat::Html, std::vector{run});
    expectWellFormed(html);
    EXPECT_EQ(html.find("<figure"), std::string::npos);
    EXPECT_EQ(html.find("<h2>Curves"), std::string::npos);
}

TEST(Html, AReportOfALongRunStaysSmall) {
    ExportedRun run = wholeRun();
    run.rows.clear();
    for (Step step = 0; step < 200'000; ++step) {
        run.rows.push_back(test::rowOf(1, step));
        run.rows.back().loss = static_cast<double>(step * 7 % 1'000);
    }
    run.run.memberships = {test::membershipOf(1, 0)};
    EXPECT_LT(exportText(ExportFormat::Html, std::vector{run}).size(), 400'000u);
}

TEST(Html, NumbersAreWrittenForPeople) {
    EXPECT_EQ(groupedText(1'234'567), "1\u00a0234\u00a0567");
    EXPECT_EQ(decimalText(-1234.5, 1), "−1\u00a0234.5");
    EXPECT_EQ(decimalText(-0.001, 1), "0.0");
    EXPECT_EQ(decimalText(std::numeric_limits<double>::quiet_NaN(), 1), "–");
    EXPECT_EQ(durationWords(0.0123), "12\u00a0ms");
    EXPECT_EQ(durationWords(18.44), "18.4\u00a0s");
    EXPECT_EQ(durationWords(99.96), "1\u00a0min 40\u00a0s");
    EXPECT_EQ(durationWords(7'500), "2\u00a0h 05\u00a0min");
    EXPECT_EQ(bytesText(512), "512\u00a0B");
    EXPECT_EQ(bytesText(2'097'152), "2.0\u00a0MiB");
    EXPECT_EQ(dateText(UtcTime{1'767'225'600'000'000}), "2026-01-01 00:00:00\u00a0UTC");
}

TEST(Export, WritesTheWholeFileOrSaysWhyNot) {
    const test::TempFolder folder;
    const auto path = folder.path() / "run.csv";
    ASSERT_TRUE(exportRuns(ExportFormat::Csv, std::vector{wholeRun()}, path));
    EXPECT_EQ(readFile(path).value(), exportText(ExportFormat::Csv, std::vector{wholeRun()}));
    EXPECT_EQ(exportRuns(ExportFormat::Csv, {}, path).error().kind, ErrorKind::BadInput);
    const auto missing =
        exportRuns(ExportFormat::Csv, std::vector{wholeRun()}, folder.path() / "no" / "run.csv");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, ErrorKind::NotFound);
}

TEST(Export, FormatsHaveNames) {
    EXPECT_EQ(exportFormatFrom("csv"), ExportFormat::Csv);
    EXPECT_EQ(exportFormatFrom("json"), ExportFormat::Json);
    EXPECT_EQ(exportFormatFrom("html"), ExportFormat::Html);
    EXPECT_FALSE(exportFormatFrom("xlsx"));
}

}  // namespace
}  // namespace longship
