#include "chain/chain.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "base/hex.hpp"
#include "chain/test_stores.hpp"
#include "execution/scope_rollup.hpp"
#include "types/blob.hpp"
#include "types/signing.hpp"

namespace scope::chain {
namespace {

using namespace scope::literals;
using execution::TxError;

constexpr Address COINBASE = "0x00000000000000000000000000000000000c01ba"_address;
constexpr Address RECEIVER = "0x0000000000000000000000000000000000bb0001"_address;
// Stores CALLVALUE at slot 0 and logs nothing with topic 7: CALLVALUE PUSH0 SSTORE PUSH1 7 PUSH0
// PUSH0 LOG1.
constexpr Address CONTRACT = "0x0000000000000000000000000000000000cc0001"_address;
// Reads and writes transient slot 0: returns TLOAD(0), then TSTORE(0, CALLDATALOAD(0)), or reverts
// if there is no call data.
constexpr Address PREDEPLOY = "0x5c09e00000000000000000000000000000000001"_address;
constexpr Address SYSTEM_SENDER = "0x5c09e0000000000000000000000000000000ffff"_address;
// Stores TLOAD(0) of PREDEPLOY, as an empty call returns it, at slot 0.
constexpr Address READER = "0x0000000000000000000000000000000000cc0002"_address;

crypto::SecretKey key() {
    return *crypto::SecretKey::from(to_be(uint256{0x1234u}));
}

Genesis genesis() {
    Genesis genesis;
    genesis.gas_limit = 30'000'000;
    genesis.alloc[crypto::address_of(key())].balance = uint256{1u} << 80;
    genesis.alloc[CONTRACT].code = "345f5560075f5fa1"_hex;
    // CALLDATASIZE PUSH1 12 JUMPI; PUSH0 TLOAD PUSH0 MSTORE PUSH1 32 PUSH0 RETURN; JUMPDEST: PUSH0
    // CALLDATALOAD DUP1 PUSH1 22 JUMPI PUSH0 PUSH0 REVERT; JUMPDEST PUSH0 TSTORE STOP
    genesis.alloc[PREDEPLOY].code = "36600c575f5c5f5260205ff35b5f35806016575f5ffd5b5f5d00"_hex;
    // PUSH1 32 PUSH0 PUSH0 PUSH0 PUSH20 PREDEPLOY GAS STATICCALL POP PUSH0 MLOAD PUSH0 SSTORE
    genesis.alloc[READER].code = concat("60205f5f5f73"_hex, PREDEPLOY, "5afa505f515f55"_hex);
    // EIP-7002 and EIP-7251 contracts that ask for nothing.
    for (const auto address : {"0x00000961ef480eb55e80d19ad83579a64c007002"_address,
                               "0x0000bbddc7ce488642fb579f8b00f3a590007251"_address})
        genesis.alloc[address].code = {0x00};
    return genesis;
}

ChainSpec spec_of(evm::Revision revision) {
    return ChainSpec::of(revision, ChainId{7});
}

Transaction transfer(uint64_t nonce, Address to = RECEIVER, uint64_t value = 5) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = ChainId{7};
    tx.nonce = nonce;
    tx.max_fee_per_gas = uint256{uint64_t{20'000'000'000}};
    tx.max_priority_fee_per_gas = uint256{uint64_t{1'000'000'000}};
    tx.gas_limit = 100'000;
    tx.to = to;
    tx.value = uint256{value};
    sign(tx, key());
    return tx;
}

Transaction system_transaction(uint64_t nonce, Bytes data) {
    Transaction tx;
    tx.type = TxType::system;
    tx.chain_id = ChainId{7};
    tx.nonce = nonce;
    tx.gas_limit = 20'000'000;  // above EIP-7825's cap
    tx.to = PREDEPLOY;
    tx.data = std::move(data);
    return tx;
}

BlockAttributes after(const Chain& chain) {
    BlockAttributes attributes;
    attributes.timestamp_s = chain.head()->header().timestamp_s + 12;
    attributes.coinbase = COINBASE;
    attributes.prev_randao = to_be(uint256{99u});
    attributes.extra_data = {'t'};
    attributes.withdrawals = {{0, 1, RECEIVER, 3}};
    attributes.parent_beacon_block_root = to_be(uint256{42u});
    return attributes;
}

/// A block of a transfer and a call that logs, with a withdrawal.
Block valid_block(const Chain& chain) {
    const std::vector txs{transfer(0), transfer(1, CONTRACT)};
    auto built = chain.build_block(after(chain), txs);
    CHECK(built.has_value());
    CHECK(built->refused.empty());
    return built->sealed.block.block;
}

TEST(difficulty, is_no_less_than_the_minimum_with_the_bomb) {
    BlockHeader parent;
    parent.number = 899'999;  // bomb: 2^7
    parent.ommers_hash = EMPTY_OMMERS_HASH;
    const auto next = [&](unsigned difficulty) {
        parent.difficulty = uint256{difficulty};
        return next_difficulty(spec_of(evm::Revision::homestead), parent, 10);  // no step
    };
    EXPECT_EQ(next(131'072 - 129), uint256{131'072u});
    EXPECT_EQ(next(131'072 - 127), uint256{131'073u});
    EXPECT_EQ(next(131'072), uint256{131'200u});
}

const auto EACH_STORE = testing::Values(StoreKind::memory, StoreKind::database);

class ChainOf : public testing::TestWithParam<std::tuple<int, StoreKind>> {
  protected:
    const evm::Revision revision = static_cast<evm::Revision>(std::get<0>(GetParam()));
};

TEST_P(ChainOf, imports_what_it_built) {
    Genesis first = genesis();
    if (revision < evm::Revision::paris) first.difficulty = uint256{131'072u};
    Chain chain{spec_of(revision), first,
                make_test_store(std::get<StoreKind>(GetParam()), ChainId{7})};
    for (uint64_t i = 0; i < 3; ++i) {
        Transaction tx = transfer(i);
        if (revision < evm::Revision::london) {
            tx.type = TxType::legacy;
            tx.max_priority_fee_per_gas = tx.max_fee_per_gas;
            if (revision < evm::Revision::spurious_dragon) tx.chain_id.reset();
            sign(tx, key());
        }
        const auto built = chain.build_block(after(chain), std::span{&tx, 1});
        ASSERT_TRUE(built);
        ASSERT_TRUE(built->refused.empty()) << execution::to_string(built->refused[0].error);
        const auto imported = chain.import_bytes(encode(built->sealed.block.block));
        ASSERT_TRUE(imported) << to_string(imported.error());
        EXPECT_EQ(chain.head()->hash, built->sealed.block.hash);
        EXPECT_EQ((*imported)->receipts, built->sealed.block.receipts);
        EXPECT_EQ(chain.store().canonical_block(i + 1), *imported);
        const auto place = chain.store().transaction(hash(tx));
        ASSERT_TRUE(place);
        EXPECT_EQ(place->block, *imported);
    }
}

INSTANTIATE_TEST_SUITE_P(revisions, ChainOf,
                         testing::Combine(testing::Range(0, static_cast<int>(evm::REVISION_COUNT)),
                                          EACH_STORE),
                         [](const auto& info) {
                             return name_of(std::get<StoreKind>(info.param)) + "_" +
                                    std::to_string(std::get<0>(info.param));
                         });

class ChainTest : public testing::TestWithParam<StoreKind> {
  protected:
    static Chain make_chain() {
        return Chain{spec_of(evm::Revision::osaka), genesis(),
                     make_test_store(GetParam(), ChainId{7})};
    }
    Chain chain = make_chain();
};
INSTANTIATE_TEST_SUITE_P(stores, ChainTest, EACH_STORE,
                         [](const auto& info) { return name_of(info.param); });

enum class Fork { london, shanghai, cancun, prague };

/// Takes away what came with a fork and those after it: a header can lack no field in between.
void drop_from(Fork fork, BlockHeader& header) {
    header.requests_hash.reset();
    if (fork == Fork::prague) return;
    header.blob_gas_used.reset();
    header.excess_blob_gas.reset();
    header.parent_beacon_block_root.reset();
    if (fork == Fork::cancun) return;
    header.withdrawals_root.reset();
    if (fork == Fork::shanghai) return;
    header.base_fee_per_gas.reset();
}

TEST_P(ChainTest, each_tampered_field_is_refused_for_its_rule) {
    struct Case {
        const char* name;
        std::function<void(Block&)> tamper;
        BlockError error;
    };
    const std::vector<Case> cases{
        {"parent_hash", [](Block& b) { b.header.parent_hash[0] ^= 1; }, BlockError::unknown_parent},
        {"ommers_hash", [](Block& b) { b.header.ommers_hash[0] ^= 1; }, BlockError::wrong_ommers},
        {"ommers", [](Block& b) { b.ommers.emplace_back(); }, BlockError::wrong_ommers_hash},
        {"coinbase", [](Block& b) { b.header.coinbase[0] ^= 1; }, BlockError::wrong_state_root},
        {"state_root", [](Block& b) { b.header.state_root[0] ^= 1; }, BlockError::wrong_state_root},
        {"transactions_root", [](Block& b) { b.header.transactions_root[0] ^= 1; },
         BlockError::wrong_transactions_root},
        {"transactions", [](Block& b) { b.transactions.pop_back(); },
         BlockError::wrong_transactions_root},
        {"receipts_root", [](Block& b) { b.header.receipts_root[0] ^= 1; },
         BlockError::wrong_receipts_root},
        {"logs_bloom", [](Block& b) { b.header.logs_bloom[0] ^= 1; }, BlockError::wrong_logs_bloom},
        {"difficulty", [](Block& b) { b.header.difficulty = uint256{1u}; },
         BlockError::wrong_difficulty},
        {"number", [](Block& b) { ++b.header.number; }, BlockError::wrong_number},
        {"gas_limit", [](Block& b) { b.header.gas_limit += b.header.gas_limit / 1024; },
         BlockError::gas_limit_out_of_bounds},
        {"gas_limit above 2^63 - 1", [](Block& b) { b.header.gas_limit = uint64_t{1} << 63; },
         BlockError::gas_limit_too_big},
        {"gas_used", [](Block& b) { ++b.header.gas_used; }, BlockError::wrong_gas_used},
        {"gas_used above limit", [](Block& b) { b.header.gas_used = b.header.gas_limit + 1; },
         BlockError::gas_used_above_limit},
        {"timestamp", [](Block& b) { b.header.timestamp_s = 0; },
         BlockError::timestamp_not_after_parent},
        {"extra_data", [](Block& b) { b.header.extra_data.resize(33); },
         BlockError::extra_data_too_long},
        {"nonce", [](Block& b) { b.header.nonce[0] = 1; }, BlockError::wrong_pow_nonce},
        {"base_fee", [](Block& b) { *b.header.base_fee_per_gas += uint256{1u}; },
         BlockError::wrong_base_fee},
        {"no base_fee", [](Block& b) { drop_from(Fork::london, b.header); },
         BlockError::wrong_base_fee},
        {"withdrawals_root", [](Block& b) { (*b.header.withdrawals_root)[0] ^= 1; },
         BlockError::wrong_withdrawals_root},
        {"withdrawals", [](Block& b) { ++(*b.withdrawals)[0].amount_gwei; },
         BlockError::wrong_withdrawals_root},
        {"no withdrawals", [](Block& b) { b.withdrawals.reset(); },
         BlockError::missing_withdrawals},
        {"no withdrawals_root", [](Block& b) { drop_from(Fork::shanghai, b.header); },
         BlockError::missing_withdrawals},
        {"blob_gas_used", [](Block& b) { *b.header.blob_gas_used += GAS_PER_BLOB; },
         BlockError::wrong_blob_gas_used},
        {"blob_gas_used above limit", [](Block& b) { *b.header.blob_gas_used = 10 * GAS_PER_BLOB; },
         BlockError::blob_gas_above_limit},
        {"excess_blob_gas", [](Block& b) { *b.header.excess_blob_gas += 1; },
         BlockError::wrong_excess_blob_gas},
        {"no excess_blob_gas", [](Block& b) { drop_from(Fork::cancun, b.header); },
         BlockError::wrong_blob_fields},
        {"requests_hash", [](Block& b) { (*b.header.requests_hash)[0] ^= 1; },
         BlockError::wrong_requests_hash},
        {"no requests_hash", [](Block& b) { drop_from(Fork::prague, b.header); },
         BlockError::wrong_requests_hash},
    };
    const Block valid = valid_block(chain);
    const Hash head = chain.head()->hash;
    for (const auto& [name, tamper, error] : cases) {
        SCOPED_TRACE(name);
        Block block = valid;
        tamper(block);
        const auto imported = chain.import(block);
        ASSERT_FALSE(imported);
        EXPECT_EQ(to_string(imported.error().error), to_string(error));
        EXPECT_EQ(chain.head()->hash, head);
        EXPECT_EQ(chain.store().block(hash(block.header)), nullptr);
    }
    EXPECT_TRUE(chain.import(valid));
    EXPECT_EQ(chain.import(valid).error().error, BlockError::already_known);
}

TEST_P(ChainTest, broken_rules_are_those_of_header_body_and_execution) {
    Block block = valid_block(chain);
    EXPECT_TRUE(chain.broken_rules(block).block.none());
    block.header.gas_limit = uint64_t{1} << 63;
    block.header.extra_data.resize(33);
    block.header.requests_hash = Hash{};
    (*block.withdrawals)[0].amount_gwei += 1;
    std::swap(block.transactions[0], block.transactions[1]);
    const BrokenRules broken = chain.broken_rules(block);
    for (const BlockError error :
         {BlockError::gas_limit_too_big, BlockError::gas_limit_out_of_bounds,
          BlockError::extra_data_too_long, BlockError::wrong_withdrawals_root})
        EXPECT_TRUE(broken.block[static_cast<size_t>(error)]) << to_string(error);
    EXPECT_FALSE(broken.block[static_cast<size_t>(BlockError::wrong_number)]);
    EXPECT_TRUE(broken.transaction[static_cast<size_t>(TxError::nonce_too_high)]);

    std::swap(block.transactions[0], block.transactions[1]);
    EXPECT_TRUE(
        chain.broken_rules(block).block[static_cast<size_t>(BlockError::wrong_requests_hash)]);
}

TEST_P(ChainTest, a_nonce_that_is_the_largest_number_is_refused_by_its_name) {
    Block block = valid_block(chain);
    block.transactions[0].nonce = UINT64_MAX;
    block.header.transactions_root = transactions_root(block.transactions);
    const auto imported = chain.import_bytes(encode(block));
    ASSERT_FALSE(imported);
    EXPECT_EQ(imported.error(),
              (BlockRefusal{BlockError::invalid_transaction, 0, TxError::nonce_is_max}));
}

TEST_P(ChainTest, names_the_invalid_transaction) {
    Block block = valid_block(chain);
    std::swap(block.transactions[0], block.transactions[1]);
    block.header.transactions_root = transactions_root(block.transactions);
    const auto imported = chain.import(block);
    ASSERT_FALSE(imported);
    EXPECT_EQ(imported.error(),
              (BlockRefusal{BlockError::invalid_transaction, 0, TxError::nonce_too_high}));
    EXPECT_EQ(to_string(imported.error()), "invalid_transaction 0: nonce_too_high");
}

TEST_P(ChainTest, refuses_bytes_that_are_no_block) {
    Bytes bytes = encode(valid_block(chain));
    bytes.pop_back();
    EXPECT_EQ(chain.import_bytes(bytes).error().error, BlockError::malformed);
}

TEST_P(ChainTest, builder_goes_back) {
    BlockBuilder builder{chain, chain.head()->hash, after(chain)};
    ASSERT_TRUE(builder.try_transaction(transfer(0)));
    const auto one = builder.checkpoint();
    EXPECT_EQ(builder.try_transaction(transfer(0)).error(), TxError::nonce_too_low);
    ASSERT_TRUE(builder.try_transaction(transfer(1, CONTRACT, 9)));
    EXPECT_EQ(builder.state().storage(CONTRACT, {}), to_be(uint256{9u}));
    builder.rollback(one);
    EXPECT_EQ(builder.state().storage(CONTRACT, {}), Hash{});
    EXPECT_EQ(builder.transactions().size(), 1u);
    ASSERT_TRUE(builder.try_transaction(transfer(1, CONTRACT, 8)));
    const auto sealed = builder.seal();
    ASSERT_TRUE(sealed);
    EXPECT_EQ(sealed->state->storage(CONTRACT, {}), to_be(uint256{8u}));
    const auto imported = chain.import(sealed->block.block);
    ASSERT_TRUE(imported) << to_string(imported.error());
    EXPECT_EQ(chain.head_state()->state_root(), sealed->state->state_root());
}

TEST_P(ChainTest, builders_of_two_chains_share_a_journal) {
    Chain other = make_chain();
    state::Journal journal;
    BlockBuilder one{chain, chain.head()->hash, after(chain), &journal};
    BlockBuilder two{other, other.head()->hash, after(other), &journal};
    const auto one_before = one.checkpoint();
    const auto two_before = two.checkpoint();
    ASSERT_TRUE(one.try_transaction(transfer(0)));
    ASSERT_TRUE(two.try_transaction(transfer(0)));
    one.rollback(one_before);
    two.rollback(two_before);
    EXPECT_EQ(two.state().balance(RECEIVER), uint256{});
    ASSERT_TRUE(two.try_transaction(transfer(0)));
    const auto sealed = two.seal();
    ASSERT_TRUE(sealed);
    EXPECT_TRUE(other.import(sealed->block.block));
}

TEST_P(ChainTest, follows_the_fork_choice) {
    const Block one = valid_block(chain);
    Block two = one;
    {
        auto attributes = after(chain);
        attributes.timestamp_s += 1;
        two = chain.build_block(attributes, {})->sealed.block.block;
    }
    const Hash genesis_hash = chain.head()->hash;
    ASSERT_TRUE(chain.import(one));
    ASSERT_TRUE(chain.import(two));
    EXPECT_EQ(chain.head()->hash, hash(one.header));
    const Hash tx = hash(one.transactions[0]);
    EXPECT_TRUE(chain.store().transaction(tx));
    chain.set_head(hash(two.header));
    EXPECT_EQ(chain.store().canonical_block(1)->hash, hash(two.header));
    EXPECT_FALSE(chain.store().transaction(tx));
    chain.set_head(hash(one.header));
    EXPECT_TRUE(chain.store().transaction(tx));
    chain.set_head(genesis_hash);
    EXPECT_EQ(chain.store().canonical_block(1), nullptr);
    EXPECT_EQ(chain.store().canonical_block(0)->hash, genesis_hash);
}

class SystemTransactionTest : public testing::TestWithParam<StoreKind> {
  protected:
    SystemTransactionTest()
        : chain{make_spec(), genesis(), make_test_store(GetParam(), ChainId{7})} {}
    static ChainSpec make_spec() {
        ChainSpec spec = spec_of(evm::Revision::osaka);
        spec.rollup = std::make_shared<execution::ScopeRollup>(
            execution::SystemTransactionRule{SYSTEM_SENDER, PREDEPLOY});
        return spec;
    }
    Hash read_by(const Transaction& tx, BlockBuilder& builder) {
        EXPECT_TRUE(builder.try_transaction(tx));
        return builder.state().storage(READER, {});
    }
    const Hash loaded = to_be(uint256{77u});
    Chain chain;
};
INSTANTIATE_TEST_SUITE_P(stores, SystemTransactionTest, EACH_STORE,
                         [](const auto& info) { return name_of(info.param); });

TEST_P(ChainTest, adopts_what_it_built_as_if_it_had_imported_it) {
    Chain importing = make_chain();
    const std::vector txs{transfer(0), transfer(1, CONTRACT)};
    const auto genesis_hash = chain.head()->hash;
    const auto built = chain.build_block(after(chain), txs);
    const auto adopted = chain.adopt(built->sealed);
    const auto imported = importing.import(built->sealed.block.block);
    ASSERT_TRUE(imported.has_value());
    EXPECT_EQ(chain.head(), adopted);
    EXPECT_EQ(adopted->hash, (*imported)->hash);
    EXPECT_EQ(adopted->receipts, (*imported)->receipts);
    EXPECT_EQ(adopted->senders, (*imported)->senders);
    EXPECT_EQ(adopted->total_difficulty, (*imported)->total_difficulty);
    EXPECT_EQ(chain.head_state()->account(RECEIVER), importing.head_state()->account(RECEIVER));

    // Stored once, it only becomes the head again.
    chain.set_head(genesis_hash);
    EXPECT_EQ(chain.adopt(built->sealed), adopted);
    EXPECT_EQ(chain.head(), adopted);
}

TEST_P(SystemTransactionTest, leaves_transient_storage_to_the_next_transaction_only) {
    BlockBuilder builder{chain, chain.head()->hash, after(chain)};
    const auto outcome = builder.try_transaction(system_transaction(0, to_bytes(loaded)));
    ASSERT_TRUE(outcome) << execution::to_string(outcome.error());
    EXPECT_EQ(builder.state().balance(COINBASE), uint256{});
    EXPECT_EQ(builder.state().nonce(SYSTEM_SENDER), 1u);
    EXPECT_EQ(read_by(transfer(0, READER), builder), loaded);
    EXPECT_EQ(read_by(transfer(1, READER), builder), Hash{});
    const auto sealed = builder.seal();
    ASSERT_TRUE(sealed);
    EXPECT_EQ(sealed->block.senders[0], SYSTEM_SENDER);
    EXPECT_EQ(sealed->block.receipts[0].type, TxType::system);
    const auto imported = chain.import_bytes(encode(sealed->block.block));
    ASSERT_TRUE(imported) << to_string(imported.error());
}

TEST_P(SystemTransactionTest, has_gas_that_the_header_does_not_count) {
    auto attributes = after(chain);
    attributes.all_gas = 50'000'000;
    BlockBuilder builder{chain, chain.head()->hash, attributes};
    EXPECT_EQ(builder.room().all_gas, 50'000'000u);
    const auto before = builder.checkpoint();
    const auto run = [&] {
        const auto outcome = builder.try_transaction(system_transaction(0, to_bytes(loaded)));
        EXPECT_EQ(outcome->gas_used, 0u);
        EXPECT_EQ(builder.all_gas_used(), outcome->rollup_gas_used);
    };
    run();
    const uint64_t system_gas = builder.all_gas_used();
    // Its data are 31 zero bytes and another one; TSTORE is 100, all before it 40.
    EXPECT_EQ(system_gas, 21'000u + 31 * 4 + 16 + 140);
    builder.rollback(before);
    EXPECT_EQ(builder.all_gas_used(), 0u);
    run();
    ASSERT_TRUE(builder.try_transaction(transfer(0)));
    EXPECT_EQ(builder.all_gas_used(), system_gas + 21'000);
    EXPECT_EQ(builder.room().all_gas, 50'000'000u - system_gas - 21'000);

    const auto sealed = builder.seal();
    ASSERT_TRUE(sealed);
    EXPECT_EQ(builder.all_gas_used(), system_gas + 21'000);
    EXPECT_EQ(sealed->block.header().gas_used, 21'000u);
    EXPECT_EQ(sealed->block.receipts[0].cumulative_gas_used, 0u);
    EXPECT_EQ(sealed->block.receipts[1].cumulative_gas_used, 21'000u);
    const auto imported = chain.import_bytes(encode(sealed->block.block));
    ASSERT_TRUE(imported) << to_string(imported.error());
}

TEST_P(SystemTransactionTest, a_block_has_a_root_only_behind_its_load) {
    const auto root = [](uint64_t nonce) {
        Transaction tx = transfer(nonce);
        tx.data = to_bytes(execution::ROOT_MARKER);
        sign(tx, key());
        return tx;
    };
    const auto load = [](uint64_t nonce) {
        return system_transaction(nonce, concat(execution::LOAD_ROOT, Bytes(28)));
    };
    Block block = [&] {
        BlockBuilder builder{chain, chain.head()->hash, after(chain)};
        EXPECT_EQ(builder.try_transaction(root(0)).error(), TxError::root_without_load);
        EXPECT_TRUE(builder.try_transaction(load(0)));
        EXPECT_EQ(builder.try_transaction(transfer(0)).error(), TxError::load_without_root);
        EXPECT_TRUE(builder.try_transaction(root(0)));
        EXPECT_TRUE(builder.try_transaction(transfer(1)));
        return builder.seal()->block.block;
    }();
    EXPECT_TRUE(chain.validate(block));
    const BlockRefusal at_one{BlockError::invalid_transaction, 1, TxError::load_without_root};
    block.transactions[1] = transfer(0);
    EXPECT_EQ(to_string(chain.validate(block).error()), to_string(at_one));
    const BlockRefusal at_zero{BlockError::invalid_transaction, 0, TxError::root_without_load};
    block.transactions = {root(0)};
    EXPECT_EQ(to_string(chain.validate(block).error()), to_string(at_zero));
}

TEST_P(SystemTransactionTest, is_refused_where_it_breaks_a_rule) {
    BlockBuilder builder{chain, chain.head()->hash, after(chain)};
    const auto refusal = [&](Transaction tx) {
        return to_string(builder.try_transaction(tx).error());
    };
    Transaction tx = system_transaction(0, to_bytes(loaded));
    tx.to = RECEIVER;
    EXPECT_EQ(refusal(tx), "system_wrong_target");
    EXPECT_EQ(refusal(system_transaction(1, to_bytes(loaded))), "nonce_too_high");
    tx = system_transaction(0, to_bytes(loaded));
    tx.value = uint256{1u};
    EXPECT_EQ(refusal(tx), "system_pays_or_sends");
    tx.value = {};
    tx.chain_id = ChainId{8};
    EXPECT_EQ(refusal(tx), "wrong_chain_id");
    tx = system_transaction(0, to_bytes(loaded));
    tx.gas_limit = 21'000;
    EXPECT_EQ(refusal(tx), "intrinsic_gas_too_low");
    tx.gas_limit = execution::MAX_GAS + 1;
    EXPECT_EQ(refusal(tx), "block_gas_exceeded");
    EXPECT_EQ(refusal(system_transaction(0, Bytes(32))), "system_failed");
    EXPECT_EQ(builder.state().nonce(SYSTEM_SENDER), 0u);

    Chain other{spec_of(evm::Revision::osaka), genesis()};
    BlockBuilder plain{other, other.head()->hash, after(other)};
    EXPECT_EQ(plain.try_transaction(system_transaction(0, to_bytes(loaded))).error(),
              TxError::system_not_enabled);
}

TEST_P(ChainTest, keeps_only_blobs_whose_proof_holds) {
    auto blob = std::make_shared<StoredBlob>();
    blob->blob[31] = 5;
    blob->commitment = *crypto::blob_to_commitment(blob->blob);
    blob->proof = *crypto::compute_blob_proof(blob->blob, blob->commitment);
    auto wrong = std::make_shared<StoredBlob>(*blob);
    wrong->blob[31] = 6;
    EXPECT_FALSE(chain.add_blob(wrong));
    EXPECT_TRUE(chain.add_blob(blob));
    const auto kept = chain.store().blob(crypto::versioned_hash(blob->commitment));
    ASSERT_NE(kept, nullptr);
    EXPECT_EQ(kept->blob, blob->blob);
    EXPECT_EQ(kept->commitment, blob->commitment);
    EXPECT_EQ(kept->proof, blob->proof);
}

TEST(chain_spec, chooses_by_number_and_time) {
    ChainSpec spec;
    using By = ForkActivation::By;
    spec.forks = {{evm::Revision::london, By::number, 0},
                  {evm::Revision::paris, By::number, 10},
                  {evm::Revision::shanghai, By::timestamp, 1000}};
    EXPECT_EQ(spec.revision_at(9, 500), evm::Revision::london);
    EXPECT_EQ(spec.revision_at(10, 500), evm::Revision::paris);
    EXPECT_EQ(spec.revision_at(11, 1000), evm::Revision::shanghai);
}

TEST(fees, base_fee_follows_eip_1559) {
    BlockHeader parent;
    parent.gas_limit = 20'000'000;
    parent.base_fee_per_gas = uint256{1000u};
    const std::vector<std::pair<uint64_t, uint64_t>> cases{
        {10'000'000, 1000}, {20'000'000, 1125}, {0, 875}, {10'000'001, 1001}, {15'000'000, 1062}};
    for (const auto& [used, expected] : cases) {
        parent.gas_used = used;
        EXPECT_EQ(next_base_fee(parent), uint256{expected}) << used;
    }
}

}  // namespace
}  // namespace scope::chain
