#pragma once

#include <cstddef>
#include <thread>
#include <vector>

namespace longship {

/// Calls it with 0 … count-1, each on a thread of its own, and waits for all.
template <typename Call>
void sideBySide(std::size_t count, Call call) {
    std::vector<std::jthread> threads;
    for (std::size_t index = 0; index < count; ++index) {
        threads.emplace_back([index, &call] { call(index); });
    }
}

}  // namespace longship
