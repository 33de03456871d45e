#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/job.h"

namespace longship {

enum class JobValueKind {
    Text,
    File,
    Dataset,  ///< A name of the catalog.
    Model,    ///< A name of the catalog.
    Choice,
    Whole,
    Real,
    Wholes,  ///< A list of whole numbers.
    TimeSpan,
    YesNo
};

/// The part of a job that a key says something about, in the order in which one decides.
enum class JobPart { Data, Model, Training, Strategy, Placement };

/// What one key of a job file is: enough to make a form of. Its default is what jobValues() of a plain job
/// has.
struct JobKey {
    std::string_view key;  ///< Dotted.
    JobPart part;
    JobValueKind kind;
    std::string_view range;               ///< "1 … 1 000 000"; empty where any value of the kind will do.
    std::string_view about;               ///< In a line.
    std::vector<std::string_view> words;  ///< Of a choice.
    /// Has a meaning only while that key has one of these values; always when empty.
    std::string_view owner = {};
    std::vector<std::string_view> ownerWords = {};
    /// What it is when it is left out is found out then: there is no value to show.
    bool optional = false;
};

/// All keys, in the order in which toYaml() writes them.
std::span<const JobKey> jobKeys();
const JobKey* jobKey(std::string_view key);

/// Values by key, as a person types them: "0.05", "sgd", "1024, 1024".
using JobValues = std::map<std::string, std::string, std::less<>>;

/// The values of a job that mean something in it.
JobValues jobValues(const JobSpec& job);

/// Whether a key means anything beside these values.
bool hasMeaning(const JobKey& key, const JobValues& values);

}  // namespace longship
