#include "core/domain/run_event.h"

#include <array>
#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace longship {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<RunState, std::string_view>, 10> kRunStates{{
    {RunState::Queued, "queued"},
    {RunState::Preparing, "preparing"},
    {RunState::Training, "training"},
    {RunState::Evaluating, "evaluating"},
    {RunState::Stopping, "stopping"},
    {RunState::Completed, "completed"},
    {RunState::Failed, "failed"},
    {RunState::Stopped, "stopped"},
    {RunState::Recovering, "recovering"},
    {RunState::Paused, "paused"},
}};

constexpr std::array<std::pair<TaskState, std::string_view>, 5> kTaskStates{{
    {TaskState::Starting, "starting"},
    {TaskState::Ready, "ready"},
    {TaskState::Running, "running"},
    {TaskState::Exited, "exited"},
    {TaskState::Unplaced, "unplaced"},
}};

template <typename Table, typename State>
std::string_view nameIn(const Table& table, State state) {
    for (const auto& [value, name] : table) {
        if (value == state) {
            return name;
        }
    }
    return "unknown";
}

template <typename State, std::size_t Size>
std::optional<State> valueIn(const std::array<std::pair<State, std::string_view>, Size>& table,
                             std::string_view text) {
    for (const auto& [value, name] : table) {
        if (name == text) {
            return value;
        }
    }
    return std::nullopt;
}

/// Puts fields into a JSON object. Reader below has the same functions, so that each body is described once,
/// in describeFields(), for both directions.
class Writer {
public:
    explicit Writer(Json& object) : m_object(object) {}

    template <typename Tag>
    void field(const char* key, const Id<Tag>& id) {
        m_object[key] = id.value;
    }
    void field(const char* key, RunState state) { m_object[key] = toString(state); }
    void field(const char* key, TaskState state) { m_object[key] = toString(state); }
    void field(const char* key, const std::string& text) { m_object[key] = text; }
    void field(const char* key, const std::vector<std::string>& texts) { m_object[key] = texts; }
    void field(const char* key, const std::vector<NodeId>& nodes) {
        Json& array = m_object[key] = Json::array();
        for (const NodeId& node : nodes) {
            array.push_back(node.value);
        }
    }
    void field(const char* key, std::uint64_t number) { m_object[key] = number; }
    void field(const char* key, std::uint32_t number) { m_object[key] = number; }
    /// JSON has no NaN and no infinity: nlohmann writes null, which is read as NaN.
    void field(const char* key, double number) { m_object[key] = number; }
    void field(const char* key, const std::optional<double>& number) {
        if (number) {
            m_object[key] = *number;
        }
    }
    void field(const char* key, const std::vector<Member>& members);
    void fieldAddedLater(const char* key, const std::vector<std::string>& texts) { field(key, texts); }
    void fieldAddedLater(const char* key, const Phrase& phrase) {
        if (!phrase.empty()) {
            m_object[key] = {{"kind", phrase.kind}, {"values", phrase.values}};
        }
    }
    void fieldAddedLater(const char* key, bool flag) {
        if (flag) {
            m_object[key] = flag;
        }
    }
    /// One that is seldom set is left out while it is not.
    void rareField(const char* key, const std::string& text) {
        if (!text.empty()) {
            field(key, text);
        }
    }
    template <typename Tag>
    void rareField(const char* key, const Id<Tag>& id) {
        rareField(key, id.value);
    }
    void rareField(const char* key, std::uint32_t number) {
        if (number != 0) {
            field(key, number);
        }
    }

private:
    Json& m_object;
};

/// Takes fields out of a JSON object. After a missing or misshapen one isGood() is false.
class Reader {
public:
    explicit Reader(const Json& object) : m_object(object), m_good(object.is_object()) {}

    bool isGood() const { return m_good; }

