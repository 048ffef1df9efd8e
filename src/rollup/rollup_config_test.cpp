#include "rollup/rollup_config.hpp"

#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "crypto/keccak.hpp"
#include "protocol/fault.hpp"

namespace scope::rollup {
namespace {

Bytes selector(std::string_view signature) {
    const Hash hash = crypto::keccak256(as_bytes(signature));
    return to_bytes(BytesView{hash}.first(4));
}

// The state transition knows ScopedCallable by these, and can't compute them from its own layer.
TEST(system_transaction_rule, has_the_selectors_of_scoped_callable) {
    EXPECT_EQ(to_bytes(execution::ASK),
              selector("ask((bytes32,uint8,uint256,uint256,address,uint256,(uint256,bytes32)"
                       "[],uint256,address,uint256,uint256,bytes))"));
    EXPECT_EQ(to_bytes(execution::NO_OPEN_ROOT), selector("NoOpenRoot()"));
    EXPECT_EQ(to_bytes(execution::TOO_LITTLE_GAS),
              to_bytes(protocol::selector_of(protocol::Fault::too_little_gas)));
}

}  // namespace
}  // namespace scope::rollup
