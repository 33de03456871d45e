#include "core/history/export/html_text.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace longship {
namespace {

constexpr std::string_view kNoBreakSpace = "\u00a0";

std::string percent(std::uint64_t part, std::uint64_t whole) {
    return whole == 0
               ? "–"
               : decimalText(100.0 * static_cast<double>(part) / static_cast<double>(whole), 1) + "\u00a0%";
}

struct Sentence {
    EventWords operator()(const RunQueued& queued) const {
        return {"Queued", fmt::format("on the cluster {}", escaped(queued.cluster))};
    }
    EventWords operator()(const RunPrepared& prepared) const {
        return {"Prepared",
                fmt::format("{} training and {} test samples, {} parameters, {} steps; computing on {} ({})",
                            groupedText(prepared.trainingSamples), groupedText(prepared.testSamples),
                            groupedText(prepared.parameters), groupedText(prepared.stepsTotal),
                            escaped(prepared.device), escaped(prepared.blas))};
    }
    EventWords operator()(const TaskChanged& task) const {
        return {fmt::format("Task {}", toString(task.state)),
                fmt::format("{} on {}{}{}", escaped(task.task.value), escaped(task.node.value),
                            task.detail.empty() ? "" : ": ", escaped(task.detail))};
    }
    EventWords operator()(const MembershipCommitted& membership) const {
        std::string members;
        for (const Member& member : membership.members) {
            members += fmt::format("{}{}", members.empty() ? "" : ", ", escaped(member.task.value));
        }
        return {fmt::format("Membership {}", membership.number),
                fmt::format("{} from step {} on{}{}", members, groupedText(membership.baseStep),
                            membership.reason.empty() ? "" : ": ", escaped(membership.reason))};
    }
    EventWords operator()(const EvaluationFinished& evaluation) const {
        return {"Evaluated",
                fmt::format("{} of {} test samples right, loss {}, after {} steps",
                            percent(evaluation.correct, evaluation.samples), groupedText(evaluation.samples),
                            decimalText(evaluation.loss, 4), groupedText(evaluation.step))};
    }
    EventWords operator()(const IncidentRaised& incident) const {
        std::string detail = escaped(incident.what);
        for (const std::string& part : {incident.why, incident.action}) {
            detail += part.empty() ? "" : fmt::format("; {}", escaped(part));
        }
        return {"Incident", detail};
    }
    EventWords operator()(const IncidentResolved& resolved) const {
        return {"Incident over", fmt::format("{}; {} lost, {} steps redone, membership {}",
                                             escaped(resolved.action), durationWords(resolved.secondsLost),
                                             groupedText(resolved.stepsRedone), resolved.membership)};
    }
    EventWords operator()(const CheckpointCommitted& checkpoint) const {
        std::string nodes;
        for (const NodeId& node : checkpoint.nodes) {
            nodes += fmt::format("{}{}", nodes.empty() ? "" : ", ", escaped(node.value));
        }
        return {"Checkpoint", fmt::format("after {} steps, {} on {}", groupedText(checkpoint.step),
                                          bytesText(checkpoint.bytes), nodes)};
    }
    EventWords operator()(const StateChanged& changed) const {
        return {"State", std::string(toString(changed.state))};
    }
    EventWords operator()(const ModelSaved& model) const {
        return {"Model saved", fmt::format("{} on {}", bytesText(model.bytes), escaped(model.node.value))};
    }
    EventWords operator()(const RunFinished& finished) const {
        std::string detail = fmt::format("{} after {} steps and {} samples", toString(finished.state),
                                         groupedText(finished.steps), groupedText(finished.samples));
        return {"Finished", detail + (finished.cause.empty() ? "" : ": " + escaped(finished.cause))};
    }
};

}  // namespace

std::string escaped(std::string_view text) {
    std::string html;
    html.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&': html += "&amp;"; break;
            case '<': html += "&lt;"; break;
            case '>': html += "&gt;"; break;
            case '"': html += "&quot;"; break;
            case '\'': html += "&#39;"; break;
            default:
                // Control characters are not allowed in HTML, not even as references.
                html += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
        }
    }
    return html;
}

std::string groupedText(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t end = text.size(); end > 3; end -= 3) {
        text.insert(end - 3, kNoBreakSpace);
    }
    return text;
}

std::string decimalText(double number, int decimals) {
    if (!std::isfinite(number)) {
        return "–";
    }
    if (std::abs(number) >= 1e15) {
        return fmt::format("{:.3g}", number);
    }
    const std::string plain = fmt::format("{:.{}f}", std::abs(number), decimals);
    const auto point = std::min(plain.find('.'), plain.size());
    const bool negative = number < 0 && plain.find_first_not_of("0.") != std::string::npos;
    return (negative ? "−" : "") + groupedText(std::stoull(plain.substr(0, point))) + plain.substr(point);
}

std::string durationWords(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0 || seconds > 1e12) {
        return "–";
    }
    if (seconds < 1) {
        return fmt::format("{:.0f}\u00a0ms", seconds * 1'000);
    }
    if (seconds < 99.95) {
        return fmt::format("{:.1f}\u00a0s", seconds);
    }
    const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
    if (whole < 3'600) {
        return fmt::format("{}\u00a0min {:02}\u00a0s", whole / 60, whole % 60);
    }
    return fmt::format("{}\u00a0h {:02}\u00a0min", groupedText(whole / 3'600), whole / 60 % 60);
}

std::string bytesText(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
    double amount = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (amount >= 1'024 && unit + 1 < kUnits.size()) {
        amount /= 1'024;
        ++unit;
    }
    return fmt::format("{:.{}f}\u00a0{}", amount, unit == 0 || amount >= 100 ? 0 : 1, kUnits[unit]);
}

std::string dateText(UtcTime time) {
    std::string text = toIso8601(time);  // 2026-01-31T12:00:00.123Z
    text[10] = ' ';
    return text.substr(0, 19) + "\u00a0UTC";
}

std::string markText(const TimedIncident& incident) {
    const IncidentRaised& raised = incident.incident;
    const std::string who = raised.task.empty() ? raised.node.value : raised.task.value;
    const std::string what = who.empty() ? raised.what : who + " lost";
    if (!incident.resolved) {
        return what;
    }
    const std::uint64_t redone = incident.resolved->stepsRedone;
    return fmt::format("{}, {}, 0 steps lost{}", what, durationWords(incident.resolved->secondsLost),
                       redone == 0 ? "" : fmt::format(", {} redone", groupedText(redone)));
}

std::string resolutionText(const TimedIncident& incident) {
    if (!incident.resolved) {
        return {};
    }
    return fmt::format("{}. It cost {}; steps done again: {}, steps lost: 0.",
                       escaped(incident.resolved->action), durationWords(incident.resolved->secondsLost),
                       groupedText(incident.resolved->stepsRedone));
}

EventWords wordsOf(const RunEventBody& body) {
    return std::visit(Sentence{}, body);
}

}  // namespace longship
