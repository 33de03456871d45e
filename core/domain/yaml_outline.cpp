#include "core/domain/yaml_outline.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>

namespace longship {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Behind the quoted text that begins at `at`.
std::size_t quotedEnd(std::string_view text, std::size_t at) {
    const char quote = text[at];
    for (std::size_t i = at + 1; i < text.size(); ++i) {
        if (quote == '"' && text[i] == '\\') {
            ++i;
        } else if (text[i] == quote) {
            if (quote == '\'' && i + 1 < text.size() && text[i + 1] == '\'') {
                ++i;
                continue;
            }
            return i + 1;
        }
    }
    return text.size();
}

/// A quote begins a quoted text only where a value may begin.
bool startsQuoted(std::string_view text, std::size_t at) {
    if (text[at] != '"' && text[at] != '\'') {
        return false;
    }
    std::size_t before = at;
    while (before > 0 && (text[before - 1] == ' ' || text[before - 1] == '\t')) {
        --before;
    }
    return before == 0 || std::string_view("\n:-,[{?").find(text[before - 1]) != std::string_view::npos;
}

bool startsComment(std::string_view text, std::size_t at) {
    return text[at] == '#' && (at == 0 || isBlank(text[at - 1]));
}

/// Calls `onLetter(at)` for all that is neither comment nor blank, until it says false.
template <typename OnLetter>
void walk(std::string_view text, std::size_t from, std::size_t to, OnLetter onLetter) {
    std::size_t at = from;
    while (at < to) {
        if (startsComment(text, at)) {
            at = lineEnd(text, at);
        } else if (startsQuoted(text, at)) {
            at = std::min(to, quotedEnd(text, at));
            if (!onLetter(at - 1)) {
                return;
            }
        } else {
            if (!isBlank(text[at]) && !onLetter(at)) {
                return;
            }
            ++at;
        }
    }
}

/// Behind the bracket that closes the one at `at`.
std::size_t bracketEnd(std::string_view text, std::size_t at, std::size_t limit) {
    int depth = 0;
    std::size_t end = limit;
    walk(text, at, limit, [&](std::size_t i) {
        depth += text[i] == '[' || text[i] == '{' ? 1 : text[i] == ']' || text[i] == '}' ? -1 : 0;
        end = i + 1;
        return depth > 0;
    });
    return end;
}

/// Behind the last letter of a value that no bracket and no quote closes.
std::size_t openEnd(std::string_view text, std::size_t at, std::size_t limit, bool inFlow) {
    std::size_t end = at;
    walk(text, at, limit, [&](std::size_t i) {
        if (inFlow && std::string_view(",]}").find(text[i]) != std::string_view::npos) {
            return false;
        }
        end = i + 1;
        return true;
    });
    return end;
}

std::size_t valueEnd(std::string_view text, std::size_t at, std::size_t limit, bool inFlow) {
    if (at >= text.size()) {
        return text.size();
    }
    if (text[at] == '"' || text[at] == '\'') {
        return quotedEnd(text, at);
    }
    return text[at] == '[' || text[at] == '{' ? bracketEnd(text, at, limit)
                                              : openEnd(text, at, limit, inFlow);
}

/// None for what no person would type into a field: a map, a list of lists.
std::optional<std::string> textOf(const YAML::Node& node) {
    if (node.IsScalar()) {
        return node.Scalar();
    }
    const bool isList = node.IsSequence() && std::all_of(node.begin(), node.end(),
                                                         [](const auto& item) { return item.IsScalar(); });
    if (!isList) {
        return node.IsNull() ? std::optional<std::string>("") : std::nullopt;
    }
    std::string text;
    for (const YAML::Node& item : node) {
        text += (text.empty() ? "" : ", ") + item.Scalar();
    }
    return text;
}

/// Reads one text; the parser knows where things begin, only the ends have to be found.
class Outliner {
public:
    explicit Outliner(std::string_view text)
        : m_text(text), m_shift(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0) {}

    std::size_t placeOf(const YAML::Node& node) const {
        return std::min(m_text.size(), static_cast<std::size_t>(std::max(node.Mark().pos, 0)) + m_shift);
    }

