#include "core/metrics/heat_table.h"

#include <gtest/gtest.h>

#include <limits>

namespace longship {
namespace {

TEST(HeatTable, KeepsTheLargestOfARange) {
    HeatTable table;
    table.add(0, 0, 1);
    table.add(0, 1, 5);
    table.add(0, 2, 3);
    table.add(2, 1, 7);
    EXPECT_EQ(table.rows(), 3U);
    EXPECT_EQ(table.largest(0, 0, 3), 5);
    EXPECT_EQ(table.largest(0, 2, 3), 3);
    EXPECT_EQ(table.largest(0, 3, 9), std::nullopt);
    EXPECT_EQ(table.largest(0, 1, 1), std::nullopt);
    EXPECT_EQ(table.largest(1, 0, 9), std::nullopt);
    EXPECT_EQ(table.largest(2, 0, 9), 7);
    EXPECT_EQ(table.largest(9, 0, 9), std::nullopt);
}

TEST(HeatTable, WhatIsNoNumberIsNoValue) {
    HeatTable table;
    table.add(0, 0, std::numeric_limits<double>::quiet_NaN());
    table.add(0, 1, std::numeric_limits<double>::infinity());
    EXPECT_EQ(table.largest(0, 0, 2), std::nullopt);
}

TEST(HeatTable, ASpikeOfOneStepIsNeverLost) {
    HeatTable table;
    constexpr Step kSteps = 1'000'000;
    constexpr Step kSpike = 654'321;
    for (Step step = 0; step < kSteps; ++step) {
        table.add(0, step, step == kSpike ? 99 : 1);
    }
    EXPECT_LE(kSteps / table.stepsPerCell(), HeatTable::kCellsMax);
    EXPECT_EQ(table.largest(0, 0, kSteps), 99);
    EXPECT_EQ(table.largest(0, kSpike, kSpike + 1), 99);
    EXPECT_EQ(table.largest(0, 0, kSpike - table.stepsPerCell()), 1);
    // A row that comes late has its cells where the others have theirs.
    table.add(1, kSpike, 5);
    EXPECT_EQ(table.largest(1, kSpike, kSpike + 1), 5);
    EXPECT_EQ(table.largest(1, 0, kSpike - table.stepsPerCell()), std::nullopt);
}

}  // namespace
}  // namespace longship
