#include "core/domain/job_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "core/domain/job_yaml.h"
#include "core/domain/yaml_outline.h"
#include "core/domain/yaml_text.h"

namespace longship {
namespace {

/// A section that may be a single word, and the key that the word is for.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kShorthands{
    {{"dataset", "name"}, {"model", "name"}, {"optimizer", "kind"}, {"strategy", "kind"}}};

std::string_view shorthandOf(std::string_view section) {
    for (const auto& [name, key] : kShorthands) {
        if (name == section) {
            return key;
        }
    }
    return "";
}

std::pair<std::string_view, std::string_view> split(std::string_view key) {
    const std::size_t dot = key.find('.');
    return dot == std::string_view::npos ? std::pair(std::string_view(), key)
                                         : std::pair(key.substr(0, dot), key.substr(dot + 1));
}

/// Where a key stands among its kin when toYaml() writes them.
std::size_t orderOf(std::string_view section, std::string_view name) {
    const auto keys = jobKeys();
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto [owner, last] = split(keys[i].key);
        if (section.empty() ? (owner.empty() ? last : owner) == name : owner == section && last == name) {
            return i;
        }
    }
    return keys.size();
}

std::string trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    return first == std::string_view::npos
               ? ""
               : std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

std::vector<std::string> itemsOf(std::string_view text) {
    std::vector<std::string> items;
    constexpr std::string_view kBetween = " \t,;[]";
    std::size_t at = text.find_first_not_of(kBetween);
    while (at != std::string_view::npos) {
        const std::size_t end = std::min(text.size(), text.find_first_of(kBetween, at));
        items.emplace_back(text.substr(at, end - at));
        at = text.find_first_not_of(kBetween, end);
    }
    return items;
}

/// How a typed value is written, and what it then reads as.
struct Written {
    std::string yaml;
    std::string text;
};

Written written(std::string_view key, std::string_view typed) {
    const JobKey* known = jobKey(key);
    if (known != nullptr && known->kind == JobValueKind::Wholes) {
        Written list{"[", ""};
        for (const std::string& item : itemsOf(typed)) {
            list.yaml += (list.text.empty() ? "" : ", ") + yamlScalar(item);
            list.text += (list.text.empty() ? "" : ", ") + item;
        }
        list.yaml += ']';
        return list;
    }
    const bool isText = known != nullptr && known->kind <= JobValueKind::Model;
    const std::string text = isText ? std::string(typed) : trimmed(typed);
    return {isText ? yamlText(text) : yamlScalar(text), text};
}

void flatten(const YamlEntry& map, const std::string& section, JobValues& values) {
    for (const YamlEntry& entry : map.children) {
        const std::string key = section.empty() ? entry.key : section + "." + entry.key;
        const std::string_view shorthand = section.empty() ? shorthandOf(entry.key) : "";
        if (entry.isMap && section.empty()) {
            flatten(entry, entry.key, values);
        } else if (!shorthand.empty()) {
            values.emplace(fmt::format("{}.{}", key, shorthand), entry.text);
        } else {
            values.emplace(key, entry.text);
        }
    }
}

/// One file while values of it are rewritten, one after the other.
class FileEditor {
public:
    explicit FileEditor(std::string_view text)
        : m_text(text), m_break(text.find("\r\n") == std::string_view::npos ? "\n" : "\r\n") {}

    Result<void> set(std::string_view key, const std::string& yaml);
    Result<void> remove(std::string_view key);
    std::string take() { return std::move(m_text); }

private:
    void replace(std::size_t from, std::size_t to, const std::string& with);
    void replaceValue(const YamlEntry& entry, const std::string& yaml);
    void removeEntry(const YamlEntry& map, const YamlEntry& entry);
    void add(const YamlEntry& map, std::string_view section, std::string_view name, const std::string& yaml);
    void addToFlow(const YamlEntry& map, std::string_view name, const std::string& yaml);
    void addLine(std::size_t after, std::size_t indent, const std::string& line);
    std::size_t columnOf(const YamlEntry& entry) const {
        return entry.keyAt - lineStart(m_text, entry.keyAt);
    }

    std::string m_text;
    std::string m_break;
};