    template <typename Tag>
    void field(const char* key, Id<Tag>& id) {
        field(key, id.value);
    }
    void field(const char* key, RunState& state) { fromTable(key, kRunStates, state); }
    void field(const char* key, TaskState& state) { fromTable(key, kTaskStates, state); }
    void field(const char* key, std::string& text) { text = textOf(find(key)); }
    void field(const char* key, std::vector<std::string>& texts) {
        if (const Json* value = array(key)) {
            for (const Json& item : *value) {
                texts.push_back(textOf(&item));
            }
        }
    }
    void field(const char* key, std::vector<NodeId>& nodes) {
        std::vector<std::string> names;
        field(key, names);
        for (std::string& name : names) {
            nodes.emplace_back(std::move(name));
        }
    }
    void field(const char* key, std::uint64_t& number) {
        number = wholeNumber(find(key), std::numeric_limits<std::uint64_t>::max());
    }
    void field(const char* key, std::uint32_t& number) {
        number =
            static_cast<std::uint32_t>(wholeNumber(find(key), std::numeric_limits<std::uint32_t>::max()));
    }
    void field(const char* key, double& number) { number = realNumber(find(key)); }
    void field(const char* key, std::optional<double>& number) {
        if (m_good && m_object.contains(key)) {
            number = realNumber(find(key));
        }
    }
    void field(const char* key, std::vector<Member>& members);
    /// Records from before the field was thought of lack it.
    void fieldAddedLater(const char* key, std::vector<std::string>& texts) {
        if (m_good && m_object.contains(key)) {
            field(key, texts);
        }
    }
    void fieldAddedLater(const char* key, bool& flag) {
        if (m_good && m_object.contains(key)) {
            const Json* value = find(key);
            m_good = m_good && value->is_boolean();
            flag = m_good && value->get<bool>();
        }
    }
    template <typename Value>
    void rareField(const char* key, Value& value) {
        if (m_good && m_object.contains(key)) {
            field(key, value);
        }
    }

    void fieldAddedLater(const char* key, Phrase& phrase) {
        if (m_good && m_object.contains(key)) {
            Reader reader(m_object[key]);
            reader.field("kind", phrase.kind);
            reader.field("values", phrase.values);
            m_good = reader.isGood();
        }
    }

private:
    const Json* find(const char* key) {
        if (m_good) {
            if (const auto at = m_object.find(key); at != m_object.end()) {
                return &*at;
            }
        }
        m_good = false;
        return nullptr;
    }
    const Json* array(const char* key) {
        const Json* value = find(key);
        m_good = m_good && value->is_array();
        return m_good ? value : nullptr;
    }
    std::string textOf(const Json* value) {
        m_good = m_good && value->is_string();
        return m_good ? value->get<std::string>() : std::string();
    }
    std::uint64_t wholeNumber(const Json* value, std::uint64_t max) {
        m_good = m_good && value->is_number_unsigned() && value->get<std::uint64_t>() <= max;
        return m_good ? value->get<std::uint64_t>() : 0;
    }
    double realNumber(const Json* value) {
        if (m_good && value->is_null()) {
            return std::numeric_limits<double>::quiet_NaN();
        }
        m_good = m_good && value->is_number();
        return m_good ? value->get<double>() : 0;
    }
    template <typename State, std::size_t Size>
    void fromTable(const char* key, const std::array<std::pair<State, std::string_view>, Size>& table,
                   State& state) {
        const auto found = valueIn(table, textOf(find(key)));
        m_good = m_good && found.has_value();
        state = found.value_or(state);
    }

    const Json& m_object;
    bool m_good;
};

// The names of all bodies and fields as they stand on the wire and in the database. A field that is added
// later must be read as optional: older records lack it.

template <typename Visitor, typename Body>
requires std::same_as<std::remove_const_t<Body>, Member>
void describeFields(Visitor& visitor, Body& member) {
    visitor.field("rank", member.rank);
    visitor.field("task", member.task);
    visitor.field("generation", member.generation);
    visitor.field("node", member.node);
    visitor.field("share", member.share);
}

