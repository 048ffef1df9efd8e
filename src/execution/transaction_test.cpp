#include "execution/transaction.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "base/hex.hpp"
#include "state/memory_state.hpp"
#include "types/blob.hpp"

namespace scope::execution {
namespace {

using namespace scope::literals;
using evm::Revision;

constexpr Address SENDER = "0x00000000000000000000000000000000000000a1"_address;
constexpr Address RECEIVER = "0x00000000000000000000000000000000000000b1"_address;
constexpr Address CONTRACT = "0x00000000000000000000000000000000000000c1"_address;
constexpr Address CALLER = "0x00000000000000000000000000000000000000c2"_address;
constexpr Address COINBASE = "0x00000000000000000000000000000000000000cb"_address;
constexpr uint64_t BASE_FEE = 7;

class TransactionTest : public testing::Test {
  protected:
    TransactionTest() {
        environment.revision = Revision::osaka;
        environment.blobs = PRAGUE_BLOBS;
        environment.block.base_fee = uint256{BASE_FEE};
        environment.block.blob_base_fee = uint256{1u};
        environment.block.gas_limit = 30'000'000;
        environment.block.coinbase = COINBASE;
    }

    static Transaction valid() {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = ChainId{1};
        tx.nonce = 3;
        tx.max_fee_per_gas = uint256{20u};
        tx.max_priority_fee_per_gas = uint256{2u};
        tx.gas_limit = 100'000;
        tx.to = RECEIVER;
        tx.value = uint256{1000u};
        return tx;
    }

