#include "core/training/data_source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/domain/catalog.h"
#include "core/training/csv_dataset.h"
#include "core/training/fashion_mnist.h"

namespace longship {

Result<TrainingData> loadTrainingData(const JobSpec& job, const std::filesystem::path& datasetFolder,
                                      const std::filesystem::path& table) {
    if (!job.dataset.csv.empty()) {
        return loadCsv(job.dataset, job.seed, table);
    }
    if (job.dataset.name == kFashionMnist.name) {
        return loadFashionMnist(datasetFolder / job.dataset.name);
    }
    return failure(
        ErrorKind::BadInput,
        fmt::format("There is no dataset '{}'. Known: {}, or a table with csv: FILE and label: COLUMN.",
                    job.dataset.name, fmt::join(datasetNames(), ", ")));
}

}  // namespace longship
