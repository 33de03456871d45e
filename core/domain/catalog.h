#pragma once

#include <filesystem>
#include <span>
#include <string_view>

namespace longship {

/// A model that a job can name, and what it is, in a line.
struct KnownModel {
    std::string_view name;
    std::string_view about;
};
std::span<const KnownModel> knownModels();

/// Holds one folder per dataset that Debian packages, on every node.
inline constexpr std::string_view kDatasetFolder = "/usr/share/datasets";

/// A dataset that a job can name, and the package that brings its files.
struct KnownDataset {
    std::string_view name;
    std::string_view package;
    std::string_view about;

    std::filesystem::path folder() const { return std::filesystem::path(kDatasetFolder) / name; }
};
std::span<const KnownDataset> knownDatasets();

/// 28×28 grey images of clothes (Xiao et al. 2017): the demo's data.
inline constexpr KnownDataset kFashionMnist{
    "fashion-mnist", "dataset-fashion-mnist",
    "60 000 training and 10 000 test images of clothes, 28×28, 10 classes"};

}  // namespace longship
