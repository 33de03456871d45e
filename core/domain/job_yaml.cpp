#include "core/domain/job_yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "core/domain/job_words.h"

namespace longship {
namespace {

// The register keeps the job of every active run; a file above this is not a job.
constexpr std::size_t kFileBytesMax = std::size_t{64} << 10;

// --- One value: from a YAML node to a member of the job. False when it has the wrong shape.

bool isPlain(const YAML::Node& node) {
    return node.IsScalar() && node.Tag() != "!";  // "!" marks a scalar in quotes: a text.
}

template <typename Number>
bool readNumber(const YAML::Node& node, Number& number) {
    if (!isPlain(node)) {
        return false;
    }
    std::string_view text = node.Scalar();
    if (text.starts_with('+')) {
        text.remove_prefix(1);
    }
    if (std::is_floating_point_v<Number> && (text.starts_with('.') || text.starts_with("-."))) {
        double special =
            0;  // .nan and .inf are numbers to YAML: the rules refuse them later, in their words.
        if (YAML::convert<double>::decode(node, special)) {
            number = static_cast<Number>(special);
            return true;
        }
    }
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    return code == std::errc() && end == text.data() + text.size();
}

bool readValue(const YAML::Node& node, std::uint64_t& value) {
    return readNumber(node, value);
}
bool readValue(const YAML::Node& node, std::uint32_t& value) {
    return readNumber(node, value);
}
bool readValue(const YAML::Node& node, double& value) {
    return readNumber(node, value);
}
bool readValue(const YAML::Node& node, std::optional<std::uint64_t>& value) {
    return readNumber(node, value.emplace());
}
bool readValue(const YAML::Node& node, std::string& value) {
    if (!node.IsScalar()) {
        return false;
    }
    value = node.Scalar();
    return true;
}
bool readValue(const YAML::Node& node, bool& value) {
    if (!isPlain(node) || (node.Scalar() != "true" && node.Scalar() != "false")) {
        return false;
    }
    value = node.Scalar() == "true";
    return true;
}
bool readValue(const YAML::Node& node, std::chrono::milliseconds& value) {
    const auto duration = node.IsScalar() ? durationFrom(node.Scalar()) : std::nullopt;
    value = duration.value_or(value);
    return duration.has_value();
}
bool readValue(const YAML::Node& node, std::vector<std::int64_t>& value) {
    if (!node.IsSequence()) {
        return false;
    }
    std::vector<std::int64_t> numbers;
    for (const YAML::Node& item : node) {
        if (!readNumber(item, numbers.emplace_back())) {
            return false;
        }
    }
    value = std::move(numbers);
    return true;
}
template <typename Choice>
requires std::is_enum_v<Choice>
bool readValue(const YAML::Node& node, Choice& value) {
    const auto choice = node.IsScalar() ? choiceFrom<Choice>(node.Scalar()) : std::nullopt;
    value = choice.value_or(value);
    return choice.has_value();
}

// --- The schema: one line per key.

struct Field {
    std::string_view key;  ///< Dotted.
    std::string expected;
    std::vector<std::string_view> words;  ///< Of a choice, for "did you mean".
    bool isText = false;
    std::function<bool(const YAML::Node&, JobSpec&)> read;
};

template <typename Access>
Field fieldOf(std::string_view key, std::string expected, Access access) {
    using Value = std::remove_reference_t<std::invoke_result_t<Access, JobSpec&>>;
    Field field{key,
                std::move(expected),
                {},
                std::is_same_v<Value, std::string>,
                [access](const YAML::Node& node, JobSpec& job) { return readValue(node, access(job)); }};
    if constexpr (std::is_enum_v<Value>) {
        for (const auto& [value, word] : ChoiceWords<Value>::table) {
            field.words.push_back(word);
        }
        field.expected = alternatives(field.words);
    }
    return field;
}

#define LONGSHIP_FIELD(key, expected, member) \
    fieldOf(                                  \
        key, expected, [](JobSpec & job) -> auto& { return job.member; })

const std::vector<Field>& schemaFields() {
    static const std::vector<Field> fields{
        LONGSHIP_FIELD("name", "a text", name),
        LONGSHIP_FIELD("dataset.name", "the name of a dataset", dataset.name),
        LONGSHIP_FIELD("dataset.csv", "the path of a CSV file", dataset.csv),
        LONGSHIP_FIELD("dataset.label", "the name of the column to predict", dataset.label),
        LONGSHIP_FIELD("dataset.test_fraction", "a number above 0 and below 1", dataset.testFraction),
        LONGSHIP_FIELD("dataset.content", "the SHA-256 of data that was brought to the nodes",
                       dataset.content),
        LONGSHIP_FIELD("model.name", "the name of a model", model.name),
        LONGSHIP_FIELD("model.hidden", "a list of whole numbers such as [1024, 1024]", model.hidden),
        LONGSHIP_FIELD("optimizer.kind", "", optimizer.kind),
        LONGSHIP_FIELD("optimizer.learning_rate", "a number above 0", optimizer.learningRate),
        LONGSHIP_FIELD("optimizer.momentum", "a number of at least 0 and below 1", optimizer.momentum),
        LONGSHIP_FIELD("optimizer.weight_decay", "a number of at least 0", optimizer.weightDecay),
        LONGSHIP_FIELD("optimizer.beta1", "a number of at least 0 and below 1", optimizer.beta1),
        LONGSHIP_FIELD("optimizer.beta2", "a number of at least 0 and below 1", optimizer.beta2),
        LONGSHIP_FIELD("optimizer.epsilon", "a number above 0", optimizer.epsilon),
        LONGSHIP_FIELD("epochs", "a whole number of at least 1", epochs),
        LONGSHIP_FIELD("global_batch", "a whole number of at least 1", globalBatch),
        LONGSHIP_FIELD("micro_batch", "a whole number of at least 1", microBatch),
        LONGSHIP_FIELD("seed", "a whole number of at least 0", seed),
        LONGSHIP_FIELD("workers", "a whole number (0: one per ready node)", workers),
        LONGSHIP_FIELD("numerics", "", numerics),
        LONGSHIP_FIELD("device", "", device),
        LONGSHIP_FIELD("data_plane", "", dataPlane),
        LONGSHIP_FIELD("strategy.kind", "", strategy.kind),
        LONGSHIP_FIELD("strategy.mode", "", strategy.mode),
        LONGSHIP_FIELD("strategy.staleness", "a whole number of at least 0", strategy.staleness),
        LONGSHIP_FIELD("strategy.servers", "a whole number of at least 1", strategy.servers),
        LONGSHIP_FIELD("strategy.backup", "true or false", strategy.backup),
        LONGSHIP_FIELD("recovery.policy", "", recovery.policy),
        LONGSHIP_FIELD("recovery.tolerate_silence", "a time such as 3s or 500ms", recovery.tolerateSilence),
        LONGSHIP_FIELD("checkpoint.every_steps", "a whole number of at least 0", checkpoint.everySteps),
        LONGSHIP_FIELD("checkpoint.replicas", "a whole number of at least 1", checkpoint.replicas),
    };
    return fields;
}

#undef LONGSHIP_FIELD

/// A key whose value is a map; with a shorthand, a single word stands for that field of it.
struct Section {
    std::string_view key;
    std::string_view shorthand;
    std::string_view expected;
    void (*reset)(JobSpec&);
};

constexpr std::array<Section, 6> kSections{{
    {"dataset", "dataset.name", "the name of a dataset or {csv: FILE, label: COLUMN}",
     [](JobSpec& job) { job.dataset = {}; }},
    {"model", "model.name", "the name of a model or {name: mlp, hidden: [1024, 1024]}",
     [](JobSpec& job) { job.model = {}; }},
    {"optimizer", "optimizer.kind", "sgd, adam or {kind: sgd, learning_rate: 0.05}",
     [](JobSpec& job) { job.optimizer = {}; }},
    {"strategy", "strategy.kind", "allreduce", [](JobSpec& job) { job.strategy = {}; }},
    {"recovery", "", "{policy: auto, tolerate_silence: 3s}", [](JobSpec& job) { job.recovery = {}; }},
    {"checkpoint", "", "{every_steps: 100, replicas: 2}", [](JobSpec& job) { job.checkpoint = {}; }},
}};

const Section* sectionOf(std::string_view key) {
    for (const Section& section : kSections) {
        if (section.key == key) {
            return &section;
        }
    }
    return nullptr;
}

const Field* fieldNamed(std::string_view key) {
    for (const Field& field : schemaFields()) {
        if (field.key == key) {
            return &field;
        }
    }
    return nullptr;
}

/// The keys that may stand in a section; in the file itself for the empty prefix.
std::vector<std::string_view> keysIn(std::string_view section) {
    std::vector<std::string_view> keys;
    for (const Field& field : schemaFields()) {
        const auto dot = field.key.find('.');
        const std::string_view owner = dot == std::string_view::npos ? "" : field.key.substr(0, dot);
        if (owner == section) {
            keys.push_back(owner.empty() ? field.key : field.key.substr(dot + 1));
        } else if (section.empty() && std::find(keys.begin(), keys.end(), owner) == keys.end()) {
            keys.push_back(owner);
        }
    }
    return keys;
}

/// What other tools call it, or in which section it stands here.
std::string suggestionFor(std::string_view key, std::string_view section) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kOtherNames{{
        {"lr", "learning_rate"},
        {"batch", "global_batch"},
        {"batch_size", "global_batch"},
        {"max_epochs", "epochs"},
        {"nodes", "workers"},
        {"hidden_layers", "hidden"},
        {"type", "kind"},
        {"data", "dataset"},
    }};
    for (const auto& [other, ours] : kOtherNames) {
        key = key == other ? ours : key;
    }
    const auto here = keysIn(section);
    if (const std::string_view near = nearest(key, here); !near.empty()) {
        return std::string(near);
    }
    std::vector<std::string_view> dotted;  // --set names them so.
    for (const Field& field : schemaFields()) {
        dotted.push_back(field.key);
        if (field.key == key || (field.key.ends_with(key) && field.key.size() > key.size() &&
                                 field.key[field.key.size() - key.size() - 1] == '.')) {
            return std::string(field.key);
        }
    }
    return std::string(nearest(key, dotted));
}

std::string shownValue(const YAML::Node& node) {
    switch (node.Type()) {
        case YAML::NodeType::Map: return "a map";
        case YAML::NodeType::Sequence: return "a list";
        case YAML::NodeType::Scalar: return shortened(node.Scalar());
        default: return "nothing";
    }
}

/// Notices only where documents begin.
class DocumentStarts : public YAML::EventHandler {
public:
    YAML::Mark last;

