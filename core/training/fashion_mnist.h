#pragma once

#include <filesystem>

#include "core/training/dataset.h"

namespace longship {

/// Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017): 60 000 training and 10 000 test images, 28×28 grey, ten
/// classes, from the four gzip-compressed IDX files in `folder`. NotFound tells how to install them.
Result<TrainingData> loadFashionMnist(const std::filesystem::path& folder);

}  // namespace longship
