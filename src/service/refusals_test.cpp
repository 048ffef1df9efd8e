#include "service/refusals.hpp"

#include <gtest/gtest.h>

namespace scope::service {
namespace {

constexpr ChainId L1{31337};
constexpr ChainId A{42001};

Hash numbered(uint64_t number) {
    return to_be(uint256{number});
}

class RefusalsTest : public testing::Test {
  protected:
    static rpc::RefusalRecord record(uint64_t number) {
        const std::string reason = "reason " + std::to_string(number);
        return {A, numbered(number),
                builder::Refusal{.rule = builder::RefusalRule::underpaid,
                                 .reason = reason,
                                 .calls = {},
                                 .sufficient_fee = uint256{number}},
                reason};
    }

    std::unique_ptr<store::Database> database = store::make_memory_database();
    store::Staging staging{*database};
    PoolRows rows{staging, L1};
    Herald herald;
};

TEST_F(RefusalsTest, outlive_the_process_in_their_order) {
    {
        Refusals refusals{herald, &rows};
        for (uint64_t i = 0; i < 3; ++i) refusals.note(record(i));
        refusals.erase(numbered(1));
        refusals.note({A, numbered(9), {}, "it keeps its scope from sealing"});
    }
    const Refusals refusals{herald, &rows};
    EXPECT_EQ(refusals.find(numbered(1)), nullptr);
    const auto* const found = refusals.find(numbered(2));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->chain_id, A);
    EXPECT_EQ(found->reason, "reason 2");
    ASSERT_TRUE(found->refusal);
    EXPECT_EQ(found->refusal->rule, builder::RefusalRule::underpaid);
    EXPECT_EQ(found->refusal->reason, "reason 2");
    EXPECT_EQ(found->refusal->sufficient_fee, uint256{2u});
    ASSERT_NE(refusals.find(numbered(9)), nullptr);
    EXPECT_FALSE(refusals.find(numbered(9))->refusal);
}

TEST_F(RefusalsTest, are_of_the_last_alone) {
    const uint64_t more = Refusals::MAX + 2;
    {
        Refusals refusals{herald, &rows};
        for (uint64_t i = 0; i < more; ++i) refusals.note(record(i));
        EXPECT_EQ(refusals.find(numbered(1)), nullptr);
        EXPECT_NE(refusals.find(numbered(2)), nullptr);
    }
    EXPECT_EQ(rows.refusals().size(), Refusals::MAX);
    Refusals refusals{herald, &rows};
    refusals.note(record(more));
    EXPECT_EQ(refusals.find(numbered(2)), nullptr);
    EXPECT_NE(refusals.find(numbered(3)), nullptr);
}

TEST_F(RefusalsTest, without_rows_end_with_the_process) {
    {
        Refusals refusals{herald, nullptr};
        refusals.note(record(1));
        EXPECT_NE(refusals.find(numbered(1)), nullptr);
    }
    EXPECT_TRUE(staging.empty());
}

}  // namespace
}  // namespace scope::service