    void OnDocumentStart(const YAML::Mark& mark) override { last = mark; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}
};

/// Where something stands after the first document. Not YAML::LoadAll(): it takes a stray "," or "}" for ever
/// more empty documents, without end.
std::optional<YAML::Mark> secondDocument(const std::string& text) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    DocumentStarts starts;
    const bool isThere = parser.HandleNextDocument(starts) && parser.HandleNextDocument(starts);
    return isThere ? std::optional(starts.last) : std::nullopt;
}

std::string restOfLine(const std::string& text, const YAML::Mark& mark) {
    std::istringstream stream(text);
    std::string line;
    for (int i = 0; i <= mark.line; ++i) {
        std::getline(stream, line);
    }
    return line.substr(std::min(line.size(), static_cast<std::size_t>(std::max(mark.column, 0))));
}

/// Reads one file and its overrides. Shapes are checked here, with their places; values by checkJob(), whose
/// problems get the place where the key stands.
class JobReader {
public:
    void readFile(std::string_view yaml);
    void readOverride(const std::string& assignment);
    JobReading finish();

private:
    struct Place {
        int line = 0;
        int column = 0;
        std::string assignment;  ///< "--set a=b"; then there is no line.
    };

    Place placeOf(const YAML::Node& node) const;
    void readMap(const YAML::Node& map, const std::string& section);
    void readKey(const std::string& key, const YAML::Node& value, const Place& place);
    void readField(const Field& field, const YAML::Node& value, const Place& place);
    void unknownKey(const std::string& key, const std::string& section, const Place& place);
    void checkBelonging();
    void add(const Place& place, std::string key, std::string found, std::string expected, std::string text);
    /// Like add(), for a value that could not be read: the rules then say nothing about what stands for it.
    void addUnread(const Place& place, std::string key, std::string found, std::string expected,
                   std::string text);
    bool isBlamed(const JobProblem& problem) const;
    const Place* placeFor(const std::string& key) const;

