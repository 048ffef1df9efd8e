#include "builder/l1_budget.hpp"

#include <gtest/gtest.h>

#include "execution/transaction.hpp"

namespace scope::builder {
namespace {

constexpr uint64_t MAX_GAS = execution::MAX_TRANSACTION_GAS;

TEST(l1_budget, keeps_what_closing_takes_for_every_batch) {
    const auto left_of = [](size_t batches) {
        L1Budget budget;
        budget.set_batches(batches);
        return budget.left();
    };
    EXPECT_LT(left_of(0), MAX_GAS - 21'000);
    EXPECT_LT(left_of(2), left_of(1));
    EXPECT_EQ(left_of(1'000), 0u);
}

TEST(l1_budget, a_call_gets_all_but_a_64th) {
    // EIP-150: what executeScope has, its call can't have.
    L1Budget budget;
    const uint64_t before = budget.left();
    budget.add_gas(640'000);
    EXPECT_EQ(before - budget.left(), 630'000u);
}

TEST(l1_budget, has_nothing_left_once_all_is_taken) {
    L1Budget budget;
    budget.add_gas(MAX_GAS);
    EXPECT_EQ(budget.left(), 0u);
}

TEST(l1_budget, calldata_costs_by_its_bytes) {
    // EIP-2028: 4 and 16 gas.
    L1Budget zeros;
    zeros.add_calldata(Bytes(6'400, 0));
    L1Budget others;
    others.add_calldata(Bytes(1'600, 1));
    EXPECT_EQ(zeros.left(), others.left());
    EXPECT_EQ(L1Budget{}.left() - zeros.left(), 25'200u);  // 63 of 64
}

TEST(l1_budget, calldata_has_a_floor) {
    // EIP-7623: 40 gas a byte that is not zero, if execution takes less.
    L1Budget budget;
    budget.add_calldata(Bytes(MAX_GAS / 40, 1));
    EXPECT_EQ(budget.left(), 0u);
    L1Budget below;
    below.add_calldata(Bytes(MAX_GAS / 40 - 1'000, 1));
    EXPECT_GT(below.left(), 0u);
}

TEST(l1_budget, memory_makes_the_same_leg_dearer_the_later_it_comes) {
    protocol::L1Leg leg;
    leg.signed_operation = Bytes(50'000, 1);
    L1Budget budget;
    const uint64_t start = budget.left();
    budget.add_leg(leg);
    const uint64_t once = budget.left();
    budget.add_leg(leg);
    EXPECT_GT(once - budget.left(), start - once);
}

TEST(l1_budget, an_operation_makes_a_leg_dearer) {
    protocol::L1Leg leg;
    leg.records.resize(10);
    L1Budget without;
    without.add_leg(leg);
    leg.signed_operation = protocol::encode(protocol::SignedOperation{});
    L1Budget with;
    with.add_leg(leg);
    EXPECT_GT(with.counted(), without.counted() + 50'000);
    // The whole leg is hashed for a signed outcome.
    protocol::SignedOperation signing;
    signing.operation.outcome = Hash{{1}};
    leg.signed_operation = protocol::encode(signing);
    L1Budget with_outcome;
    with_outcome.add_leg(leg);
    EXPECT_GT(with_outcome.counted(), with.counted() + 10 * 320 * leg.records.size());
}

TEST(l1_budget, tells_what_it_counted) {
    L1Budget budget;
    const uint64_t before = budget.counted();
    budget.add_gas(1'234);
    EXPECT_EQ(budget.counted() - before, 1'234u);
}

TEST(l1_budget, a_copy_is_the_way_back) {
    L1Budget budget;
    const L1Budget before = budget;
    budget.add_leg({});
    EXPECT_LT(budget.left(), before.left());
    budget = before;
    EXPECT_EQ(budget.left(), L1Budget{}.left());
}

}  // namespace
}  // namespace scope::builder