/// What is said in comments between the places stays, in lines of its own below.
void FileEditor::replace(std::size_t from, std::size_t to, const std::string& with) {
    const std::vector<std::string> comments = commentsIn(m_text, from, to);
    const std::size_t start = lineStart(m_text, from);
    const std::size_t indent = m_text.find_first_not_of(' ', start) - start;
    m_text.replace(from, to - from, with);
    for (auto comment = comments.rbegin(); comment != comments.rend(); ++comment) {
        addLine(from, indent, *comment);
    }
}

void FileEditor::addLine(std::size_t after, std::size_t indent, const std::string& line) {
    std::size_t end = lineEnd(m_text, after);
    const bool isLast = end == m_text.size();
    if (!isLast) {
        end = m_text.find('\n', end) + 1;
    }
    const std::string before = isLast && !m_text.empty() && m_text.back() != '\n' ? m_break : "";
    m_text.insert(end, before + std::string(indent, ' ') + line + m_break);
}

void FileEditor::replaceValue(const YamlEntry& entry, const std::string& yaml) {
    // What begins in a line below its key may stand too far left for a value in brackets.
    const bool below = lineStart(m_text, entry.valueAt) != lineStart(m_text, entry.colonEnd - 1);
    const bool apart = !entry.isNothing && !below && entry.valueAt > entry.colonEnd;
    replace(apart ? entry.valueAt : entry.colonEnd, entry.valueEnd, apart ? yaml : " " + yaml);
}

void FileEditor::addToFlow(const YamlEntry& map, std::string_view name, const std::string& yaml) {
    const std::string item = fmt::format("{}: {}", name, yaml);
    if (map.children.empty()) {
        m_text.insert(map.valueAt + 1, item);
    } else {
        m_text.insert(map.children.back().valueEnd, ", " + item);
    }
}

/// `section` is empty for the file itself.
void FileEditor::add(const YamlEntry& map, std::string_view section, std::string_view name,
                     const std::string& yaml) {
    if (map.isFlow) {
        return addToFlow(map, name, yaml);
    }
    const std::string line = fmt::format("{}: {}", name, yaml);
    if (map.children.empty()) {
        return addLine(section.empty() ? m_text.size() : map.colonEnd,
                       section.empty() ? 0 : columnOf(map) + 2, line);
    }
    const YamlEntry* before = &map.children.back();
    for (const YamlEntry& entry : map.children) {
        before = orderOf(section, entry.key) < orderOf(section, name) ? &entry : before;
    }
    addLine(std::max(before->valueEnd, before->colonEnd) - 1, columnOf(map.children.front()), line);
}

void FileEditor::removeEntry(const YamlEntry& map, const YamlEntry& entry) {
    const auto index = static_cast<std::size_t>(&entry - map.children.data());
    const std::size_t end = std::max(entry.valueEnd, entry.colonEnd);
    if (map.isFlow) {
        const bool first = index == 0;
        const std::size_t from = first ? entry.keyAt : map.children[index - 1].valueEnd;
        return replace(from, first && map.children.size() > 1 ? map.children[1].keyAt : end, "");
    }
    const std::size_t from = entry.keyAt;
    replace(from, end, "");
    const std::size_t start = lineStart(m_text, from);
    const std::size_t lineOver = lineEnd(m_text, from);
    const std::string_view left = std::string_view(m_text).substr(start, lineOver - start);
    const std::size_t letter = left.find_first_not_of(" \t");
    if (letter == std::string_view::npos) {
        m_text.erase(start, std::min(m_text.size(), m_text.find('\n', start) + 1) - start);
    } else {
        m_text.erase(from, start + letter > from ? start + letter - from : 0);
    }
}