    JobSpec m_job;
    std::string m_assignment;                     ///< The override that is being read, else empty.
    std::map<std::string, Place> m_places;        ///< Of every key that was given.
    std::set<std::string, std::less<>> m_blamed;  ///< Keys with a problem: one slip is told once.
    std::vector<JobProblem> m_problems;
};

JobReader::Place JobReader::placeOf(const YAML::Node& node) const {
    if (!m_assignment.empty()) {
        return {0, 0, m_assignment};
    }
    const YAML::Mark mark = node.Mark();
    return {mark.line + 1, mark.column + 1, {}};
}

void JobReader::add(const Place& place, std::string key, std::string found, std::string expected,
                    std::string text) {
    if (!place.assignment.empty()) {
        const std::string_view sentence = text;
        const bool namesKey = sentence.starts_with(key + ": ");
        text = fmt::format("{}: {}", place.assignment, sentence.substr(namesKey ? key.size() + 2 : 0));
    }
    m_problems.push_back(
        {place.line, place.column, std::move(key), std::move(found), std::move(expected), std::move(text)});
}

void JobReader::addUnread(const Place& place, std::string key, std::string found, std::string expected,
                          std::string text) {
    m_blamed.insert(key);
    add(place, std::move(key), std::move(found), std::move(expected), std::move(text));
}

