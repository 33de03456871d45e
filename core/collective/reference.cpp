#include "core/collective/reference.h"

#include "core/collective/segments.h"

namespace longship {

template <typename T>
std::vector<T> referenceAllreduce(std::span<const std::vector<T>> inputs,
                                  const Communicator::Options& options) {
    const auto ranks = static_cast<std::uint32_t>(inputs.size());
    const std::size_t count = inputs.front().size();
    const Segments segments{count, ranks};
    const bool inOrderOfRanks = count * sizeof(T) <= options.directBytesMax;
    std::vector<T> sums(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t first = inOrderOfRanks ? 0 : segments.segmentOf(i);
        T sum = inputs[first][i];
        for (std::uint32_t step = 1; step < ranks; ++step) {
            sum = static_cast<T>(sum + inputs[(first + step) % ranks][i]);
        }
        sums[i] = sum;
    }
    return sums;
}

template std::vector<float> referenceAllreduce(std::span<const std::vector<float>>,
                                               const Communicator::Options&);
template std::vector<double> referenceAllreduce(std::span<const std::vector<double>>,
                                                const Communicator::Options&);
template std::vector<std::int64_t> referenceAllreduce(std::span<const std::vector<std::int64_t>>,
                                                      const Communicator::Options&);

}  // namespace longship
