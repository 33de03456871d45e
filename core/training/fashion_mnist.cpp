#include "core/training/fashion_mnist.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/domain/catalog.h"
#include "core/training/idx_file.h"
#include "core/training/memory_dataset.h"

namespace longship {
namespace {

// Mean and standard deviation of all training pixels, as byte/255. Fixed, so that every node and every saved
// model uses the same.
constexpr ByteDataset::Normalisation kNormalisation{.mean = 0.2860F, .deviation = 0.3530F};
constexpr std::uint32_t kSide = 28;

SampleShape fashionShape() {
    return {.input = {1, kSide, kSide},
            .classNames = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                           "Sneaker", "Bag", "Ankle boot"}};
}

Result<std::shared_ptr<const Dataset>> loadPart(const std::filesystem::path& folder,
                                                const std::string& part) {
    const std::filesystem::path imagePath = folder / (part + "-images-idx3-ubyte.gz");
    const std::filesystem::path labelPath = folder / (part + "-labels-idx1-ubyte.gz");
    LONGSHIP_ASSIGN(IdxArray images, readIdxFile(imagePath, 3));
    LONGSHIP_ASSIGN(IdxArray labels, readIdxFile(labelPath, 1));
    const SampleShape shape = fashionShape();
    if (images.dimensions[1] != kSide || images.dimensions[2] != kSide) {
        return failure(ErrorKind::Corrupt,
                       fmt::format("{}: found images of {}×{} pixels, expected {}×{}.", imagePath.string(),
                                   images.dimensions[1], images.dimensions[2], kSide, kSide));
    }
    if (images.dimensions[0] != labels.dimensions[0] || labels.bytes.empty()) {
        return failure(
            ErrorKind::Corrupt,
            fmt::format("{} holds {} labels, expected one for each of the {} images in {}.",
                        labelPath.string(), labels.dimensions[0], images.dimensions[0], imagePath.string()));
    }
    const auto bad = std::find_if(labels.bytes.begin(), labels.bytes.end(),
                                  [&](std::uint8_t label) { return label >= shape.classNames.size(); });
    if (bad != labels.bytes.end()) {
        return failure(
            ErrorKind::Corrupt,
            fmt::format("{}: found the label {} at position {}, expected 0 to {}.", labelPath.string(), *bad,
                        bad - labels.bytes.begin(), shape.classNames.size() - 1));
    }
    return std::make_shared<ByteDataset>(shape, std::move(images.bytes), std::move(labels.bytes),
                                         kNormalisation);
}

}  // namespace

Result<TrainingData> loadFashionMnist(const std::filesystem::path& folder) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored)) {
        return failure(ErrorKind::NotFound,
                       fmt::format("The dataset {} was not found in {}. Install it with: apt install {}",
                                   kFashionMnist.name, folder.string(), kFashionMnist.package));
    }
    TrainingData data;
    LONGSHIP_ASSIGN(data.training, loadPart(folder, "train"));
    LONGSHIP_ASSIGN(data.test, loadPart(folder, "t10k"));
    data.name = kFashionMnist.name;
    data.preprocessing.description = fmt::format(R"({{"input":"byte/255","mean":{},"deviation":{}}})",
                                                 kNormalisation.mean, kNormalisation.deviation);
    return data;
}

}  // namespace longship
