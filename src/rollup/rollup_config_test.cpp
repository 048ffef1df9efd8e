#include "rollup/rollup_config.hpp"

#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "base/hex.hpp"
#include "chain/block_builder.hpp"
#include "crypto/keccak.hpp"
#include "protocol/callable.hpp"
#include "protocol/fault.hpp"
#include "test_rollup/test_rollup.hpp"
#include "types/signing.hpp"

namespace scope::rollup {
namespace {

// The state transition is below the protocol's layer, and knows ScopedCallable by constants of its
// own.
TEST(system_transaction_rule, has_the_selectors_of_the_protocol) {
    EXPECT_EQ(to_bytes(execution::LOAD_ROOT),
              to_bytes(BytesView{protocol::callable::load_root({}, {})}.first(4)));
    EXPECT_EQ(to_bytes(execution::TOO_LITTLE_GAS),
              to_bytes(protocol::selector_of(protocol::Fault::too_little_gas)));
}

TEST(attributes_of, follow_from_the_blocks_own_origin) {
    BatchBlock block;
    block.l1_origin_hash = Hash{{0x11}};
    block.timestamp_s = 7;
    block.coinbase = Address{{0x22}};
    const auto attributes = attributes_of(block, 1'000);
    EXPECT_EQ(attributes.timestamp_s, 7u);
    EXPECT_EQ(attributes.coinbase, block.coinbase);
    EXPECT_EQ(attributes.prev_randao, crypto::keccak256(block.l1_origin_hash));
    EXPECT_EQ(attributes.parent_beacon_block_root, block.l1_origin_hash);
    EXPECT_EQ(attributes.all_gas, 1'000u);
    EXPECT_TRUE(attributes.extra_data.empty());
}

// On Ethereum a log there is a deposit (EIP-6110), and one that is laid out wrongly, as this is,
// makes the block invalid: on a rollup anybody could have put code there.
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

TEST(rollup_config, only_a_sound_genesis_has_a_supply) {
    const auto sound = test::config();
    EXPECT_EQ(genesis_supply(sound), uint256{uint64_t{1'000'000'000'000'000'000}});
    auto changed = sound;
    changed.genesis.alloc[Address{{0x66}}].balance = uint256{5u};
    EXPECT_EQ(genesis_supply(changed), uint256{uint64_t{1'000'000'000'000'000'005}});
    changed.genesis.alloc[Address{{0x66}}].balance = ~uint256{};  // the sum passes 2^256
    EXPECT_EQ(genesis_supply(changed), std::nullopt);
    changed = sound;
    changed.genesis.gas_limit = MIN_GAS_LIMIT - 1;
    EXPECT_EQ(genesis_supply(changed), std::nullopt);
    for (const uint256& reserve : {uint256{}, RESERVE - uint256{1u}, RESERVE + uint256{1u}}) {
        changed = sound;
        changed.genesis.alloc[PREDEPLOY].balance = reserve;
        EXPECT_EQ(genesis_supply(changed), std::nullopt);
    }
    changed.genesis.alloc.erase(PREDEPLOY);
    EXPECT_EQ(genesis_supply(changed), std::nullopt);
}

}  // namespace
}  // namespace scope::rollup