template <typename Visitor, typename Body>
requires std::same_as<std::remove_const_t<Body>, RunQueued>
void describeFields(Visitor& visitor, Body& body) {
    visitor.field("job", body.jobYaml);
    visitor.field("cluster", body.cluster);
}

template <typename Visitor, typename Body>
requires std::same_as<std::remove_const_t<Body>, RunPrepared>
void describeFields(Visitor& visitor, Body& body) {
    visitor.field("training_samples", body.trainingSamples);
    visitor.field("test_samples", body.testSamples);
    visitor.field("parameters", body.parameters);
    visitor.field("steps_total", body.stepsTotal);
    visitor.field("micro_batch", body.microBatch);
    visitor.field("device", body.device);
    visitor.field("blas", body.blas);
    visitor.field("class_names", body.classNames);
}

template <typename Visitor, typename Body>
requires std::same_as<std::remove_const_t<Body>, TaskChanged>
void describeFields(Visitor& visitor, Body& body) {
    visitor.field("task", body.task);
    visitor.field("generation", body.generation);
    visitor.field("node", body.node);
    visitor.field("state", body.state);
    visitor.field("detail", body.detail);
    visitor.rareField("next", body.next);
    visitor.rareField("goal", body.goal);
}

template <typename Visitor, typename Body>
requires std::same_as<std::remove_const_t<Body>, MembershipCommitted>
void describeFields(Visitor& visitor, Body& body) {
    visitor.field("number", body.number);
    visitor.field("term", body.term);
    visitor.field("base_step", body.baseStep);
    visitor.field("members", body.members);
    visitor.field("reason", body.reason);
    visitor.fieldAddedLater("from_checkpoint", body.fromCheckpoint);
}

template <typename Visitor, typename Body>
requires std::same_as<std::remove_const_t<Body>, EvaluationFinished>
void describeFields(Visitor& visitor, Body& body) {
    visitor.field("step", body.step);
    visitor.field("epoch", body.epoch);
    visitor.field("loss", body.loss);
    visitor.field("correct", body.correct);
    visitor.field("samples", body.samples);
}

template <typename Visitor, typename Body>
requires std::same_as<std::remove_const_t<Body>, IncidentRaised>
void describeFields(Visitor& visitor, Body& body) {
    visitor.field("node", body.node);
    visitor.field("task", body.task);
    visitor.field("what", body.what);
    visitor.field("why", body.why);
    visitor.field("action", body.action);
    visitor.field("last_log", body.lastLog);
    visitor.fieldAddedLater("choices", body.choices);
    visitor.fieldAddedLater("what_phrase", body.whatPhrase);
    visitor.fieldAddedLater("why_phrase", body.whyPhrase);
    visitor.fieldAddedLater("action_phrase", body.actionPhrase);
}

template <typename Visitor, typename Body>
requires std::same_as<std::remove_const_t<Body>, StateChanged>
void describeFields(Visitor& visitor, Body& body) {
    visitor.field("state", body.state);
    visitor.rareField("wanted", body.wanted);
}

template <typename Visitor, typename Body>
requires std::same_as<std::remove_const_t<Body>, ModelSaved>
void describeFields(Visitor& visitor, Body& body) {
    visitor.field("node", body.node);
    visitor.field("bytes", body.bytes);
    visitor.field("sha256", body.sha256);
}

template <typename Visitor, typename Body>
requires std::same_as<std::remove_const_t<Body>, RunFinished>
void describeFields(Visitor& visitor, Body& body) {
    visitor.field("state", body.state);
    visitor.field("steps", body.steps);
    visitor.field("samples", body.samples);
    visitor.field("accuracy", body.accuracy);
    visitor.field("cause", body.cause);
    visitor.field("parameter_hash", body.parameterHash);
    visitor.fieldAddedLater("cause_phrase", body.causePhrase);
}

