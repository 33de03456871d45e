#include "core/base/bounded_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace longship {
namespace {

TEST(BoundedQueue, RefusesMoreThanItsMaximum) {
    BoundedQueue<int> queue(2);
    EXPECT_TRUE(queue.tryPush(1));
    EXPECT_TRUE(queue.tryPush(2));
    EXPECT_FALSE(queue.tryPush(3));
    EXPECT_EQ(queue.pop(), 1);
    EXPECT_TRUE(queue.tryPush(3));
}

TEST(BoundedQueue, WhatWasQueuedBeforeClosingCanBePopped) {
    BoundedQueue<int> queue(4);
    queue.push(7);
    queue.close();
    EXPECT_FALSE(queue.push(8));
    EXPECT_EQ(queue.pop(), 7);
    EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, CarriesEveryValueOnceBetweenThreads) {
    constexpr int kCount = 10'000;
    BoundedQueue<int> queue(3);
    std::thread producer([&] {
        for (int value = 0; value < kCount; ++value) {
            queue.push(value);
        }
        queue.close();
    });
    int expected = 0;
    while (const auto value = queue.pop()) {
        ASSERT_EQ(*value, expected++);
    }
    producer.join();
    EXPECT_EQ(expected, kCount);
}

}  // namespace
}  // namespace longship