void JobReader::readFile(std::string_view yaml) {
    const auto whole = [&](int line, int column, std::string found, std::string expected, std::string text) {
        m_blamed.insert("");  // The values were not read: say nothing about them.
        m_problems.push_back({line, column, "", std::move(found), std::move(expected), std::move(text)});
    };
    if (yaml.size() > kFileBytesMax) {
        const std::string found = fmt::format("{} bytes", yaml.size());
        return whole(0, 0, found, "a job file of at most 64 KiB",
                     fmt::format("A job file has at most 64 KiB; this one has {}.", found));
    }
    try {
        const std::string text(yaml);
        if (const auto mark = secondDocument(text)) {
            const std::string rest = restOfLine(text, *mark);
            return rest.starts_with("---")
                       ? whole(mark->line + 1, mark->column + 1, "a second document", "one job in a file",
                               "A job file holds one document; take the \"---\" and what follows it away.")
                       : whole(mark->line + 1, mark->column + 1, shortened(rest), "valid YAML",
                               fmt::format("This is no valid YAML: nothing may begin with {}.",
                                           shortened(rest)));
        }
        const YAML::Node document = YAML::Load(text);
        if (document.IsNull()) {
            return whole(1, 1, "nothing", "at least a dataset",
                         "The file is empty. A job names at least its dataset: \"dataset: fashion-mnist\".");
        }
        if (!document.IsMap()) {
            const std::string found = shownValue(document);
            return whole(1, 1, found, "keys and values",
                         fmt::format("Expected lines of the form \"key: value\", found {}.", found));
        }
        readMap(document, "");
    } catch (const YAML::Exception& error) {
        whole(error.mark.line + 1, error.mark.column + 1, "", "valid YAML",
              fmt::format("This is no valid YAML: {}.", error.msg));
    } catch (const std::exception& error) {
        whole(0, 0, "", "valid YAML", fmt::format("The file could not be read as YAML: {}.", error.what()));
    }
}

