#include "l1/touched.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/uint256.hpp"
#include "evm/analysis.hpp"

namespace scope::l1 {
namespace {

Address account(uint8_t i) {
    return Address{{i}};
}
Hash slot(uint64_t i) {
    return to_be(uint256{i});
}

TEST(touched, tells_what_was_noted_once) {
    Touched touched;
    touched.begin();
    touched.note(account(1), slot(5));
    touched.note(account(1), slot(5));
    touched.note(account(2));
    touched.note(account(1), slot(6));
    const auto all = touched.all();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].address, account(1));
    EXPECT_EQ(all[0].slots, (std::vector{slot(5), slot(6)}));
    EXPECT_TRUE(all[1].slots.empty());
    EXPECT_EQ(touched.size(), 4u);
}

TEST(touched, forgets_what_was_long_not_read) {
    Touched touched;
    touched.begin();
    touched.note(account(1), slot(1));
    touched.note(account(2), slot(2));
    touched.note(account(2), slot(3));
    for (uint64_t i = 0; i < Touched::GENERATIONS + 1; ++i) {
        touched.begin();
        touched.note(account(2), slot(3));
    }
    const auto all = touched.all();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].address, account(2));
    EXPECT_EQ(all[0].slots, std::vector{slot(3)});
    EXPECT_EQ(touched.size(), 2u);
}

TEST(touched, holds_no_more_than_its_bound) {
    Touched touched;
    for (uint64_t scope = 0; scope < 20; ++scope) {
        touched.begin();
        for (uint64_t i = 0; i < Touched::MAX_SIZE; ++i)
            touched.note(account(static_cast<uint8_t>(scope)), slot(scope * 100'000 + i));
        EXPECT_LE(touched.size(), Touched::MAX_SIZE);
    }
    size_t size = 0;
    for (const auto& [address, slots] : touched.all()) size += 1 + slots.size();
    EXPECT_EQ(size, touched.size());
}

TEST(touched, keeps_the_code_of_accounts_that_it_knows) {
    Touched touched;
    touched.begin();
    touched.set_code(account(1), evm::empty_code());
    EXPECT_EQ(touched.code(account(1)), nullptr);
    touched.note(account(1));
    touched.set_code(account(1), evm::empty_code());
    EXPECT_EQ(touched.code(account(1)), evm::empty_code());
}

}  // namespace
}  // namespace scope::l1
