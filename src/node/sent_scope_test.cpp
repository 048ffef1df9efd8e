#include "node/sent_scope.hpp"

#include <gtest/gtest.h>

namespace scope::node {
namespace {

Transaction of(TxType type, const builder::Fees& fees) {
    Transaction tx;
    tx.type = type;
    tx.max_priority_fee_per_gas = fees.max_priority_fee_per_gas;
    tx.max_fee_per_gas = fees.max_fee_per_gas;
    tx.max_fee_per_blob_gas = fees.max_fee_per_blob_gas;
    return tx;
}

TEST(fees_to_replace, are_an_eighth_more_and_at_least_ten_percent) {
    const auto fees = fees_to_replace(of(TxType::dynamic_fee, {uint256{1u}, uint256{800u}, {}}));
    EXPECT_EQ(fees, (builder::Fees{uint256{2u}, uint256{901u}, uint256{}}));
    for (const uint64_t fee : {0u, 1u, 7u, 8u, 9u, 10u, 11u, 999u}) {
        const auto raised = fees_to_replace(of(TxType::dynamic_fee, {uint256{fee}, {}, {}}));
        EXPECT_GE(raised.max_priority_fee_per_gas * uint256{10u}, uint256{fee} * uint256{11u});
    }
}

TEST(fees_to_replace, are_twice_all_three_with_blobs) {
    const auto fees = fees_to_replace(of(TxType::blob, {uint256{3u}, uint256{800u}, uint256{}}));
    EXPECT_EQ(fees, (builder::Fees{uint256{6u}, uint256{1600u}, uint256{1u}}));
}

TEST(fees_to_replace, end_at_the_highest_number) {
    const auto fees = fees_to_replace(of(TxType::blob, {~uint256{}, ~uint256{}, ~uint256{}}));
    EXPECT_EQ(fees, (builder::Fees{~uint256{}, ~uint256{}, ~uint256{}}));
}

TEST(sent_scope, keeps_the_last_versions) {
    SentScope sent;
    for (uint64_t i = 0; i < SentScope::MAX_VERSIONS + 3; ++i) {
        auto tx = of(TxType::dynamic_fee, {});
        tx.chain_id = ChainId{1};
        tx.max_fee_per_gas = uint256{i};
        sent.add(std::move(tx), nullptr);
    }
    EXPECT_EQ(sent.versions.size(), SentScope::MAX_VERSIONS);
    EXPECT_EQ(sent.versions.front().transaction.max_fee_per_gas, uint256{3u});
    EXPECT_EQ(sent.last().hash, hash(sent.last().transaction));
}

}  // namespace
}  // namespace scope::node
