#include "core/history/export/html.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/domain/job_words.h"
#include "core/domain/job_yaml.h"
#include "core/domain/ledger.h"
#include "core/domain/task_kind.h"
#include "core/history/export/html_chart.h"
#include "core/history/export/html_style.h"
#include "core/history/export/html_text.h"
#include "core/metrics/rate_meter.h"
#include "core/metrics/smoothing.h"

namespace longship {
namespace {

/// What the sections share, computed once.
struct Report {
    const ExportedRun& exported;
    const RunSnapshot& run;
    std::vector<StepRow> rows;  ///< Those that count.
    JobResult job;
    std::string id;  ///< Prefix of the ids of this run on the page.
};

std::string pair(std::string_view name, std::string_view value) {
    return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name, value);
}

std::string cell(std::string_view text, std::string_view kind = "") {
    return kind.empty() ? fmt::format("<td>{}</td>", text)
                        : fmt::format("<td class=\"{}\">{}</td>", kind, text);
}

/// `heads` are separated by "|"; one that starts with "#" heads a column of numbers.
std::string tableHead(std::string_view heads) {
    std::string html = "<div class=\"sheet\"><table>\n<thead><tr>";
    while (!heads.empty()) {
        const auto end = std::min(heads.find('|'), heads.size());
        const bool number = heads.starts_with('#');
        html += fmt::format("<th scope=\"col\"{}>{}</th>", number ? " class=\"number\"" : "",
                            heads.substr(number ? 1 : 0, end - (number ? 1 : 0)));
        heads.remove_prefix(std::min(end + 1, heads.size()));
    }
    return html + "</tr></thead>\n<tbody>\n";
}

constexpr std::string_view kTableEnd = "</tbody></table></div>\n";

double percentOf(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? std::numeric_limits<double>::quiet_NaN()
                      : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

double secondsBetween(UtcTime from, UtcTime to) {
    return static_cast<double>(to.microseconds - from.microseconds) / 1e6;
}

// --- The head: what came out.

std::string headHtml(const Report& report) {
    const RunSnapshot& run = report.run;
    const std::string name = report.job ? report.job->name : run.run.value;
    std::string html =
        fmt::format("<div class=\"brand\">{}<span>Longship run report</span></div>\n", kReportMark);
    html += fmt::format("<div class=\"top\"><h1>{0}</h1><span class=\"badge {1}\">{1}</span></div>\n",
                        escaped(name), toString(run.state));
    html += fmt::format("<p class=\"under\">Run {} on the cluster {}, {}", escaped(run.run.value),
                        escaped(run.cluster), dateText(run.queuedAt));
    html += "</p>\n";
    if (run.finished && !run.finished->cause.empty()) {
        html += fmt::format("<p class=\"under\">{}</p>\n", escaped(run.finished->cause));
    }
    return html;
}

std::string figuresHtml(const Report& report) {
    std::string html = "<dl class=\"figures\">\n";
    if (!report.run.evaluations.empty()) {
        const EvaluationFinished& last = report.run.evaluations.back();
        html += pair("Test accuracy", fmt::format("{}<small>\u00a0%</small>",
                                                  decimalText(percentOf(last.correct, last.samples), 1)));
        html += pair("Test loss", decimalText(last.loss, 4));
    }
    if (report.rows.size() > 1) {
        std::uint64_t samples = 0;
        for (auto row = report.rows.begin() + 1; row != report.rows.end(); ++row) {
            samples += row->digest.count;
        }
        const double seconds = secondsBetween(report.rows.front().appliedAt, report.rows.back().appliedAt);
        html += pair("Samples/s", decimalText(static_cast<double>(samples) / seconds, 0));
    }
    if (report.run.trainingAt && report.run.finishedAt) {
        html += pair("Time", durationWords(secondsBetween(*report.run.trainingAt, *report.run.finishedAt)));
    }
    html += pair("Steps", groupedText(report.rows.size()));
    if (report.run.prepared) {
        html += pair("Parameters", groupedText(report.run.prepared->parameters));
    }
    return html + "</dl>\n";
}

std::string proofHtml(const Report& report) {
    constexpr std::string_view kTick =
        R"svg(<svg viewBox="0 0 22 22" aria-hidden="true" fill="none" )svg"
        R"svg(stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">)svg"
        R"svg(<circle cx="11" cy="11" r="9.5"/><path d="M6.5 11.5l3 3 6-7"/></svg>)svg";
    constexpr std::string_view kMark =
        R"svg(<svg viewBox="0 0 22 22" aria-hidden="true" fill="none" )svg"
        R"svg(stroke="currentColor" stroke-width="2" stroke-linecap="round">)svg"
        R"svg(<circle cx="11" cy="11" r="9.5"/><path d="M11 6v6M11 15.5v.1"/></svg>)svg";
    const auto proof = proveSamples(report.run, report.exported.rows);
    const bool exact = proof && proof->exact();
    const bool wrong = proof && !exact && !proof->epochs.empty();
    const std::string sentence = proof ? proof->summary() : proof.error().text;
    return fmt::format(
        "<div class=\"proof{}\">{}<p><strong>{}</strong><span>Proven from the digests of what the workers "
        "really "
        "read, step by step, not from what they were told to read.</span></p></div>\n",
        exact   ? " exact"
        : wrong ? " wrong"
                : "",
        exact ? kTick : kMark, escaped(sentence));
}

// --- The charts.

/// About a fortieth of the run, so that the smoothed line shows the trend of any length.
double smoothingWeight(std::size_t steps) {
    const double span = std::clamp(static_cast<double>(steps) / 40, 4.0, 500.0);
    return 1 - 1 / span;
}

std::vector<double> epochBoundaries(const Report& report) {
    std::vector<double> boundaries;
    for (std::size_t i = 1; i < report.rows.size(); ++i) {
        if (report.rows[i].epoch != report.rows[i - 1].epoch) {
            boundaries.push_back(static_cast<double>(report.rows[i].key.step));
        }
    }
    return boundaries;
}

/// Where training went on after each incident, else where it came to an end.
std::vector<ChartMark> marksOf(const Report& report) {
    std::vector<ChartMark> marks;
    for (const TimedIncident& incident : report.run.incidents) {
        const auto resumed = resumedAt(report.run, incident);
        if (resumed || !report.rows.empty()) {
            const Step step = resumed.value_or(report.rows.empty() ? 0 : report.rows.back().key.step);
            marks.push_back({static_cast<double>(step), markText(incident)});
        }
    }
    return marks;
}

std::string lossChart(const Report& report) {
    Series raw;
    Series tests;
    for (const StepRow& row : report.rows) {
        raw.append({row.key.step, row.appliedAt, row.loss});
    }
    for (const EvaluationFinished& evaluation : report.run.evaluations) {
        tests.append(
            {std::max(evaluation.step, tests.empty() ? 0 : tests.points().back().step), {}, evaluation.loss});
    }
    const Series smooth = smoothed(raw, smoothingWeight(raw.size()));
    Chart chart{report.id + "-loss",     "Loss", "", "loss", SeriesAxis::BySteps, {}, false, 0,
                epochBoundaries(report), {}};
    if (!raw.empty()) {
        chart.description =
            fmt::format("Training loss over {} steps, from {} at the start to {} at the end, smoothed.",
                        groupedText(raw.size()), decimalText(smooth[0].value, 3),
                        decimalText(smooth.points().back().value, 3));
    }
    chart.curves = {{&raw, ChartCurve::Style::Raw, "each step"},
                    {&smooth, ChartCurve::Style::Main, "smoothed"}};
    if (!tests.empty()) {
        chart.curves.push_back({&tests, ChartCurve::Style::Dots, "test data"});
    }
    chart.marks = marksOf(report);
    for (const ChartMark& mark : chart.marks) {
        chart.description += fmt::format(" At step {:.0f}: {}.", mark.x, mark.text);
    }
    return chartHtml(chart);
}

std::string accuracyChart(const Report& report) {
    Series raw;
    Series tests;
    for (const StepRow& row : report.rows) {
        raw.append({row.key.step, row.appliedAt, percentOf(row.correct, row.digest.count)});
    }
    for (const EvaluationFinished& evaluation : report.run.evaluations) {
        tests.append({std::max(evaluation.step, tests.empty() ? 0 : tests.points().back().step),
                      {},
                      percentOf(evaluation.correct, evaluation.samples)});
    }
    const Series smooth = smoothed(raw, smoothingWeight(raw.size()));
    Chart chart{report.id + "-accuracy", "Accuracy", "", "%", SeriesAxis::BySteps, {}, true, 100,
                epochBoundaries(report), {}};
    if (!raw.empty()) {
        chart.description =
            fmt::format("Accuracy on the training samples of each step, from {} to {} percent.",
                        decimalText(smooth[0].value, 0), decimalText(smooth.points().back().value, 0));
    }
    if (!tests.empty()) {
        chart.description +=
            fmt::format(" On test data {} percent at the end.", decimalText(tests.points().back().value, 1));
    }
    chart.curves = {{&raw, ChartCurve::Style::Raw, "each step"},
                    {&smooth, ChartCurve::Style::Main, "smoothed"}};
    if (!tests.empty()) {
        chart.curves.push_back({&tests, ChartCurve::Style::Dots, "test data"});
    }
    return chartHtml(chart);
}

std::string throughputChart(const Report& report) {
    if (report.rows.size() < 2) {
        return {};
    }
    const UtcTime start = report.run.trainingAt.value_or(report.rows.front().appliedAt);
    const double seconds = secondsBetween(report.rows.front().appliedAt, report.rows.back().appliedAt);
    // A round figure: it stands in the legend.
    const double halfSeconds = std::ceil(std::clamp(seconds / 20, 1.0, 60.0));
    const auto window = std::chrono::milliseconds(500) * std::llround(halfSeconds);
    Series raw;
    Series smooth;
    RateMeter meter(window);
    for (const StepRow& row : report.rows) {
        meter.add(row.appliedAt, static_cast<double>(row.digest.count));
        raw.append(
            {row.key.step, row.appliedAt, static_cast<double>(row.digest.count) / row.durationMs * 1'000});
        smooth.append({row.key.step, row.appliedAt,
                       meter.perSecond(row.appliedAt).value_or(std::numeric_limits<double>::quiet_NaN())});
    }
    Chart chart{
        report.id + "-throughput", "Throughput", "", "samples/s", SeriesAxis::ByTime, start, true, 0, {}, {}};
    chart.description = fmt::format("Samples per second over {} of training; the last figure is {}.",
                                    durationWords(seconds), decimalText(smooth.points().back().value, 0));
    chart.curves = {{&raw, ChartCurve::Style::Raw, "each step"},
                    {&smooth, ChartCurve::Style::Main,
                     fmt::format("over {}", durationWords(std::chrono::duration<double>(window).count()))}};
    return chartHtml(chart);
}

// --- The tables.

std::string optimizerWords(const OptimizerSpec& optimizer) {
    std::string words = fmt::format("{}, learning rate {}", wordOf(optimizer.kind), optimizer.learningRate);
    if (optimizer.kind == OptimizerKind::Sgd) {
        words += fmt::format(", momentum {}", optimizer.momentum);
    } else {
        words += fmt::format(", betas {} and {}", optimizer.beta1, optimizer.beta2);
    }
    return optimizer.weightDecay == 0 ? words
                                      : words + fmt::format(", weight decay {}", optimizer.weightDecay);
}

std::string configurationHtml(const Report& report) {
    std::string html = "<h2>Configuration</h2>\n<div class=\"sheet\">";
    if (report.job) {
        const JobSpec& job = *report.job;
        const RunSnapshot& run = report.run;
        html += "<dl class=\"pairs\">\n";
        html += pair("Dataset", job.dataset.csv.empty()
                                    ? escaped(job.dataset.name)
                                    : fmt::format("{}, predicting {}", escaped(job.dataset.csv),
                                                  escaped(job.dataset.label)));
        html +=
            pair("Model", job.model.name == "mlp" ? fmt::format("mlp {}", fmt::join(job.model.hidden, "-"))
                                                  : escaped(job.model.name));
        html += pair("Optimizer", optimizerWords(job.optimizer));
        html += pair("Epochs", groupedText(job.epochs));
        html += pair("Global batch", groupedText(job.globalBatch));
        html += pair("Micro-batch",
                     groupedText(run.prepared ? run.prepared->microBatch : resolvedMicroBatch(job)));
        html += pair("Seed", std::to_string(job.seed));
        html += pair("Strategy", wordOf(job.strategy.kind));
        html += pair("Numerics", wordOf(job.numerics));
        html += pair("Data plane", wordOf(job.dataPlane));
        if (run.prepared) {
            html += pair("Computed on",
                         fmt::format("{}, {}", escaped(run.prepared->device), escaped(run.prepared->blas)));
            html += pair("Samples",
                         fmt::format("{} training, {} test", groupedText(run.prepared->trainingSamples),
                                     groupedText(run.prepared->testSamples)));
        }
        html += "</dl>\n";
    }
    return html + fmt::format("<details{}><summary>The job file</summary><pre>{}</pre></details></div>\n",
                              report.job ? "" : " open", escaped(report.run.jobYaml));
}

std::string nodesHtml(const Report& report) {
    if (report.exported.nodes.empty()) {
        return {};
    }
    std::string html = "<h2>Nodes</h2>\n" + tableHead("Node|Address|State|#Cores|#Memory|Version");
    bool shared = false;
    for (const NodeView& node : report.exported.nodes) {
        shared = shared || node.sharesMachine;
        html += "<tr>" + cell(escaped(node.node.value) + (node.leader ? " (leader)" : ""), "name") +
                cell(escaped(node.address)) + cell(toString(node.state)) +
                cell(node.sample ? std::to_string(node.sample->cores) : "–", "number") +
                cell(node.sample ? bytesText(node.sample->memoryTotal) : "–", "number") +
                cell(escaped(node.version)) + "</tr>\n";
    }
    html += kTableEnd;
    return shared ? html + "<p class=\"note\">Nodes of this cluster share one machine.</p>\n" : html;
}

/// Where the time of a seat went, over all steps of its membership.
struct SeatTimes {
    double computeMs = 0;
    double waitMs = 0;
    double totalMs = 0;
    double steps = 0;
};

using SeatKey = std::pair<MembershipNumber, Rank>;

std::map<SeatKey, SeatTimes> seatTimesOf(const std::vector<StepRow>& rows) {
    std::map<SeatKey, SeatTimes> seats;
    for (const StepRow& row : rows) {
        for (const MemberTiming& member : row.members) {
            SeatTimes& times = seats[{row.key.membership, member.rank}];
            times.computeMs += member.computeMs;
            times.waitMs += member.waitMs;
            times.totalMs += member.totalMs;
            times.steps += 1;
        }
    }
    return seats;
}

std::string membershipsHtml(const Report& report) {
    if (report.run.memberships.empty()) {
        return {};
    }
    std::string html = "<h2>Tasks and memberships</h2>\n" +
                       tableHead("Task|Node|#Membership|#From step|#Share|#Computing|#Waiting|#Whole step");
    std::map<SeatKey, SeatTimes> seats = seatTimesOf(report.rows);
    for (const MembershipCommitted& membership : report.run.memberships) {
        for (const Member& member : membership.members) {
            const SeatTimes times = seats[{membership.number, member.rank}];
            const auto mean = [&](double sum) {
                return times.steps > 0 ? decimalText(sum / times.steps, 1) + "\u00a0ms" : std::string("–");
            };
            html += "<tr>" + cell(escaped(member.task.value), "name") +
                    cell(escaped(member.node.value), "name") +
                    cell(std::to_string(membership.number), "number") +
                    cell(groupedText(membership.baseStep), "number") +
                    cell(isServer(member.task) ? "–" : std::to_string(member.share), "number") +
                    cell(mean(times.computeMs), "number") + cell(mean(times.waitMs), "number") +
                    cell(mean(times.totalMs), "number") + "</tr>\n";
        }
    }
    return html + std::string(kTableEnd) +
           "<p class=\"note\">Times are means per step. Waiting: from the end of the own computation until "
           "the "
           "gradients of all were added up.</p>\n";
}

std::string incidentsHtml(const Report& report) {
    if (report.run.incidents.empty()) {
        return {};
    }
    std::string html = "<h2>Incidents</h2>\n<div class=\"sheet\">\n";
    for (const TimedIncident& entry : report.run.incidents) {
        const IncidentRaised& incident = entry.incident;
        const std::string ending = entry.resolved ? resolutionText(entry) : escaped(incident.action);
        html += fmt::format("<p><strong>{}</strong> <span class=\"time\">{}, {}</span><br>{} {}</p>\n",
                            escaped(incident.what), dateText(entry.time), escaped(incident.node.value),
                            escaped(incident.why), ending);
        if (!incident.lastLog.empty()) {
            html +=
                fmt::format("<details><summary>The last lines of its log</summary><pre>{}</pre></details>\n",
                            escaped(incident.lastLog));
        }
    }
    return html + "</div>\n";
}

std::string modelHtml(const Report& report) {
    if (!report.run.model) {
        return {};
    }
    return fmt::format(
        "<h2>Model</h2>\n<div class=\"sheet\"><pre>from safetensors.torch import load_file\n"
        "weights = load_file(\"model.safetensors\")\n"
        "print({{name: tuple(tensor.shape) for name, tensor in weights.items()}})</pre>\n"
        "<p class=\"note hash\">{}, SHA-256 {}</p></div>\n"
        "<p class=\"note\"><code>longship model save {} --output model.safetensors</code> writes it.</p>\n",
        bytesText(report.run.model->bytes), escaped(report.run.model->sha256), escaped(report.run.run.value));
}

std::string eventsHtml(const Report& report) {
    if (report.exported.events.empty()) {
        return {};
    }
    std::string html = "<h2>Events</h2>\n" + tableHead("#Since start|Time (UTC)|Event|Detail");
    const UtcTime start = report.exported.events.front().time;
    for (const RunEvent& event : report.exported.events) {
        const EventWords words = wordsOf(event.body);
        const bool incident = std::holds_alternative<IncidentRaised>(event.body);
        html += fmt::format("<tr{}>", incident ? " class=\"incident\"" : "") +
                cell(decimalText(secondsBetween(start, event.time), 3) + "\u00a0s", "number") +
                cell(toIso8601(event.time).substr(11, 12), "time") + cell(words.what, "name") +
                cell(words.detail, "words") + "</tr>\n";
    }
    return html + std::string(kTableEnd);
}

std::string runHtml(const ExportedRun& exported, std::size_t index) {
    const Report report{exported, exported.run, validRows(exported.rows, exported.run.memberships),
                        parseJob(exported.run.jobYaml), fmt::format("run{}", index)};
    std::string html = "<article>\n" + headHtml(report) + figuresHtml(report) + proofHtml(report);
    const std::string charts = lossChart(report) + accuracyChart(report) + throughputChart(report);
    html += charts.empty() ? "" : "<h2>Curves</h2>\n" + charts;
    html += configurationHtml(report) + nodesHtml(report) + membershipsHtml(report) + incidentsHtml(report);
    return html + modelHtml(report) + eventsHtml(report) + "</article>\n";
}

}  // namespace

std::string htmlOf(std::span<const ExportedRun> runs) {
    std::string title = "Longship run report";
    if (runs.size() == 1) {
        title += " " + runs.front().run.run.value;
    }
    std::string html = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"generator\" content=\"Longship " LONGSHIP_VERSION
        "\">\n<title>{}</title>\n<style>{}</style>\n"
        "</head>\n<body>\n<main>\n",
        escaped(title), kReportStyle);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        html += runHtml(runs[i], i);
    }
    return html + "</main>\n</body>\n</html>\n";
}

}  // namespace longship