void JobReader::readMap(const YAML::Node& map, const std::string& section) {
    std::map<std::string, Place> seen;
    for (const auto& pair : map) {
        const Place place = placeOf(pair.first);
        if (!pair.first.IsScalar()) {
            add(place, section, shownValue(pair.first), "a word",
                fmt::format("A key must be a word, found {}.", shownValue(pair.first)));
            continue;
        }
        const std::string& name = pair.first.Scalar();
        const std::string key = section.empty() ? name : section + "." + name;
        if (const auto [first, isNew] = seen.emplace(name, place); !isNew) {
            add(place, key, shortened(name), "each key once",
                fmt::format("{} is given twice; the first is in line {}.", key, first->second.line));
            continue;
        }
        const auto known = keysIn(section);
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            unknownKey(key, section, place);
        } else {
            readKey(key, pair.second, pair.second.IsNull() ? place : placeOf(pair.second));
        }
    }
}

void JobReader::readKey(const std::string& key, const YAML::Node& value, const Place& place) {
    if (const Field* field = fieldNamed(key)) {
        return readField(*field, value, place);
    }
    const Section* section = sectionOf(key);
    m_places[key] = place;
    if (value.IsMap()) {
        readMap(value, key);
    } else if (value.IsScalar() && !section->shorthand.empty()) {
        readField(*fieldNamed(section->shorthand), value, place);
    } else {
        addUnread(place, key, shownValue(value), std::string(section->expected),
                  fmt::format("{}: expected {}, found {}.", key, section->expected, shownValue(value)));
    }
}

void JobReader::readField(const Field& field, const YAML::Node& value, const Place& place) {
    const std::string key(field.key);
    m_places[key] = place;
    if (field.read(value, m_job)) {
        return;
    }
    std::string text = fmt::format("{}: expected {}, found {}.", key, field.expected, shownValue(value));
    const std::string_view meant = value.IsScalar() ? nearest(value.Scalar(), field.words) : "";
    if (!meant.empty()) {
        text += fmt::format(" Did you mean {}?", meant);
    } else if (value.IsScalar() && !isPlain(value) && field.words.empty()) {
        text += " Without quotes it would be a number.";
    }
    addUnread(place, key, shownValue(value), field.expected, std::move(text));
}

void JobReader::unknownKey(const std::string& key, const std::string& section, const Place& place) {
    const std::string_view name = std::string_view(key).substr(section.empty() ? 0 : section.size() + 1);
    const std::string meant = suggestionFor(name, section);
    const std::string expected = alternatives(keysIn(section));
    std::string text = fmt::format("{} is no key {}", shortened(name),
                                   section.empty() ? "of a job" : fmt::format("of {}", section));
    text +=
        meant.empty() ? fmt::format("; there are {}.", expected) : fmt::format(". Did you mean {}?", meant);
    // Whoever misspelled a key did not forget it.
    m_blamed.insert(section.empty() ? meant : section + "." + meant);
    addUnread(place, key, shortened(name), expected, std::move(text));
}

void JobReader::readOverride(const std::string& assignment) {
    const auto equals = assignment.find('=');
    m_assignment = "--set " + assignment.substr(0, 80);
    const Place place{0, 0, m_assignment};
    const std::string key = assignment.substr(0, equals);
    if (equals == std::string::npos || key.empty()) {
        return add(place, key, shortened(assignment), "key=value", "expected key=value.");
    }
    const auto dot = key.find('.');
    const std::string section = dot == std::string::npos ? "" : key.substr(0, dot);
    const Field* field = fieldNamed(key);
    if (field == nullptr && sectionOf(key) == nullptr) {
        return unknownKey(key, sectionOf(section) != nullptr ? section : "", place);
    }
    try {
        const std::string text = assignment.substr(equals + 1);
        const YAML::Node value = field != nullptr && field->isText ? YAML::Node(text) : YAML::Load(text);
        // What is set last wins: a whole section replaces the one of the file, and a dataset has one source.
        if (field == nullptr || key == "dataset.name" || key == "dataset.csv") {
            const std::string owner = field == nullptr ? key : section;
            const DatasetSpec before = m_job.dataset;
            sectionOf(owner)->reset(m_job);
            if (key == "dataset.csv" && !before.csv.empty()) {
                m_job.dataset = before;
            } else {
                std::erase_if(m_places, [&](const auto& entry) { return entry.first.starts_with(owner); });
            }
        }
        readKey(key, value, place);
    } catch (const std::exception& error) {
        addUnread(place, key, shortened(assignment.substr(equals + 1)), "a value",
                  fmt::format("the value is no valid YAML: {}.", error.what()));
    }
}

