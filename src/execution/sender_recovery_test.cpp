#include "execution/sender_recovery.hpp"

#include <gtest/gtest.h>

#include "execution/test_transactions.hpp"

namespace scope::execution {
namespace {

using test::make_transactions;

TEST(sender_recovery, gives_what_sender_of_gives_with_any_number_of_threads) {
    const Environment environment;
    for (const size_t count : {0u, 1u, 7u, 8u, 100u})
        for (const size_t threads : {0u, 1u, 3u}) {
            const auto transactions = make_transactions(count);
            SenderRecovery senders{transactions, environment, threads};
            for (size_t i = 0; i < count; ++i)
                EXPECT_EQ(senders.sender(i), sender_of(transactions[i], environment)) << i;
        }
    const auto bad = make_transactions(11);
    SenderRecovery senders{bad, environment};
    EXPECT_EQ(senders.sender(9).error(), TxError::wrong_chain_id);
    EXPECT_EQ(senders.sender(10).error(), TxError::invalid_signature);
}

TEST(sender_recovery, may_be_dropped_at_any_time) {
    const Environment environment;
    const auto transactions = make_transactions(100);
    for (size_t asked = 0; asked < 20; ++asked) {
        SenderRecovery senders{transactions, environment, 3};
        for (size_t i = 0; i < asked; ++i) senders.sender(99 - i);
    }
}

}  // namespace
}  // namespace scope::execution
