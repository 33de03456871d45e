#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
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

/// The callback for many threads: called by one at a time; does nothing where there is none. `mutex` and
/// `callback` outlive it.
template <typename What>
std::function<void(const What&)> oneByOne(std::mutex& mutex,
                                          const std::function<void(const What&)>& callback) {
    return [&mutex, &callback](const What& what) {
        const std::lock_guard lock(mutex);
        if (callback) {
            callback(what);
        }
    };
}

}  // namespace longship
