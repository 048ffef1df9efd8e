#include "interchange/exception_names.hpp"

#include <gtest/gtest.h>

namespace scope::interchange {
namespace {

using chain::BlockError;
using execution::TxError;

TEST(exception_names, expectation_is_one_of_the_names) {
    struct Case {
        std::string_view expected;
        chain::BlockRefusal refusal;
        bool holds;
    };
    const auto of_block = [](BlockError error) { return chain::BlockRefusal{.error = error}; };
    const auto of_transaction = [](TxError error) {
        return chain::BlockRefusal{BlockError::invalid_transaction, 0, error};
    };
    for (const auto& [expected, refusal, holds] : {
             Case{"BlockException.GASLIMIT_TOO_BIG", of_block(BlockError::gas_limit_too_big), true},
             Case{"BlockException.INVALID_GASLIMIT", of_block(BlockError::gas_limit_too_big),
                  false},
             Case{"BlockException.INVALID_GASLIMIT|BlockException.GASLIMIT_TOO_BIG",
                  of_block(BlockError::gas_limit_too_big), true},
             Case{"TransactionException.NONCE_IS_MAX", of_transaction(TxError::nonce_is_max), true},
             Case{"BlockException.RLP_STRUCTURES_ENCODING", of_transaction(TxError::nonce_is_max),
                  false},
             // Too many blobs, whoever notices.
             Case{"TransactionException.TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED",
                  of_transaction(TxError::block_blob_gas_exceeded), true},
             Case{"BlockException.BLOB_GAS_USED_ABOVE_LIMIT",
                  of_transaction(TxError::block_blob_gas_exceeded), true},
             Case{"BlockException.BLOB_GAS_USED_ABOVE_LIMIT",
                  of_block(BlockError::blob_gas_above_limit), true},
             Case{"TransactionException.TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED",
                  of_block(BlockError::blob_gas_above_limit), true},
             Case{"BlockException.INCORRECT_BLOB_GAS_USED",
                  of_block(BlockError::blob_gas_above_limit), false},
             Case{"", of_block(BlockError::unknown_parent), false},
         })
        EXPECT_EQ(is_expected(expected, refusal), holds)
            << expected << " of " << chain::to_string(refusal);
}

TEST(exception_names, any_of_the_broken_rules_may_be_named) {
    chain::BrokenRules broken;
    broken.block.set(static_cast<size_t>(BlockError::extra_data_too_long));
    broken.block.set(static_cast<size_t>(BlockError::wrong_base_fee));
    broken.transaction.set(static_cast<size_t>(TxError::nonce_too_low));
    for (const auto& [expected, holds] :
         {std::pair{"BlockException.EXTRA_DATA_TOO_BIG", true},
          std::pair{"BlockException.INVALID_BASEFEE_PER_GAS", true},
          std::pair{"TransactionException.NONCE_MISMATCH_TOO_LOW", true},
          std::pair{"TransactionException.NONCE_MISMATCH_TOO_HIGH", false},
          std::pair{"BlockException.INVALID_GASLIMIT", false}})
        EXPECT_EQ(is_expected(expected, broken), holds) << expected;
}

TEST(exception_names, blobs_that_are_too_many_have_both_reasons) {
    const std::string text = describe(TxError::block_blob_gas_exceeded);
    EXPECT_NE(text.find("TransactionException.TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED"),
              std::string::npos);
    EXPECT_NE(text.find("BlockException.BLOB_GAS_USED_ABOVE_LIMIT"), std::string::npos);
    EXPECT_EQ(describe(TxError::aborted), "aborted");
}

}  // namespace
}  // namespace scope::interchange
