#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace longship {

/// A queue of values between two threads with a fixed maximum. close() wakes everybody; what was queued
/// before can still be popped. All functions may be called from any thread.
template <typename T>
class BoundedQueue {
public:
    explicit BoundedQueue(std::size_t sizeMax) : m_sizeMax(sizeMax) {}

    /// Waits for room. False when the queue is closed: the value was not taken.
    bool push(T value) {
        std::unique_lock lock(m_mutex);
        m_notFull.wait(lock, [&] { return m_closed || m_values.size() < m_sizeMax; });
        return pushLocked(std::move(value));
    }

    /// False at once when the queue is full or closed.
    bool tryPush(T value) {
        std::unique_lock lock(m_mutex);
        return m_values.size() < m_sizeMax && pushLocked(std::move(value));
    }

    /// Waits for a value; none when the queue is closed and empty.
    std::optional<T> pop() {
        std::unique_lock lock(m_mutex);
        m_notEmpty.wait(lock, [&] { return m_closed || !m_values.empty(); });
        return popLocked();
    }

    /// Waits at most `patience`; none when nothing came.
    template <typename Rep, typename Period>
    std::optional<T> popFor(std::chrono::duration<Rep, Period> patience) {
        std::unique_lock lock(m_mutex);
        m_notEmpty.wait_for(lock, patience, [&] { return m_closed || !m_values.empty(); });
        return popLocked();
    }

    std::optional<T> tryPop() {
        std::unique_lock lock(m_mutex);
        return popLocked();
    }

    void close() {
        std::unique_lock lock(m_mutex);
        m_closed = true;
        m_notEmpty.notify_all();
        m_notFull.notify_all();
    }

private:
    bool pushLocked(T value) {
        if (m_closed) {
            return false;
        }
        m_values.push_back(std::move(value));
        m_notEmpty.notify_one();
        return true;
    }

    std::optional<T> popLocked() {
        if (m_values.empty()) {
            return std::nullopt;
        }
        std::optional<T> value(std::move(m_values.front()));
        m_values.pop_front();
        m_notFull.notify_one();
        return value;
    }

    const std::size_t m_sizeMax;
    std::mutex m_mutex;
    std::condition_variable m_notEmpty;
    std::condition_variable m_notFull;
    std::deque<T> m_values;
    bool m_closed = false;
};

}  // namespace longship
