#include "rollup/rollup_config.hpp"

#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "base/hex.hpp"
#include "chain/block_builder.hpp"
#include "crypto/keccak.hpp"
#include "protocol/fault.hpp"
#include "types/signing.hpp"

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

// On Ethereum a log there is a deposit (EIP-6110), and one that is laid out wrongly, as this is, makes
// the block invalid: on a rollup anybody could have put code there.
TEST(rollup_spec, has_no_deposit_contract) {
    using namespace scope::literals;
    constexpr Address MAINNET_DEPOSITS = "0x00000000219ab540356cbb839cbe05303d7705fa"_address;
    const auto key = crypto::SecretKey::from(crypto::keccak256(as_bytes("a user"))).value();
    chain::Genesis genesis;
    genesis.timestamp_s = 1;
    // Logs nothing, under the topic of the deposit contract's event.
    genesis.alloc[MAINNET_DEPOSITS] = {
        .nonce = 1,
        .code = "7f649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c55f5fa1"_hex};
    // EIP-7002 and EIP-7251 want code; this one asks for nothing.
    for (const auto& contract : {"0x00000961ef480eb55e80d19ad83579a64c007002"_address,
                                 "0x0000bbddc7ce488642fb579f8b00f3a590007251"_address})
        genesis.alloc[contract].code = {0x00};
    genesis.alloc[crypto::address_of(key)] = {.balance = uint256{1'000'000'000'000'000'000u}};
    const chain::Chain chain{rollup_spec(ChainId{901}), genesis};

    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = ChainId{901};
    tx.max_fee_per_gas = uint256{10'000'000'000u};
    tx.gas_limit = 100'000;
    tx.to = MAINNET_DEPOSITS;
    sign(tx, key);
    chain::BlockBuilder block{chain, chain.head()->hash, {.timestamp_s = 2}};
    const auto outcome = block.try_transaction(tx);
    ASSERT_TRUE(outcome.has_value()) << to_string(outcome.error());
    EXPECT_EQ(outcome->logs.size(), 1u);
    EXPECT_TRUE(block.seal().has_value());
}

}  // namespace
}  // namespace scope::rollup
