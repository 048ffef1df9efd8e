#include "execution/expected_senders.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "execution/forced.hpp"
#include "execution/test_transactions.hpp"

namespace scope::execution {
namespace {

using test::make_transactions;

TEST(expected_senders, are_those_of_sender_of_whatever_comes) {
    const Environment environment;
    const auto all = make_transactions(60);
    std::mt19937 random{1};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same ones each time
    for (int round = 0; round < 40; ++round) {
        // Some expected ones don't come, others come unexpected, twice or in another order.
        const std::vector<Transaction> expected{all.begin(), all.begin() + round};
        std::vector<Transaction> coming;
        for (const auto& tx : all)
            for (auto times = random() % 3; times > 0; --times) coming.push_back(tx);
        if (round % 2 == 0) std::ranges::shuffle(coming, random);
        ExpectedSenders senders{expected, environment};
        EXPECT_EQ(senders.has_ended(), expected.empty());
        for (const auto& tx : coming)
            EXPECT_EQ(senders.sender_of(tx, environment), sender_of(tx, environment));
        if (!expected.empty()) (void)senders.sender_of(expected.back(), environment);
        EXPECT_TRUE(senders.has_ended());
    }
}

TEST(expected_senders, are_asked_for_by_the_rules_of_the_time_when_they_come) {
    const auto transactions = make_transactions(20);
    ExpectedSenders senders{transactions, {}};
    Environment other_chain;
    other_chain.block.chain_id = ChainId{2};
    Environment before_london;
    before_london.revision = evm::Revision::berlin;
    for (const auto& tx : transactions)
        for (const auto& environment : {other_chain, before_london})
            EXPECT_EQ(senders.sender_of(tx, environment), sender_of(tx, environment));
}

TEST(expected_senders, are_those_that_were_impersonated_meanwhile) {
    const auto forced = std::make_shared<Forced>();
    Environment environment;
    environment.forced = forced;
    auto transactions = make_transactions(20);
    const Address somebody{{1}};
    forced->set_sender(hash(transactions[0]), somebody);
    ExpectedSenders senders{transactions, environment};
    forced->forget_sender(hash(transactions[0]));
    forced->set_sender(hash(transactions[2]), somebody);
    EXPECT_NE(senders.sender_of(transactions[0], environment), somebody);
    EXPECT_EQ(senders.sender_of(transactions[2], environment), somebody);
}

}  // namespace
}  // namespace scope::execution
