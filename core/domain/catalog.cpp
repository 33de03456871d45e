#include "core/domain/catalog.h"

#include <array>

namespace longship {
namespace {

constexpr std::array<KnownModel, 3> kModels{{
    {"mlp", "fully connected layers, widths in model.hidden (1024, 1024); images and tables"},
    {"cnn", "three convolutions of 32, 64 and 128 channels and one hidden layer; images; the demo's model"},
    {"resnet", "a small residual network with batch normalisation; images"},
}};

constexpr std::array kDatasets{kFashionMnist};

}  // namespace

std::span<const KnownModel> knownModels() {
    return kModels;
}

std::span<const KnownDataset> knownDatasets() {
    return kDatasets;
}

}  // namespace longship