    Environment environment;
    const state::MemoryState base{state::GenesisAlloc{
        {SENDER, {.nonce = 3, .balance = uint256{1u} << 64, .code = {}, .storage = {}}},
        // CALLVALUE PUSH0 SSTORE, then reverts if there is call data
        {CONTRACT,
         {.nonce = 1, .balance = {}, .code = "345f5536600857005b5f5ffd"_hex, .storage = {}}},
        // CALL(gas, CONTRACT, 0, 0, 0, 0, 0)
        {CALLER,
         {.nonce = 1,
          .balance = {},
          .code = concat("5f5f5f5f5f73"_hex, CONTRACT, "5af100"_hex),
          .storage = {}}},
    }};
    state::State state{base};
};

TEST_F(TransactionTest, pays_sender_coinbase_and_receiver) {
    Host host{state, environment};
    const auto outcome = execute_transaction(host, valid(), SENDER);
    ASSERT_TRUE(outcome);
    EXPECT_TRUE(outcome->succeeded());
    EXPECT_EQ(outcome->gas_used, 21'000u);
    EXPECT_EQ(state.balance(RECEIVER), uint256{1000u});
    EXPECT_EQ(state.balance(COINBASE), uint256{42'000u});
    EXPECT_EQ(state.balance(SENDER), (uint256{1u} << 64) - uint256{1000u} - uint256{21'000u * 9});
    EXPECT_EQ(state.nonce(SENDER), 4u);
}

TEST_F(TransactionTest, each_broken_rule_is_named) {
    struct Case {
        TxError error;
        std::function<void(Transaction&, Environment&)> spoil;
    };
    const auto to_blob = [](Transaction& tx) {
        tx.type = TxType::blob;
        tx.max_fee_per_blob_gas = uint256{1u};
        tx.blob_versioned_hashes = {Hash{{1}}};
    };
    const std::vector<Case> cases{
        {TxError::type_1_before_berlin,
         [](Transaction& tx, Environment& env) {
             tx.type = TxType::access_list;
             env.revision = Revision::istanbul;
         }},
        {TxError::type_2_before_london,
         [](Transaction&, Environment& env) { env.revision = Revision::berlin; }},
        {TxError::type_3_before_cancun,
         [&](Transaction& tx, Environment& env) {
             to_blob(tx);
             env.revision = Revision::shanghai;
         }},
        {TxError::type_4_before_prague,
         [](Transaction& tx, Environment& env) {
             tx.type = TxType::set_code;
             env.revision = Revision::cancun;
         }},
        {TxError::nonce_too_low, [](Transaction& tx, Environment&) { tx.nonce = 2; }},
        {TxError::nonce_too_high, [](Transaction& tx, Environment&) { tx.nonce = 4; }},
        {TxError::nonce_is_max, [](Transaction& tx, Environment&) { tx.nonce = UINT64_MAX; }},
        {TxError::intrinsic_gas_too_low,
         [](Transaction& tx, Environment&) { tx.gas_limit = 20'999; }},
        {TxError::below_floor_gas,
         [](Transaction& tx, Environment&) {
             tx.data.assign(1000, 1);
             tx.gas_limit = 21'000 + 16'000;
         }},
        {TxError::gas_limit_above_maximum,
         [](Transaction& tx, Environment&) { tx.gas_limit = MAX_TRANSACTION_GAS + 1; }},
        {TxError::block_gas_exceeded,
         [](Transaction& tx, Environment&) { tx.gas_limit = 10'000'001; }},
        {TxError::insufficient_funds,
         [](Transaction& tx, Environment&) { tx.value = uint256{1u} << 64; }},
        {TxError::gas_cost_overflow,
         [](Transaction& tx, Environment&) { tx.max_fee_per_gas = ~uint256{}; }},
        {TxError::fee_below_base_fee,
         [](Transaction& tx, Environment&) { tx.max_fee_per_gas = uint256{BASE_FEE - 1}; }},
        {TxError::priority_fee_above_max_fee,
         [](Transaction& tx, Environment&) { tx.max_priority_fee_per_gas = uint256{21u}; }},
        {TxError::init_code_too_large,
         [](Transaction& tx, Environment&) {
             tx.to.reset();
             tx.data.assign(49'153, 0);
             tx.gas_limit = 9'000'000;
         }},
        {TxError::no_blobs,
         [&](Transaction& tx, Environment&) {
             to_blob(tx);
             tx.blob_versioned_hashes.clear();
         }},
        {TxError::too_many_blobs,
         [&](Transaction& tx, Environment&) {
             to_blob(tx);
             tx.blob_versioned_hashes.resize(7, Hash{{1}});
         }},
        {TxError::block_blob_gas_exceeded,
         [&](Transaction& tx, Environment&) {
             to_blob(tx);
             tx.blob_versioned_hashes.resize(10, Hash{{1}});
         }},
        {TxError::invalid_versioned_hash,
         [&](Transaction& tx, Environment&) {
             to_blob(tx);
             tx.blob_versioned_hashes[0][0] = 2;
         }},
        {TxError::blob_fee_below_base_fee,
         [&](Transaction& tx, Environment&) {
             to_blob(tx);
             tx.max_fee_per_blob_gas = {};
         }},
        {TxError::blob_creates,
         [&](Transaction& tx, Environment&) {
             to_blob(tx);
             tx.to.reset();
         }},
        {TxError::no_authorizations,
         [](Transaction& tx, Environment&) { tx.type = TxType::set_code; }},
        {TxError::set_code_creates,
         [](Transaction& tx, Environment&) {
             tx.type = TxType::set_code;
             tx.authorization_list.resize(1);
             tx.to.reset();
         }},
        {TxError::system_not_enabled,
         [](Transaction& tx, Environment&) { tx.type = TxType::system; }},
    };
    for (const auto& [error, spoil] : cases) {
        SCOPED_TRACE(to_string(error));
        Transaction tx = valid();
        Environment changed = environment;
        spoil(tx, changed);
        Host host{state, changed};
        const auto outcome = execute_transaction(host, tx, SENDER, {10'000'000, 9 * GAS_PER_BLOB});
        ASSERT_FALSE(outcome);
        EXPECT_EQ(to_string(outcome.error()), to_string(error));
        EXPECT_TRUE(state.diff().empty());
        EXPECT_FALSE(state.in_transaction());
    }
}

TEST_F(TransactionTest, broken_rules_are_all_of_them) {
    struct Case {
        std::function<void(Transaction&)> spoil;
        std::vector<TxError> broken;  // the first is what is told
    };
    const std::vector<Case> cases{
        {[](Transaction&) {}, {}},
        {[](Transaction& tx) { tx.nonce = 4; }, {TxError::nonce_too_high}},
        {[](Transaction& tx) {
             tx.gas_limit = 20'000;
             tx.nonce = 2;
         },
         {TxError::intrinsic_gas_too_low, TxError::below_floor_gas, TxError::nonce_too_low}},
        {[](Transaction& tx) { tx.nonce = UINT64_MAX; },
         {TxError::nonce_is_max, TxError::nonce_too_high}},
        {[](Transaction& tx) { tx.max_fee_per_gas = ~uint256{}; },
         {TxError::gas_cost_overflow, TxError::insufficient_funds}},
        {[](Transaction& tx) {
             tx.type = TxType::blob;
             tx.max_fee_per_blob_gas = uint256{1u};
             tx.blob_versioned_hashes.resize(10, Hash{{2}});
         },
         {TxError::block_blob_gas_exceeded, TxError::too_many_blobs,
          TxError::invalid_versioned_hash}},
    };
    for (const auto& [spoil, broken] : cases) {
        Transaction tx = valid();
        spoil(tx);
        SCOPED_TRACE(broken.empty() ? "none" : std::string{to_string(broken[0])});
        const state::State state{base};
        TxErrors expected;
        for (const TxError error : broken) expected.set(static_cast<size_t>(error));
        EXPECT_EQ(broken_rules(state, environment, tx, SENDER), expected);
        const auto costs = validate_transaction(state, environment, tx, SENDER);
        EXPECT_EQ(costs.has_value(), broken.empty());
        if (!costs) EXPECT_EQ(to_string(costs.error()), to_string(broken[0]));
    }
}

TEST_F(TransactionTest, a_contract_sends_nothing) {
    Transaction tx = valid();
    tx.nonce = 1;
    state.set_balance(CONTRACT, uint256{1u} << 64);
    Host host{state, environment};
    EXPECT_EQ(execute_transaction(host, tx, CONTRACT).error(), TxError::sender_not_eoa);
}

TEST_F(TransactionTest, signature_and_chain_are_looked_at) {
    Transaction tx = valid();
    tx.chain_id = ChainId{2};
    EXPECT_EQ(sender_of(tx, environment).error(), TxError::wrong_chain_id);
    tx.chain_id = ChainId{1};
    EXPECT_EQ(sender_of(tx, environment).error(), TxError::invalid_signature);
    tx.s = ~uint256{};
    EXPECT_EQ(sender_of(tx, environment).error(), TxError::high_s);
}

TEST_F(TransactionTest, a_reverted_one_pays_and_leaves_nothing) {
    Transaction tx = valid();
    tx.to = CONTRACT;
    tx.data = {1};
    Host host{state, environment};
    const auto outcome = execute_transaction(host, tx, SENDER);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->status, evm::Status::revert);
    EXPECT_EQ(state.storage(CONTRACT, {}), Hash{});
    EXPECT_EQ(state.balance(CONTRACT), uint256{});
    EXPECT_EQ(state.nonce(SENDER), 4u);
    EXPECT_GT(state.balance(COINBASE), uint256{42'000u});
}

TEST_F(TransactionTest, messages_run_without_a_transaction) {
    Host host{state, environment};
    host.open_transaction({SENDER, {}, {}});
    evm::Message message;
    message.depth = 5;
    message.gas = 100'000;
    message.sender = SENDER;
    message.recipient = message.code_address = CONTRACT;
    message.value = uint256{9u};
    const auto checkpoint = state.checkpoint();
    EXPECT_EQ(host.call(message).status, evm::Status::success);
    EXPECT_EQ(state.storage(CONTRACT, {}), to_be(uint256{9u}));
    state.rollback(checkpoint);
    EXPECT_EQ(state.storage(CONTRACT, {}), Hash{});
    EXPECT_EQ(host.call(message).status, evm::Status::success);
    host.close_transaction();
    EXPECT_EQ(state.balance(CONTRACT), uint256{9u});
}

/// As a simulation does: sees every call, and answers one of them itself.
class Intercepting final : public Host {
  public:
    using Host::Host;
    evm::CallResult call(const evm::Message& message) override {
        seen.push_back(message.recipient);
        if (message.recipient != CONTRACT) return Host::call(message);
        evm::CallResult answer;
        answer.gas_left = message.gas;
        return answer;
    }
    std::vector<Address> seen;
};

TEST_F(TransactionTest, a_subclass_sees_nested_calls) {
    Transaction tx = valid();
    tx.to = CALLER;
    Intercepting host{state, environment};
    const auto outcome = execute_transaction(host, tx, SENDER);
    ASSERT_TRUE(outcome);
    EXPECT_TRUE(outcome->succeeded());
    EXPECT_EQ(host.seen, (std::vector{CALLER, CONTRACT}));
}

TEST(blob_fee, follows_eip_4844) {
    EXPECT_EQ(blob_base_fee(0, CANCUN_BLOBS), uint256{1u});
    EXPECT_EQ(blob_base_fee(2'314'057, CANCUN_BLOBS), uint256{1u});
    EXPECT_EQ(blob_base_fee(2'314'058, CANCUN_BLOBS), uint256{2u});
    EXPECT_EQ(blob_base_fee(10 * 1024 * 1024, CANCUN_BLOBS), uint256{23u});
    EXPECT_GT(blob_base_fee(UINT64_MAX, CANCUN_BLOBS), uint256{1u} << 200);
}

TEST(create_address, follows_the_yellow_paper_and_eip_1014) {
    // The examples of EIP-1014, and of the first contract of an account known from mainnet.
    EXPECT_EQ(
        create2_address({}, {},
                        "0xbc36789e7a1e281436464229828f817d6612f7b477d66591ff96a9e064bcc98a"_hash),
        "0x4d1a2e2bb4f88f0250f26ffff098b0b30b26bf38"_address);
    EXPECT_EQ(create_address("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0"_address, 0),
              "0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"_address);
}

}  // namespace
}  // namespace scope::execution