template <typename Visitor, typename Body>
requires std::same_as<std::remove_const_t<Body>, IncidentResolved>
void describeFields(Visitor& visitor, Body& body) {
    visitor.field("incident", body.incident);
    visitor.field("action", body.action);
    visitor.field("seconds_lost", body.secondsLost);
    visitor.field("steps_redone", body.stepsRedone);
    visitor.field("membership", body.membership);
    visitor.fieldAddedLater("action_phrase", body.actionPhrase);
}

template <typename Visitor, typename Body>
requires std::same_as<std::remove_const_t<Body>, CheckpointCommitted>
void describeFields(Visitor& visitor, Body& body) {
    visitor.field("step", body.step);
    visitor.field("samples", body.samples);
    visitor.field("bytes", body.bytes);
    visitor.field("sha256", body.sha256);
    visitor.field("nodes", body.nodes);
    visitor.field("membership", body.membership);
}

void Writer::field(const char* key, const std::vector<Member>& members) {
    Json& array = m_object[key] = Json::array();
    for (const Member& member : members) {
        Writer writer(array.emplace_back(Json::object()));
        describeFields(writer, member);
    }
}

void Reader::field(const char* key, std::vector<Member>& members) {
    const Json* value = array(key);
    for (std::size_t i = 0; m_good && i < value->size(); ++i) {
        Reader reader((*value)[i]);
        describeFields(reader, members.emplace_back());
        m_good = reader.isGood();
    }
}

constexpr std::array<std::string_view, std::variant_size_v<RunEventBody>> kBodyNames{
    "run_queued",          "run_prepared",      "task_changed",        "membership_committed",
    "evaluation_finished", "incident_raised",   "state_changed",       "model_saved",
    "run_finished",        "incident_resolved", "checkpoint_committed"};

template <std::size_t Index = 0>
std::optional<RunEventBody> readBody(std::size_t wanted, const Json& object) {
    if constexpr (Index < std::variant_size_v<RunEventBody>) {
        if (wanted != Index) {
            return readBody<Index + 1>(wanted, object);
        }
        std::variant_alternative_t<Index, RunEventBody> body;
        Reader reader(object);
        describeFields(reader, body);
        return reader.isGood() ? std::optional<RunEventBody>(std::move(body)) : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

std::string_view toString(RunState state) {
    return nameIn(kRunStates, state);
}

std::optional<RunState> runStateFrom(std::string_view text) {
    return valueIn(kRunStates, text);
}

bool isTerminal(RunState state) {
    return state == RunState::Completed || state == RunState::Failed || state == RunState::Stopped;
}

std::string_view toString(TaskState state) {
    return nameIn(kTaskStates, state);
}

RunEventBody withPhrases(RunEventBody body) {
    if (auto* raised = std::get_if<IncidentRaised>(&body)) {
        raised->whatPhrase = phraseOf(raised->what);
        raised->whyPhrase = phraseOf(raised->why);
        raised->actionPhrase = phraseOf(raised->action);
    } else if (auto* resolved = std::get_if<IncidentResolved>(&body)) {
        resolved->actionPhrase = phraseOf(resolved->action);
    } else if (auto* finished = std::get_if<RunFinished>(&body)) {
        finished->causePhrase = phraseOf(finished->cause);
    }
    return body;
}

std::string_view nameOf(const RunEventBody& body) {
    return kBodyNames[body.index()];
}

std::string toJson(const RunEventBody& body) {
    Json object = Json::object();
    std::visit(
        [&](const auto& fact) {
            Writer writer(object);
            describeFields(writer, fact);
        },
        body);
    // Logs may hold any bytes: what is no UTF-8 becomes U+FFFD instead of an exception.
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<RunEventBody> runEventFrom(std::string_view name, std::string_view json) {
    for (std::size_t index = 0; index < kBodyNames.size(); ++index) {
        if (kBodyNames[index] == name) {
            const Json object = Json::parse(json, nullptr, /*allow_exceptions=*/false);
            return readBody(index, object);
        }
    }
    return std::nullopt;
}

}  // namespace longship