/// A value that the chosen kind would ignore is a misunderstanding: say so instead of ignoring it.
void JobReader::checkBelonging() {
    const auto refuse = [&](const char* key, std::string_view owner) {
        const auto at = m_places.find(key);
        if (at != m_places.end() && m_blamed.count(key) == 0) {
            add(at->second, key, "a value", fmt::format("this only with {}", owner),
                fmt::format("{} has no meaning here; it belongs to {}.", key, owner));
        }
    };
    if (m_job.dataset.csv.empty()) {
        refuse("dataset.label", "a csv dataset");
        refuse("dataset.test_fraction", "a csv dataset");
    }
    if (m_job.model.name != "mlp") {
        refuse("model.hidden", "the model mlp");
    }
    if (m_job.optimizer.kind == OptimizerKind::Adam) {
        refuse("optimizer.momentum", "sgd");
    } else {
        for (const char* key : {"optimizer.beta1", "optimizer.beta2", "optimizer.epsilon"}) {
            refuse(key, "adam");
        }
    }
    if (m_job.strategy.kind == StrategyKind::Allreduce) {
        for (const char* key :
             {"strategy.mode", "strategy.staleness", "strategy.servers", "strategy.backup"}) {
            refuse(key, "the strategy parameter-server");
        }
    } else if (m_job.strategy.mode != ParameterServerMode::Ssp) {
        refuse("strategy.staleness", "the mode ssp");
    }
}

/// Whether the value that a rule complains about was never read because of a problem told already.
bool JobReader::isBlamed(const JobProblem& problem) const {
    const std::string_view key = problem.key;
    const bool crossing = key == "micro_batch" && m_blamed.count("global_batch") > 0;
    const bool shorthand =
        key == "dataset" &&
        std::any_of(m_blamed.begin(), m_blamed.end(), [](const auto& k) { return k.starts_with("dataset"); });
    return crossing || shorthand || m_blamed.count(key) > 0;
}

const JobReader::Place* JobReader::placeFor(const std::string& key) const {
    auto at = m_places.find(key);
    if (at == m_places.end()) {
        at = m_places.find(key.substr(0, key.find('.')));
    }
    return at == m_places.end() ? nullptr : &at->second;
}

JobReading JobReader::finish() {
    if (m_blamed.count("") == 0) {
        if (!m_job.dataset.csv.empty() && m_places.count("model") + m_places.count("model.name") == 0) {
            m_job.model.name = "mlp";  // The only model for tables is what a table gets by default.
        }
        checkBelonging();
        for (JobProblem& problem : checkJob(m_job)) {
            if (isBlamed(problem)) {
                continue;
            }
            const Place* place = placeFor(problem.key);
            add(place != nullptr ? *place : Place{}, problem.key, problem.found, problem.expected,
                problem.text);
        }
    }
    // Problems without a place come last.
    std::stable_sort(m_problems.begin(), m_problems.end(), [](const JobProblem& a, const JobProblem& b) {
        const auto keyOf = [](const JobProblem& p) { return std::tuple(p.line == 0, p.line, p.column); };
        return keyOf(a) < keyOf(b);
    });
    return {std::move(m_job), std::move(m_problems)};
}

}  // namespace

JobReading readJob(std::string_view yaml, const std::vector<std::string>& overrides) {
    JobReader reader;
    reader.readFile(yaml);
    for (const std::string& assignment : overrides) {
        reader.readOverride(assignment);
    }
    return reader.finish();
}

JobResult parseJob(std::string_view yaml, const std::vector<std::string>& overrides) {
    JobReading reading = readJob(yaml, overrides);
    if (!reading.problems.empty()) {
        return tl::unexpected(std::move(reading.problems));
    }
    return std::move(reading.job);
}

}  // namespace longship
