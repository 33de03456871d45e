#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/domain/job.h"

/// How the values of a job are spelled in its file. One table per choice, used for reading, writing and
/// checking.
namespace longship {

template <typename Choice>
struct ChoiceWords;

template <>
struct ChoiceWords<OptimizerKind> {
    static constexpr std::array<std::pair<OptimizerKind, std::string_view>, 2> table{
        {{OptimizerKind::Sgd, "sgd"}, {OptimizerKind::Adam, "adam"}}};
};
template <>
struct ChoiceWords<Numerics> {
    static constexpr std::array<std::pair<Numerics, std::string_view>, 2> table{
        {{Numerics::Fast, "fast"}, {Numerics::Reproducible, "reproducible"}}};
};
template <>
struct ChoiceWords<Device> {
    static constexpr std::array<std::pair<Device, std::string_view>, 3> table{
        {{Device::Auto, "auto"}, {Device::Cpu, "cpu"}, {Device::Cuda, "cuda"}}};
};
template <>
struct ChoiceWords<DataPlane> {
    static constexpr std::array<std::pair<DataPlane, std::string_view>, 2> table{
        {{DataPlane::Encrypted, "encrypted"}, {DataPlane::TrustedNetwork, "trusted-network"}}};
};
template <>
struct ChoiceWords<StrategyKind> {
    static constexpr std::array<std::pair<StrategyKind, std::string_view>, 2> table{
        {{StrategyKind::Allreduce, "allreduce"}, {StrategyKind::ParameterServer, "parameter-server"}}};
};
template <>
struct ChoiceWords<ParameterServerMode> {
    static constexpr std::array<std::pair<ParameterServerMode, std::string_view>, 3> table{
        {{ParameterServerMode::Sync, "sync"},
         {ParameterServerMode::Ssp, "ssp"},
         {ParameterServerMode::Async, "async"}}};
};
template <>
struct ChoiceWords<RecoveryPolicy> {
    static constexpr std::array<std::pair<RecoveryPolicy, std::string_view>, 2> table{
        {{RecoveryPolicy::Auto, "auto"}, {RecoveryPolicy::Ask, "ask"}}};
};

/// "allreduce".
template <typename Choice>
std::string_view wordOf(Choice choice) {
    for (const auto& [value, word] : ChoiceWords<Choice>::table) {
        if (value == choice) {
            return word;
        }
    }
    return "";
}

template <typename Choice>
std::optional<Choice> choiceFrom(std::string_view text) {
    for (const auto& [value, word] : ChoiceWords<Choice>::table) {
        if (word == text) {
            return value;
        }
    }
    return std::nullopt;
}

/// "3s" or "500ms".
std::string durationText(std::chrono::milliseconds duration);

/// Reads "500ms", "3s", "1.5s" or "2m"; none for anything else, negative or not finite included.
std::optional<std::chrono::milliseconds> durationFrom(std::string_view text);

/// The word of `candidates` that was probably meant, by optimal string alignment distance (insert, delete,
/// replace, swap neighbours): one edit from four letters on, one more for every four. Empty when none is
/// near.
std::string_view nearest(std::string_view text, const std::vector<std::string_view>& candidates);

/// "a, b or c".
std::string alternatives(const std::vector<std::string_view>& words);

/// At most 40 characters of what stands in a file, in quotes, with control characters shown as "?".
std::string shortened(std::string_view text);

}  // namespace longship
