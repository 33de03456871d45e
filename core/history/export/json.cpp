#include "core/history/export/json.h"

#include <nlohmann/json.hpp>
#include <set>

#include "core/domain/job_words.h"
#include "core/domain/job_yaml.h"
#include "core/domain/ledger.h"

namespace longship {
namespace {

using Json = nlohmann::ordered_json;

Json timeOf(const std::optional<UtcTime>& time) {
    return time ? Json(toIso8601(*time)) : Json();
}

/// A body as an object, in the words of the log.
Json bodyOf(const RunEventBody& body) {
    return Json::parse(toJson(body), nullptr, /*allow_exceptions=*/false);
}

Json jobOf(const std::string& yaml) {
    const JobResult job = parseJob(yaml);
    if (!job) {
        return Json();
    }
    Json json = {{"name", job->name}};
    if (job->dataset.csv.empty()) {
        json["dataset"] = {{"name", job->dataset.name}};
    } else {
        json["dataset"] = {{"csv", job->dataset.csv},
                           {"label", job->dataset.label},
                           {"test_fraction", job->dataset.testFraction}};
    }
    json["model"] = {{"name", job->model.name}};
    if (job->model.name == "mlp") {
        json["model"]["hidden"] = job->model.hidden;
    }
    json["optimizer"] = {{"kind", wordOf(job->optimizer.kind)},
                         {"learning_rate", job->optimizer.learningRate},
                         {"weight_decay", job->optimizer.weightDecay}};
    if (job->optimizer.kind == OptimizerKind::Sgd) {
        json["optimizer"]["momentum"] = job->optimizer.momentum;
    } else {
        json["optimizer"]["beta1"] = job->optimizer.beta1;
        json["optimizer"]["beta2"] = job->optimizer.beta2;
        json["optimizer"]["epsilon"] = job->optimizer.epsilon;
    }
    json["epochs"] = job->epochs;
    json["global_batch"] = job->globalBatch;
    json["micro_batch"] = resolvedMicroBatch(*job);
    json["seed"] = job->seed;
    json["workers"] = job->workers;
    json["numerics"] = wordOf(job->numerics);
    json["device"] = wordOf(job->device);
    json["data_plane"] = wordOf(job->dataPlane);
    json["strategy"] = wordOf(job->strategy.kind);
    return json;
}

Json proofOf(const ExportedRun& exported) {
    const auto proof = proveSamples(exported.run, exported.rows);
    if (!proof) {
        return {{"exact", false}, {"summary", proof.error().text}};
    }
    Json epochs = Json::array();
    for (const EpochProof& epoch : proof->epochs) {
        epochs.push_back({{"epoch", epoch.epoch},
                          {"samples_expected", epoch.samplesExpected},
                          {"samples_read", epoch.samplesRead},
                          {"steps_missing", epoch.stepsMissing},
                          {"steps_wrong", epoch.stepsWrong}});
    }
    return {{"exact", proof->exact()},
            {"summary", proof->summary()},
            {"samples_expected", proof->samplesExpected},
            {"samples_read", proof->samplesRead},
            {"epochs", epochs}};
}

Json rowsOf(const ExportedRun& exported) {
    std::set<RowKey> valid;
    for (const StepRow& row : validRows(exported.rows, exported.run.memberships)) {
        valid.insert(row.key);
    }
    Json rows = Json::array();
    for (const StepRow& row : exported.rows) {
        Json members = Json::array();
        for (const MemberTiming& member : row.members) {
            members.push_back({{"rank", member.rank},
                               {"compute_ms", member.computeMs},
                               {"wait_ms", member.waitMs},
                               {"total_ms", member.totalMs}});
        }
        rows.push_back({{"membership", row.key.membership},
                        {"step", row.key.step},
                        {"valid", valid.count(row.key) > 0},
                        {"epoch", row.epoch},
                        {"applied_at", toIso8601(row.appliedAt)},
                        {"loss", row.loss},
                        {"samples", row.digest.count},
                        {"correct", row.correct},
                        {"duration_ms", row.durationMs},
                        {"digest_low", row.digest.low},
                        {"digest_high", row.digest.high},
                        {"parameter_hash", row.parameterHash},
                        {"members", std::move(members)}});
    }
    return rows;
}

Json eventsOf(const std::vector<RunEvent>& events) {
    Json list = Json::array();
    for (const RunEvent& event : events) {
        list.push_back({{"sequence", event.sequence},
                        {"time", toIso8601(event.time)},
                        {"event", nameOf(event.body)},
                        {"body", bodyOf(event.body)}});
    }
    return list;
}

Json nodesOf(const std::vector<NodeView>& nodes) {
    Json list = Json::array();
    for (const NodeView& node : nodes) {
        Json json = {{"node", node.node.value},       {"address", node.address},
                     {"state", toString(node.state)}, {"leader", node.leader},
                     {"drained", node.drained},       {"shares_machine", node.sharesMachine},
                     {"version", node.version}};
        if (node.sample) {
            json["cores"] = node.sample->cores;
            json["memory_total"] = node.sample->memoryTotal;
        }
        list.push_back(std::move(json));
    }
    return list;
}

Json incidentsOf(const std::vector<TimedIncident>& incidents) {
    Json list = Json::array();
    for (const TimedIncident& incident : incidents) {
        Json json = bodyOf(incident.incident);
        json["sequence"] = incident.sequence;
        json["time"] = toIso8601(incident.time);
        json["resolved_at"] = incident.resolved ? Json(toIso8601(incident.resolvedAt)) : Json();
        json["resolution"] = incident.resolved ? bodyOf(*incident.resolved) : Json();
        list.push_back(std::move(json));
    }
    return list;
}

template <typename Body>
Json listOf(const std::vector<Body>& bodies) {
    Json list = Json::array();
    for (const Body& body : bodies) {
        list.push_back(bodyOf(body));
    }
    return list;
}

template <typename Body>
Json optionalOf(const std::optional<Body>& body) {
    return body ? bodyOf(*body) : Json();
}

Json runOf(const ExportedRun& exported) {
    const RunSnapshot& run = exported.run;
    return {{"run", run.run.value},
            {"cluster", run.cluster},
            {"state", toString(run.state)},
            {"queued_at", toIso8601(run.queuedAt)},
            {"training_at", timeOf(run.trainingAt)},
            {"finished_at", timeOf(run.finishedAt)},
            {"job", jobOf(run.jobYaml)},
            {"job_yaml", run.jobYaml},
            {"prepared", optionalOf(run.prepared)},
            {"finished", optionalOf(run.finished)},
            {"model", optionalOf(run.model)},
            {"proof", proofOf(exported)},
            {"evaluations", listOf(run.evaluations)},
            {"memberships", listOf(run.memberships)},
            {"incidents", incidentsOf(run.incidents)},
            {"nodes", nodesOf(exported.nodes)},
            {"events", eventsOf(exported.events)},
            {"rows", rowsOf(exported)}};
}

}  // namespace

std::string jsonOf(std::span<const ExportedRun> runs) {
    Json list = Json::array();
    for (const ExportedRun& run : runs) {
        list.push_back(runOf(run));
    }
    const Json all = {{"format", "longship-runs"}, {"version", 1}, {"runs", std::move(list)}};
    return all.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace longship
