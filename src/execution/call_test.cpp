#include "execution/call.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "state/memory_state.hpp"

namespace scope::execution {
namespace {

using namespace scope::literals;

constexpr Address SENDER = "0x00000000000000000000000000000000000000a1"_address;
constexpr Address RECEIVER = "0x00000000000000000000000000000000000000b1"_address;
constexpr Address SHOWS_BASE_FEE = "0x00000000000000000000000000000000000000c1"_address;
constexpr Address SHOWS_PRICE = "0x00000000000000000000000000000000000000c2"_address;
constexpr Address SHOWS_BALANCE = "0x00000000000000000000000000000000000000c3"_address;
constexpr Address REVERTS = "0x00000000000000000000000000000000000000c4"_address;
constexpr Address COINBASE = "0x00000000000000000000000000000000000000cb"_address;
constexpr Address IDENTITY = "0x0000000000000000000000000000000000000004"_address;
constexpr uint64_t BASE_FEE = 7;
constexpr uint64_t WEALTH = 10'000'000;

/// Code that returns what @p instruction pushes.
Bytes shows(Bytes instruction) {
    return concat(instruction, "5f5260205ff3"_hex);
}

class CallTest : public testing::Test {
  protected:
    CallTest() {
        environment.blobs = PRAGUE_BLOBS;
        environment.block.base_fee = uint256{BASE_FEE};
        environment.block.blob_base_fee = uint256{3u};
        environment.block.gas_limit = 30'000'000;
        environment.block.coinbase = COINBASE;
    }

    static Transaction call_to(const Address& to) {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = ChainId{1};
        tx.gas_limit = 100'000;
        tx.to = to;
        return tx;
    }

    Result<Outcome, TxError> run(const Transaction& tx, const Address& sender = SENDER) {
        Host host{state, environment};
        return execute_call(host, tx, sender);
    }
    uint256 word_of(const Transaction& tx, const Address& sender = SENDER) {
        const auto outcome = run(tx, sender);
        EXPECT_TRUE(outcome.has_value() && outcome->succeeded());
        return outcome ? from_be(outcome->output) : ~uint256{};
    }