    std::vector<YamlEntry> children(const YAML::Node& map, std::size_t limit) const {
        std::vector<std::pair<YAML::Node, YAML::Node>> pairs;
        for (const auto& pair : map) {
            pairs.emplace_back(pair.first, pair.second);
        }
        const bool inFlow = map.Style() == YAML::EmitterStyle::Flow;
        std::vector<YamlEntry> entries;
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const std::size_t end = i + 1 < pairs.size() ? placeOf(pairs[i + 1].first) : limit;
            entries.push_back(entry(pairs[i].first, pairs[i].second, end, inFlow));
        }
        return entries;
    }

private:
    YamlEntry entry(const YAML::Node& key, const YAML::Node& value, std::size_t limit, bool inFlow) const {
        YamlEntry entry;
        entry.key = key.IsScalar() ? key.Scalar() : "";
        entry.keyAt = placeOf(key);
        const bool quoted = m_text[entry.keyAt] == '"' || m_text[entry.keyAt] == '\'';
        const std::size_t keyEnd = quoted ? quotedEnd(m_text, entry.keyAt) : entry.keyAt;
        entry.colonEnd = std::min(limit, m_text.find(':', keyEnd) + 1);
        entry.isMap = value.IsMap();
        entry.isFlow = !value.IsScalar() && value.Style() == YAML::EmitterStyle::Flow;
        const auto text = textOf(value);
        entry.text = text.value_or("");
        entry.valueAt = placeOf(value);
        if (value.IsNull()) {
            entry.valueAt = entry.colonEnd;
            entry.valueEnd = openEnd(m_text, entry.colonEnd, limit, inFlow);
            entry.isNothing = entry.valueEnd == entry.valueAt;
            return entry;
        }
        entry.isAlias = entry.valueAt < entry.colonEnd || entry.valueAt >= limit;
        if (entry.isAlias) {
            entry.valueAt = entry.valueEnd = entry.colonEnd;
            return entry;
        }
        entry.valueEnd = valueEnd(m_text, entry.valueAt, limit, inFlow);
        if (!text) {
            entry.text = m_text.substr(entry.valueAt, entry.valueEnd - entry.valueAt);
        }
        if (value.IsMap()) {
            entry.children = children(value, entry.isFlow ? entry.valueEnd - 1 : limit);
        }
        return entry;
    }

    std::string_view m_text;
    std::size_t m_shift;
};

}  // namespace

const YamlEntry* YamlEntry::child(std::string_view name) const {
    const auto found = std::find_if(children.begin(), children.end(),
                                    [&](const YamlEntry& entry) { return entry.key == name; });
    return found == children.end() ? nullptr : &*found;
}

std::size_t lineEnd(std::string_view text, std::size_t at) {
    const std::size_t end = std::min(text.size(), text.find('\n', at));
    return end > at && end < text.size() && text[end - 1] == '\r' ? end - 1 : end;
}

std::size_t lineStart(std::string_view text, std::size_t at) {
    const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
    return before == std::string_view::npos ? 0 : before + 1;
}

std::vector<std::string> commentsIn(std::string_view text, std::size_t from, std::size_t to) {
    std::vector<std::string> comments;
    std::size_t at = from;
    while (at < to) {
        if (startsComment(text, at)) {
            const std::size_t end = lineEnd(text, at);
            comments.emplace_back(text.substr(at, end - at));
            at = end;
        } else {
            at = startsQuoted(text, at) ? quotedEnd(text, at) : at + 1;
        }
    }
    return comments;
}

Result<YamlEntry> outlineYaml(const std::string& text) {
    try {
        const YAML::Node document = YAML::Load(text);
        YamlEntry root;
        root.isMap = true;
        root.valueEnd = text.size();
        if (document.IsNull()) {
            root.isNothing = true;
            return root;
        }
        if (!document.IsMap()) {
            return failure(ErrorKind::BadInput, "The file does not consist of keys and values.");
        }
        const Outliner outliner(text);
        root.isFlow = document.Style() == YAML::EmitterStyle::Flow;
        root.valueAt = outliner.placeOf(document);
        if (root.isFlow) {
            root.valueEnd = bracketEnd(text, root.valueAt, text.size());
        }
        root.children = outliner.children(document, root.isFlow ? root.valueEnd - 1 : text.size());
        return root;
    } catch (const std::exception& error) {
        return failure(ErrorKind::BadInput, std::string("The file is no valid YAML: ") + error.what());
    }
}

}  // namespace longship
