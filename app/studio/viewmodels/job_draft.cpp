#include "app/studio/viewmodels/job_draft.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "core/domain/job_keys.h"

namespace longship {

namespace {

bool isWordOfShell(const std::string& text) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@";
    return !text.empty() && text.find_first_not_of(kPlain) == std::string::npos;
}

std::string quoted(const std::string& text) {
    if (isWordOfShell(text)) {
        return text;
    }
    std::string result = "'";
    for (const char c : text) {
        result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return result + '\'';
}

/// The table's path as the command line takes it: beside the job file.
void makeAbsolute(DatasetSpec& dataset, const std::string& jobFile) {
    const std::filesystem::path table(dataset.csv);
    if (!jobFile.empty() && !dataset.csv.empty() && table.is_relative()) {
        dataset.csv = (std::filesystem::path(jobFile).parent_path() / table).lexically_normal().string();
    }
}

/// --set for every value that differs; none where that would not give the same job.
std::optional<std::vector<std::string>> overridesFor(const std::string& file, const JobSpec& job) {
    const JobValues wanted = jobValues(job);
    const JobValues now = jobValues(readJob(file).job);
    std::vector<std::string> overrides;
    for (const auto& [key, value] : wanted) {
        const auto old = now.find(key);
        if (old == now.end() || old->second != value) {
            const bool list = jobKey(key) != nullptr && jobKey(key)->kind == JobValueKind::Wholes;
            overrides.push_back(key + "=" + (list ? "[" + value + "]" : value));
        }
    }
    const JobResult read = parseJob(file, overrides);
    return read && *read == job ? std::optional(overrides) : std::nullopt;
}

}  // namespace

JobDraft::JobDraft(QObject* parent) : QObject(parent) {
    setJob(demoJob());
}

void JobDraft::setJob(const JobSpec& job) {
    setFile(toYaml(job));
}

void JobDraft::setFile(const std::string& yaml, const QString& path) {
    restore({yaml, yaml, path.toStdString(), {}});
}

void JobDraft::setYaml(const QString& yaml) {
    if (yaml.toStdString() != m_yaml) {
        m_state.base = yaml.toStdString();
        m_state.changes.clear();
        read();
    }
}

void JobDraft::restore(const DraftState& state) {
    m_state = state;
    m_values.clear();
    read();
}

void JobDraft::setSaved(const QString& path) {
    restore({m_yaml, m_yaml, path.toStdString(), {}});
}

QString JobDraft::text(std::string_view key) const {
    if (const auto typed = m_state.changes.find(key); typed != m_state.changes.end()) {
        return QString::fromStdString(typed->second.value_or(""));
    }
    const auto found = m_baseValues.find(key);
    return found == m_baseValues.end() ? QString() : QString::fromStdString(found->second);
}

QString JobDraft::standard(std::string_view key) const {
    const JobKey* known = jobKey(key);
    const auto found = m_values.find(key);
    const bool shown = found != m_values.end() && !(known != nullptr && known->optional);
    return shown && text(key).isEmpty() ? QString::fromStdString(found->second) : QString();
}

QString JobDraft::value(std::string_view key) const {
    const QString typed = text(key);
    return typed.isEmpty() ? standard(key) : typed;
}

void JobDraft::setText(std::string_view key, const QString& text) {
    if (this->text(key) != text) {
        change(key, text.toStdString());
        read();
    }
}

void JobDraft::apply(const JobChanges& changes) {
    for (const auto& [key, value] : changes) {
        change(key, value.value_or(""));
    }
    read();
}

void JobDraft::edit(const std::function<void(JobSpec&)>& changeJob) {
    JobSpec job = m_job;
    changeJob(job);
    const JobValues before = jobValues(m_job);
    const JobValues after = jobValues(job);
    for (const JobKey& key : jobKeys()) {
        const auto was = before.find(key.key);
        const auto is = after.find(key.key);
        if (is != after.end() && (was == before.end() || was->second != is->second)) {
            change(key.key, is->second);
        } else if (is == after.end() && was != before.end() && (key.optional || key.key == "dataset.name")) {
            change(key.key, "");
        }
    }
    read();
}

/// A name of nothing is a mistake; anything else that is empty is left out.
void JobDraft::change(std::string_view key, const std::string& text) {
    const auto stands = m_baseValues.find(key);
    const bool same = stands == m_baseValues.end() ? text.empty() : stands->second == text;
    if (same && !(key == "name" && text.empty())) {
        m_state.changes.erase(std::string(key));
    } else if (text.empty() && key != "name") {
        m_state.changes[std::string(key)] = std::nullopt;
    } else {
        m_state.changes[std::string(key)] = text;
    }
}

bool JobDraft::isUsed(std::string_view key) const {
    const JobKey* known = jobKey(key);
    return known != nullptr && hasMeaning(*known, valuesNow());
}

JobValues JobDraft::valuesNow() const {
    JobValues values = jobValues(JobSpec());
    for (const auto& [key, value] : m_values) {
        values[key] = value;
    }
    for (const auto& [key, value] : m_baseValues) {
        values[key] = value;
    }
    for (const auto& [key, value] : m_state.changes) {
        if (value) {
            values[key] = *value;
        } else {
            values.erase(key);
        }
    }
    return values;
}

/// What a choice in the form made meaningless leaves the file and waits in the draft, should the choice be
/// taken back. What was wrong in the file from the start is shown, not mended.
JobChanges JobDraft::meaningfulChanges() const {
    const JobValues now = valuesNow();
    JobValues before = jobValues(JobSpec());
    for (const auto& [key, value] : m_baseValues) {
        before[key] = value;
    }
    JobChanges changes = m_state.changes;
    for (const JobKey& key : jobKeys()) {
        if (hasMeaning(key, now)) {
            continue;
        }
        changes.erase(std::string(key.key));
        if (m_baseValues.contains(key.key) && hasMeaning(key, before)) {
            changes[std::string(key.key)] = std::nullopt;
        }
    }
    const auto table = now.find("dataset.csv");
    const auto name = now.find("dataset.name");
    if (table != now.end() && !table->second.empty() && (name == now.end() || name->second.empty()) &&
        (changes.contains("dataset.name") || m_baseValues.contains("dataset.name"))) {
        changes["dataset.name"] = std::nullopt;
    }
    return changes;
}

void JobDraft::read() {
    m_baseValues = jobFileValues(m_state.base);
    // A default may hang on what was just changed: read once more with what it says.
    for (int turn = 0; turn < 2; ++turn) {
        const auto yaml = changeJobFile(m_state.base, meaningfulChanges());
        m_yaml = yaml.value_or(m_state.base);
        JobReading reading = readJob(m_yaml);
        m_job = std::move(reading.job);
        m_problems = std::move(reading.problems);
        m_values = jobValues(m_job);
        if (!yaml && m_problems.empty()) {
            m_problems.push_back({0, 0, "", "", "", yaml.error().text});
        }
    }
    makeAbsolute(m_job.dataset, m_state.path);
    Q_EMIT changed();
}

QString JobDraft::command(const std::string& cluster) const {
    std::string words = "longship run ";
    if (!m_state.path.empty()) {
        const JobReading reading = readJob(m_yaml);
        if (const auto overrides = overridesFor(m_state.saved, reading.job)) {
            words += quoted(m_state.path) + " --cluster " + quoted(cluster);
            for (const std::string& one : *overrides) {
                words += " --set " + quoted(one);
            }
            return QString::fromStdString(words);
        }
    }
    const std::string last = m_yaml.ends_with('\n') ? "" : "\n";
    return QString::fromStdString(words + "/dev/stdin --cluster " + quoted(cluster) + " <<'END_OF_JOB'\n" +
                                  m_yaml + last + "END_OF_JOB\n");
}

}  // namespace longship