    Environment environment;
    const state::MemoryState base{state::GenesisAlloc{
        {SENDER, {.nonce = 3, .balance = uint256{WEALTH}, .code = {}, .storage = {}}},
        {SHOWS_BASE_FEE, {.nonce = 1, .balance = {}, .code = shows("48"_hex), .storage = {}}},
        {SHOWS_PRICE, {.nonce = 1, .balance = {}, .code = shows("3a"_hex), .storage = {}}},
        {SHOWS_BALANCE, {.nonce = 1, .balance = {}, .code = shows("3331"_hex), .storage = {}}},
        // MSTORE(0, 0xff), REVERT(31, 1)
        {REVERTS, {.nonce = 1, .balance = {}, .code = "60ff5f526001601ffd"_hex, .storage = {}}},
    }};
    state::State state{base};
};

TEST_F(CallTest, checks_neither_nonce_nor_fees_nor_the_blocks_gas_limit) {
    auto tx = call_to(SHOWS_PRICE);
    tx.nonce = 77;
    tx.gas_limit = environment.block.gas_limit * 2;
    EXPECT_EQ(word_of(tx), uint256{});
    EXPECT_EQ(state.balance(SENDER), uint256{WEALTH});
    EXPECT_EQ(state.balance(COINBASE), uint256{});
}

TEST_F(CallTest, checks_nonce_and_price_if_it_is_told_to) {
    const auto error_of = [&](const Transaction& tx, const CallChecks& checks) {
        Host host{state, environment};
        const auto outcome = execute_call(host, tx, SENDER, checks);
        return outcome ? std::nullopt : std::optional{outcome.error()};
    };
    auto tx = call_to(RECEIVER);
    EXPECT_EQ(error_of(tx, {.price = true}), TxError::fee_below_base_fee);
    EXPECT_EQ(error_of(tx, {.nonce = true}), TxError::nonce_too_low);
    tx.nonce = 4;
    EXPECT_EQ(error_of(tx, {.nonce = true}), TxError::nonce_too_high);
    tx.nonce = 3;
    EXPECT_EQ(error_of(tx, {.nonce = true}), std::nullopt);
    state.set_nonce(SENDER, UINT64_MAX);
    tx.nonce = UINT64_MAX;
    EXPECT_EQ(error_of(tx, {.nonce = true}), TxError::nonce_is_max);
}

TEST_F(CallTest, counts_the_nonce_as_a_transaction_does) {
    ASSERT_TRUE(run(call_to(RECEIVER)));
    EXPECT_EQ(state.nonce(SENDER), 4u);
    auto creation = call_to(RECEIVER);
    creation.to.reset();
    creation.data = "600160005560006000f3"_hex;
    const auto created = run(creation);
    ASSERT_TRUE(created && created->succeeded());
    EXPECT_EQ(created->created, create_address(SENDER, 4));
    EXPECT_EQ(state.nonce(SENDER), 5u);
}

TEST_F(CallTest, may_come_from_a_contract) {
    EXPECT_TRUE(run(call_to(RECEIVER), SHOWS_PRICE));
}

TEST_F(CallTest, pays_the_price_that_it_offers) {
    auto tx = call_to(SHOWS_PRICE);
    tx.max_fee_per_gas = uint256{20u};
    tx.max_priority_fee_per_gas = uint256{2u};
    const auto outcome = run(tx);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(from_be(outcome->output), uint256{BASE_FEE + 2});
    EXPECT_EQ(state.balance(SENDER), uint256{WEALTH - outcome->gas_used * (BASE_FEE + 2)});
    EXPECT_EQ(state.balance(COINBASE), uint256{outcome->gas_used * 2});

    // All gas is bought beforehand.
    tx.to = SHOWS_BALANCE;
    EXPECT_EQ(word_of(tx), uint256{WEALTH - (outcome->gas_used + tx.gas_limit) * (BASE_FEE + 2)});
}

TEST_F(CallTest, refuses_a_price_that_no_transaction_could_have) {
    auto tx = call_to(RECEIVER);
    tx.max_fee_per_gas = uint256{BASE_FEE - 1};
    EXPECT_EQ(run(tx).error(), TxError::fee_below_base_fee);
    tx.max_fee_per_gas = {};
    tx.max_priority_fee_per_gas = uint256{1u};
    EXPECT_EQ(run(tx).error(), TxError::priority_fee_above_max_fee);
    tx.max_fee_per_gas = ~uint256{};
    EXPECT_EQ(run(tx).error(), TxError::insufficient_funds);
    tx.max_fee_per_gas = uint256{WEALTH / tx.gas_limit + 1};
    EXPECT_EQ(run(tx).error(), TxError::insufficient_funds);
}

TEST_F(CallTest, refuses_value_that_the_sender_does_not_have) {
    auto tx = call_to(RECEIVER);
    tx.value = uint256{WEALTH};
    EXPECT_TRUE(run(tx));
    EXPECT_EQ(state.balance(RECEIVER), uint256{WEALTH});
    tx.value = uint256{1u};
    EXPECT_EQ(run(tx).error(), TxError::insufficient_funds);
}

TEST_F(CallTest, refuses_too_little_gas) {
    auto tx = call_to(RECEIVER);
    tx.gas_limit = 20'999;
    EXPECT_EQ(run(tx).error(), TxError::intrinsic_gas_too_low);
    // EIP-7623: 16 gas a byte of call data, at least 40 in the end.
    tx.data = Bytes(100, 0xff);
    tx.gas_limit = 21'000 + 1'600;
    EXPECT_EQ(run(tx).error(), TxError::below_floor_gas);
    tx.gas_limit = 21'000 + 4'000;
    EXPECT_TRUE(run(tx));
    EXPECT_EQ(state.nonce(SENDER), 4u);  // the refused ones left nothing
}

TEST_F(CallTest, returns_revert_data_and_undoes_the_value) {
    auto tx = call_to(REVERTS);
    tx.value = uint256{5u};
    const auto outcome = run(tx);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->status, evm::Status::revert);
    EXPECT_EQ(outcome->output, "ff"_hex);
    EXPECT_EQ(state.balance(REVERTS), uint256{});
    EXPECT_EQ(state.balance(SENDER), uint256{WEALTH});
}

TEST_F(CallTest, pays_for_blobs_only_at_the_price_that_it_offers) {
    auto tx = call_to(RECEIVER);
    tx.type = TxType::blob;
    EXPECT_EQ(run(tx).error(), TxError::no_blobs);
    tx.blob_versioned_hashes = {Hash{{2}}};
    EXPECT_EQ(run(tx).error(), TxError::invalid_versioned_hash);
    tx.blob_versioned_hashes = {Hash{{1}}};
    EXPECT_TRUE(run(tx));
    EXPECT_EQ(state.balance(SENDER), uint256{WEALTH});
    tx.max_fee_per_blob_gas = uint256{2u};
    EXPECT_EQ(run(tx).error(), TxError::blob_fee_below_base_fee);
    tx.max_fee_per_blob_gas = uint256{4u};
    EXPECT_TRUE(run(tx));
    EXPECT_EQ(state.balance(SENDER), uint256{WEALTH - GAS_PER_BLOB * 3});
}

TEST_F(CallTest, runs_a_precompile_where_it_is_moved) {
    auto tx = call_to(RECEIVER);
    tx.data = "010203"_hex;
    EXPECT_EQ(run(tx)->output, Bytes{});
    environment.moved_precompiles = std::make_shared<const MovedPrecompiles>(
        MovedPrecompiles{{RECEIVER, IDENTITY}, {IDENTITY, std::nullopt}});
    EXPECT_EQ(run(tx)->output, tx.data);
    tx.to = IDENTITY;
    EXPECT_EQ(run(tx)->output, Bytes{});
}

TEST_F(CallTest, refuses_shapes_that_no_transaction_has) {
    auto tx = call_to(RECEIVER);
    tx.type = TxType::set_code;
    EXPECT_EQ(run(tx).error(), TxError::no_authorizations);
    tx.type = TxType::system;
    EXPECT_EQ(run(tx).error(), TxError::system_not_enabled);
    tx = call_to(RECEIVER);
    tx.to.reset();
    tx.gas_limit = 10'000'000;
    tx.data = Bytes(49'153);
    EXPECT_EQ(run(tx).error(), TxError::init_code_too_large);
}

}  // namespace
}  // namespace scope::execution
