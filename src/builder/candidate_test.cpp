#include "builder/candidate.hpp"

#include <gmock/gmock.h>

#include "builder/test_network.hpp"

namespace scope::builder {
namespace {

using rollup::test::Author;
using test::CHAIN;
using test::TestNetwork;
using testing::HasSubstr;

std::unique_ptr<OpenScope> open(const TestNetwork& network) {
    return std::make_unique<OpenScope>(read_snapshot(*network.l1).value(), *network.follower,
                                       network.contracts, network.options);
}

TEST(candidate, a_transaction_is_a_root_by_its_own_bytes) {
    const TestNetwork network;
    const auto scope = open(network);
    Author author;
    const Root root = L2Root{CHAIN, author.root()};
    const auto admitted = admit(*scope, root, 3);
    ASSERT_TRUE(admitted.has_value()) << admitted.error().to_string();
    EXPECT_EQ(admitted->context.root_index, uint256{3u});
    EXPECT_EQ(admitted->sender, rollup::test::user());

    const Root other = L2Root{CHAIN, author.call_predeploy()};
    const auto refused = admit(*scope, other, 3);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().rule, RefusalRule::transaction);
    EXPECT_EQ(refused.error().reason,
              "not a root: its data do not end in the marker, and its target is no declared entry");
}

TEST(candidate, a_transaction_is_a_root_by_a_target_that_declared_itself_an_entry) {
    const Address entry{{1}};
    const TestNetwork network{{.rollup = [&](rollup::RollupConfig& config) {
        config.genesis.alloc[rollup::PREDEPLOY].storage[execution::entry_slot(entry)] =
            to_be(uint256{1u});
    }}};
    const auto scope = open(network);
    Author author;
    const Root root = L2Root{CHAIN, author.transfer(entry, 0)};
    EXPECT_TRUE(admit(*scope, root, 0).has_value());
    const Root other = L2Root{CHAIN, author.transfer(Address{{2}}, 0)};
    EXPECT_FALSE(admit(*scope, other, 0).has_value());
}

L1Root operation_at(std::optional<uint64_t> index) {
    L1Root root;
    root.root_index = index;
    return root;
}

TEST(candidate, an_operation_may_say_at_which_index_its_outcome_holds) {
    const TestNetwork network;
    const auto scope = open(network);
    const auto index_of = [&](std::optional<uint64_t> asked) {
        const Root root = operation_at(asked);
        const auto admitted = admit(*scope, root, 5);
        return admitted ? std::optional{uint64_t{admitted->context.root_index}} : std::nullopt;
    };
    EXPECT_EQ(index_of(std::nullopt), 5u);
    EXPECT_EQ(index_of(5), 5u);
    EXPECT_EQ(index_of(9), 9u);  // indices may have gaps
    EXPECT_EQ(index_of(4), std::nullopt);
    EXPECT_EQ(index_of(UINT64_MAX), std::nullopt);  // nor can one use them up

    const Root taken = operation_at(4);
    const auto refused = admit(*scope, taken, 5);
    EXPECT_EQ(refused.error().rule, RefusalRule::scope_full);  // another scope may have it
    EXPECT_EQ(refused.error().reason, "root index: 4 is taken, the next one is 5");
}

TEST(candidate, an_operation_may_name_its_submitter) {
    const TestNetwork network;
    const auto scope = open(network);
    L1Root root;
    root.operation.operation.submitter = network.options.submitter->address();
    const Root own = root;
    EXPECT_TRUE(admit(*scope, own, 0).has_value());
    root.operation.operation.submitter = Address{{9}};
    const Root other = root;
    const auto refused = admit(*scope, other, 0);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().rule, RefusalRule::operation);
    EXPECT_THAT(refused.error().reason, HasSubstr("submitter"));
}

}  // namespace
}  // namespace scope::builder
