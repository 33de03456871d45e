#include "core/collective/addition.h"

#include <cstring>
#include <type_traits>

namespace longship {
namespace {

template <typename T>
void addElements(std::byte* target, const std::byte* source, std::size_t count) {
    // memcpy of one element is how unaligned memory is read without undefined behaviour; compilers turn the
    // whole loop into vector instructions.
    for (std::size_t i = 0; i < count; ++i) {
        T sum;
        T term;
        std::memcpy(&sum, target + i * sizeof(T), sizeof(T));
        std::memcpy(&term, source + i * sizeof(T), sizeof(T));
        if constexpr (std::is_integral_v<T>) {
            using Wrapping = std::make_unsigned_t<T>;
            sum = static_cast<T>(static_cast<Wrapping>(sum) + static_cast<Wrapping>(term));
        } else {
            sum += term;
        }
        std::memcpy(target + i * sizeof(T), &sum, sizeof(T));
    }
}

}  // namespace

template <typename T>
Addition additionOf() {
    return {sizeof(T), &addElements<T>};
}

template Addition additionOf<float>();
template Addition additionOf<double>();
template Addition additionOf<std::int64_t>();

}  // namespace longship
