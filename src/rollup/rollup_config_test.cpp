#include "rollup/rollup_config.hpp"

#include <gtest/gtest.h>

#include "abi/abi.hpp"

namespace scope::rollup {
namespace {

// The state transition knows ScopedCallable by these, and can't compute them from its own layer.
TEST(system_transaction_rule, has_the_selectors_of_scoped_callable) {
    EXPECT_EQ(execution::ASK,
              abi::selector("ask((bytes32,uint8,uint256,uint256,address,uint256,(uint256,bytes32)"
                            "[],uint256,address,uint256,uint256,bytes))"));
    EXPECT_EQ(execution::NO_OPEN_ROOT, abi::selector("NoOpenRoot()"));
    EXPECT_EQ(execution::TOO_LITTLE_GAS, abi::selector("TooLittleGas()"));
}

}  // namespace
}  // namespace scope::rollup