Result<void> FileEditor::set(std::string_view key, const std::string& yaml) {
    LONGSHIP_ASSIGN(const YamlEntry root, outlineYaml(m_text));
    const auto [section, name] = split(key);
    const YamlEntry* owner = section.empty() ? &root : root.child(section);
    if (owner == nullptr) {
        if (root.isFlow) {
            addToFlow(root, section, fmt::format("{{{}: {}}}", name, yaml));
        } else {
            const std::string item = fmt::format("{}:{}  {}: {}", section, m_break, name, yaml);
            const YamlEntry* last = root.children.empty() ? nullptr : &root.children.back();
            for (const YamlEntry& entry : root.children) {
                last = orderOf("", entry.key) < orderOf("", section) ? &entry : last;
            }
            addLine(last == nullptr ? m_text.size() : std::max(last->valueEnd, last->colonEnd) - 1, 0, item);
        }
        return {};
    }
    if (const YamlEntry* entry = owner->child(name); entry != nullptr) {
        replaceValue(*entry, yaml);
    } else if (owner->isMap) {
        add(*owner, section, name, yaml);
    } else if (owner->isNothing) {
        addLine(owner->colonEnd - 1, columnOf(*owner) + 2, fmt::format("{}: {}", name, yaml));
    } else if (shorthandOf(section) == name) {
        replaceValue(*owner, yaml);
    } else {
        replaceValue(*owner, fmt::format("{{{}: {}, {}: {}}}", shorthandOf(section), yamlText(owner->text),
                                         name, yaml));
    }
    return {};
}

Result<void> FileEditor::remove(std::string_view key) {
    LONGSHIP_ASSIGN(const YamlEntry root, outlineYaml(m_text));
    const auto [section, name] = split(key);
    const YamlEntry* owner = section.empty() ? &root : root.child(section);
    if (owner == nullptr) {
        return {};
    }
    const YamlEntry* entry = owner->child(name);
    const bool isWord = !section.empty() && !owner->isMap && shorthandOf(section) == name;
    if (isWord || (entry != nullptr && !section.empty() && owner->children.size() == 1)) {
        removeEntry(root, *owner);
    } else if (entry != nullptr) {
        removeEntry(*owner, *entry);
    }
    return {};
}

/// What the file must read as afterwards; whatever could not be changed in its place shows here.
bool readsAs(const std::string& yaml, const JobValues& expected) {
    const auto root = outlineYaml(yaml);
    JobValues values;
    if (root) {
        flatten(*root, "", values);
    }
    return root.has_value() && values == expected;
}

}  // namespace

JobValues jobFileValues(std::string_view yaml) {
    JobValues values;
    if (const auto root = outlineYaml(std::string(yaml))) {
        flatten(*root, "", values);
    }
    return values;
}

Result<std::string> changeJobFile(std::string_view yaml, const JobChanges& changes) {
    FileEditor editor(yaml);
    JobValues expected = jobFileValues(yaml);
    const JobValues before = expected;
    for (const auto& [key, value] : changes) {
        if (value) {
            const Written now = written(key, *value);
            const auto old = before.find(key);
            if (old == before.end() || old->second != now.text) {
                LONGSHIP_TRY(editor.set(key, now.yaml));
                expected[key] = now.text;
            }
        }
    }
    for (const auto& [key, value] : changes) {
        if (!value && before.contains(key)) {
            LONGSHIP_TRY(editor.remove(key));
            expected.erase(key);
        }
    }
    std::string text = editor.take();
    if (!readsAs(text, expected)) {
        return failure(ErrorKind::BadInput,
                       "A value of this file cannot be changed where it stands; change it in the file.");
    }
    return text;
}

Result<std::string> changeJobFile(std::string_view yaml, const JobSpec& job) {
    const JobValues wanted = jobValues(job);
    std::string text(yaml);
    // First what decides which other keys mean anything; their defaults show only then.
    for (const bool owners : {true, false}) {
        const JobValues now = jobValues(readJob(text).job);
        const JobValues inFile = jobFileValues(text);
        JobChanges changes;
        for (const JobKey& key : jobKeys()) {
            const bool decides = std::any_of(jobKeys().begin(), jobKeys().end(),
                                             [&](const JobKey& other) { return other.owner == key.key; }) ||
                                 key.key.starts_with("dataset.");
            if (decides != owners && owners) {
                continue;
            }
            const auto goal = wanted.find(key.key);
            const auto is = now.find(key.key);
            if (goal == wanted.end()) {
                if (inFile.contains(key.key)) {
                    changes[std::string(key.key)] = std::nullopt;
                }
            } else if (is == now.end() || is->second != goal->second) {
                changes[std::string(key.key)] = goal->second;
            }
        }
        LONGSHIP_ASSIGN(text, changeJobFile(text, changes));
    }
    return text;
}

}  // namespace longship
