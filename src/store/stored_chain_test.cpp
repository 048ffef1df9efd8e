#include "store/stored_chain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "base/hex.hpp"
#include "chain/chain.hpp"
#include "execution/host.hpp"
#include "state/unavailable.hpp"
#include "store/test_folder.hpp"
#include "store/test_nodes.hpp"
#include "types/signing.hpp"

// The same blocks on a chain in memory and on one in a database.

namespace scope::store {

namespace {

using namespace scope::literals;

constexpr ChainId CHAIN{7};
constexpr PruneDepth DEPTH = 6;
/// Stores the first word of its data at the slot that the second one says: PUSH0 CALLDATALOAD PUSH1
/// 32 CALLDATALOAD SSTORE.
const Bytes SETTER = "5f356020355500"_hex;
/// Its init code puts SETTER and three slots: PUSH1 1 PUSH1 1 SSTORE ... PUSH7 code PUSH0 MSTORE PUSH1 7
/// PUSH1 25 RETURN.
const Bytes SETTER_INIT = "600160015560026002556003600355665f3560203555005f5260076019f3"_hex;
/// Destructs itself to the caller when called with data, else stores 7 at slot 9: CALLDATASIZE PUSH1
/// 9 JUMPI PUSH1 7 PUSH1 9 SSTORE STOP; JUMPDEST CALLER SELFDESTRUCT.
const Bytes MORTAL = "366009576007600955005b33ff"_hex;

Address contract(uint64_t i) {
    return to_address(uint256{0xcc00 + i});
}
crypto::SecretKey key() {
    return *crypto::SecretKey::from(to_be(uint256{0x1234u}));
}
Hash word(uint64_t value) {
    return to_be(uint256{value});
}

chain::Genesis genesis() {
    chain::Genesis genesis;
    genesis.gas_limit = 30'000'000;
    genesis.alloc[crypto::address_of(key())].balance = uint256{1u} << 80;
    for (uint64_t i = 0; i < 4; ++i) genesis.alloc[contract(i)].code = SETTER;
    for (uint64_t i = 0; i < 40; ++i) genesis.alloc[contract(0)].storage[word(i)] = word(i);
    for (uint64_t i = 4; i < 6; ++i) {
        genesis.alloc[contract(i)].code = MORTAL;
        genesis.alloc[contract(i)].storage[word(1)] = word(1);
    }
    for (uint64_t i = 0; i < 100; ++i) genesis.alloc[to_address(uint256{i + 1000})].balance = 1u;
    return genesis;
}

chain::ChainSpec spec() {
    return chain::ChainSpec::of(evm::Revision::shanghai, CHAIN);  // storage can be destructed
}

/// The transaction with this nonce: the same on each branch, mostly.
Transaction transaction(uint64_t nonce, uint64_t variant) {
    std::mt19937_64 random{nonce * 16 + variant};
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = CHAIN;
    tx.nonce = nonce;
    tx.max_fee_per_gas = uint256{uint64_t{20'000'000'000}};
    tx.gas_limit = 300'000;
    switch (random() % 6) {
        case 0:
            tx.to = to_address(uint256{900 + random() % 300});
            tx.value = uint256{random() % 100};
            break;
        case 1:
            tx.data = SETTER_INIT;
            break;
        case 2:
            tx.to = contract(4 + random() % 2);
            tx.data = Bytes(random() % 2);
            break;
        default:
            tx.to = contract(random() % 4);
            tx.data = concat(word(random() % 3), word(random() % 50));
    }
    sign(tx, key());
    return tx;
}

/// A chain in a database that can be closed and opened again.
class StoredNode {
  public:
    explicit StoredNode(const TestFolder* folder,
                        StoredChainOptions options = {.depth = DEPTH,
                                                      .state_bytes = 20'000,
                                                      .block_bytes = 5'000})
        : folder_(folder), options_(options) {
        if (folder_ == nullptr) database_ = make_memory_database();
        open();
    }

    [[nodiscard]] chain::Chain& chain() noexcept { return *chain_; }
    [[nodiscard]] Staging& staging() noexcept { return *staging_; }
    [[nodiscard]] StoredChain& store() noexcept { return *store_; }

    void reopen() {
        staging_->commit();
        chain_.reset();
        staging_.reset();
        if (folder_ != nullptr) database_.reset();
        open();
    }
    /// Returns the chain with nothing of it in memory.
    [[nodiscard]] StoredChain afresh() { return StoredChain{*staging_, CHAIN, options_}; }

  private:
    void open() {
        if (folder_ != nullptr) database_ = open_disk_database(folder_->options());
        staging_ = std::make_unique<Staging>(*database_);
        auto store = std::make_unique<StoredChain>(*staging_, CHAIN, options_);
        store_ = store.get();
        chain_ = std::make_unique<chain::Chain>(spec(), genesis(), std::move(store));
    }

    const TestFolder* folder_;
    StoredChainOptions options_;
    std::unique_ptr<Database> database_;
    std::unique_ptr<Staging> staging_;
    std::unique_ptr<chain::Chain> chain_;
    StoredChain* store_ = nullptr;
};

void expect_same(const state::WorldState& stored, const state::WorldState& memory,
                 std::mt19937_64& random) {
    ASSERT_EQ(stored.state_root(), memory.state_root());
    std::vector<Address> addresses{crypto::address_of(key())};
    for (uint64_t i = 0; i < 7; ++i) addresses.push_back(contract(i));
    for (uint64_t i = 0; i < 10; ++i)
        addresses.push_back(to_address(uint256{900 + random() % 300}));
    for (uint64_t i = 0; i < 5; ++i)
        addresses.push_back(execution::create_address(crypto::address_of(key()), random() % 40));
    std::vector<Hash> keys;
    for (uint64_t i = 0; i < 5; ++i) keys.push_back(word(random() % 50));
    for (const Address& a : addresses) {
        EXPECT_EQ(stored.account(a), memory.account(a));
        EXPECT_EQ(stored.code(a)->bytes, memory.code(a)->bytes);
        EXPECT_EQ(stored.storage_root(a), memory.storage_root(a));
        for (const Hash& k : keys) EXPECT_EQ(stored.storage(a, k), memory.storage(a, k));
        const auto proof = stored.prove(a, keys), wanted = memory.prove(a, keys);
        EXPECT_EQ(proof.account, wanted.account);
        EXPECT_EQ(proof.slots, wanted.slots);
    }
}

/// Two chains that are given the same blocks.
class Twins {
  public:
    Twins(const TestFolder* folder, uint64_t seed) : random_(seed), stored_(folder) {
        memory_.emplace(spec(), genesis());
        blocks_.push_back(memory_->head()->hash);
    }

    /// Builds a block on one of the last ones, mostly the head, and gives it to both.
    void extend() {
        if (random_() % 3 == 0) go_back(random_() % 4);
        if (random_() % 4 == 0) go_to(blocks_[blocks_.size() - 1 - random_() % blocks_.size() % 8]);
        const auto attributes = next();
        const auto parent_state = memory_->head_state();
        const uint64_t nonce = parent_state->account(crypto::address_of(key()))->nonce;
        std::vector<Transaction> transactions;
        const uint64_t variant = random_() % 4 == 0 ? random_() % 16 : 0;
        for (uint64_t i = 0; i < random_() % 8; ++i)
            transactions.push_back(transaction(nonce + i, variant));
        const auto built = memory_->build_block(attributes, transactions);
        ASSERT_TRUE(built && built->refused.empty());
        const Hash hash = built->sealed.block.hash;
        if (memory_->store().block(hash)) return;  // built before
        auto& stored = stored_.chain();
        if (random_() % 2 == 0) {
            ASSERT_TRUE(stored.import(built->sealed.block.block));
        } else {
            const auto own = stored.build_block(attributes, transactions);
            ASSERT_TRUE(own);
            ASSERT_EQ(own->sealed.block.hash, hash);
            stored.adopt(own->sealed);
        }
        memory_->adopt(built->sealed);
        blocks_.push_back(hash);
        stored.set_head(hash);
        memory_->set_head(hash);
        note_head();
    }

    void reopen() { stored_.reopen(); }
    void commit() { stored_.staging().commit(); }
    void begin_commit() { stored_.staging().begin_commit(); }

    /// Expects that the nodes in the database are those of states that are kept, and no others.
    void expect_no_other_nodes() {
        auto& staging = stored_.staging();
        const ChainRows rows{staging, CHAIN, DEPTH};
        const auto needed = nodes_of_states(rows, CHAIN, blocks_);
        const auto there = nodes_that_are_there(staging, CHAIN);
        std::vector<Bytes> others;
        std::ranges::set_symmetric_difference(needed, there, std::back_inserter(others));
        EXPECT_TRUE(others.empty()) << others.size() << ", the first is "
                                    << (others.empty() ? "" : describe_key(others[0]));
    }

    /// Compares all blocks, and all states that are kept, those of blocks beside the canonical ones
    /// too, read by who has nothing of them in memory.
    void expect_same_chains() {
        const StoredChain afresh = stored_.afresh();
        const auto& store = stored_.chain().store();
        ASSERT_EQ(store.head()->hash, memory_->head()->hash);
        size_t kept = 0;
        for (const Hash& hash : blocks_) {
            const auto wanted = memory_->store().block(hash);
            for (const chain::Store* each : {&store, static_cast<const chain::Store*>(&afresh)}) {
                const auto block = each->block(hash);
                ASSERT_NE(block, nullptr);
                EXPECT_EQ(block->block, wanted->block);
                EXPECT_EQ(block->receipts, wanted->receipts);
                EXPECT_EQ(block->senders, wanted->senders);
                EXPECT_EQ(block->total_difficulty, wanted->total_difficulty);
                const auto state = each->state(hash);
                if (is_canonical(hash))
                    EXPECT_EQ(state != nullptr, wanted->header().number >= pruned_);
                else if (wanted->header().number <= pruned_)
                    EXPECT_EQ(state, nullptr);
                if (!state) continue;
                ++kept;
                ASSERT_NO_FATAL_FAILURE(
                    expect_same(*state, *memory_->store().state(hash), random_));
            }
        }
        EXPECT_GE(kept, 2 * std::min<uint64_t>(memory_->head()->header().number, 3));
        for (uint64_t number = 0; number <= memory_->head()->header().number + 1; ++number) {
            const auto block = store.canonical_block(number);
            const auto wanted = memory_->store().canonical_block(number);
            ASSERT_EQ(block == nullptr, wanted == nullptr);
            if (!block) continue;
            EXPECT_EQ(block->hash, wanted->hash);
            for (const Hash& hash : wanted->transaction_hashes) {
                const auto place = store.transaction(hash);
                const auto in_memory = memory_->store().transaction(hash);
                ASSERT_EQ(place.has_value(), in_memory.has_value());
                if (!place) continue;
                EXPECT_EQ(place->block->hash, in_memory->block->hash);
                EXPECT_EQ(place->index, in_memory->index);
            }
        }
    }

  private:
    void go_back(uint64_t distance) {
        const uint64_t number = memory_->head()->header().number;
        const uint64_t to = number - std::min(distance, number - std::min(number, pruned_));
        go_to(memory_->store().canonical_block(to)->hash);
    }
    /// Makes a block the head, if its state is kept.
    void go_to(const Hash& hash) {
        if (!stored_.chain().store().state(hash)) return;
        memory_->set_head(hash);
        stored_.chain().set_head(hash);
        note_head();
    }
    void note_head() {
        const uint64_t number = memory_->head()->header().number;
        pruned_ = std::max(pruned_, number - std::min(number, *DEPTH));
    }
    [[nodiscard]] bool is_canonical(const Hash& hash) const {
        const auto block = memory_->store().block(hash);
        const auto canonical = memory_->store().canonical_block(block->header().number);
        return canonical != nullptr && canonical->hash == hash;
    }
    chain::BlockAttributes next() {
        chain::BlockAttributes attributes;
        // Siblings that differ in nothing else.
        attributes.timestamp_s = memory_->head()->header().timestamp_s + 1 + random_() % 3;
        attributes.coinbase = to_address(uint256{0xc01bau});
        return attributes;
    }

    std::mt19937_64 random_;
    StoredNode stored_;
    std::optional<chain::Chain> memory_;
    std::vector<Hash> blocks_;
    uint64_t pruned_ = 0;
};

void expect_twins(const TestFolder* folder, uint64_t seed) {
    SCOPED_TRACE(seed);
    Twins twins{folder, seed};
    std::mt19937_64 random{seed};
    for (int block = 0; block < 60; ++block) {
        ASSERT_NO_FATAL_FAILURE(twins.extend());
        if (random() % 3 == 0) block % 2 == 0 ? twins.commit() : twins.begin_commit();
        if (random() % 8 == 0) twins.reopen();
        if (block % 5 != 4) continue;
        ASSERT_NO_FATAL_FAILURE(twins.expect_same_chains());
        twins.expect_no_other_nodes();
    }
}

TEST(stored_chain, is_the_chain_in_memory) {
    const uint64_t seed = std::random_device{}();
    for (uint64_t i = 0; i < 3; ++i) ASSERT_NO_FATAL_FAILURE(expect_twins(nullptr, seed + i));
}

// With this seed a contract clears its only slot in a block on a state that had read it from the
// database: its storage's root was left there for good.
TEST(stored_chain, leaves_nothing_of_a_storage_that_was_emptied) {
    expect_twins(nullptr, 172);
}

TEST(stored_chain, is_the_chain_in_memory_on_a_disk) {
    const TestFolder folder;
    expect_twins(&folder, std::random_device{}());
}

chain::BlockAttributes attributes_after(const chain::Chain& chain, uint64_t seconds = 1) {
    chain::BlockAttributes attributes;
    attributes.timestamp_s = chain.head()->header().timestamp_s + seconds;
    return attributes;
}

chain::StoredBlockPtr extend(chain::Chain& chain, std::vector<Transaction> transactions,
                             uint64_t seconds = 1) {
    const auto built = chain.build_block(attributes_after(chain, seconds), transactions);
    CHECK(built && built->refused.empty());
    return chain.adopt(built->sealed);
}

Transaction set_slot(uint64_t nonce, uint64_t to, uint64_t slot, uint64_t value) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = CHAIN;
    tx.nonce = nonce;
    tx.max_fee_per_gas = uint256{uint64_t{20'000'000'000}};
    tx.gas_limit = 300'000;
    tx.to = contract(to);
    tx.data = concat(word(value), word(slot));
    sign(tx, key());
    return tx;
}

TEST(stored_chain, keeps_the_storage_that_two_branches_wrote_alike) {
    StoredNode node{nullptr};
    auto& chain = node.chain();
    const Hash first = chain.head()->hash;
    const auto one = extend(chain, {set_slot(0, 0, 45, 5)});
    chain.set_head(first);
    extend(chain, {set_slot(0, 0, 45, 5)}, 2);  // abandoned, and written last
    chain.set_head(one->hash);
    extend(chain, {});
    node.store().forget();  // the root of the storage is looked for
    extend(chain, {set_slot(1, 0, 46, 6)});
    for (uint64_t i = 0; i < 2 * *DEPTH; ++i) extend(chain, {});
    const auto afresh = node.afresh();
    const auto state = afresh.state(chain.head()->hash);
    for (uint64_t slot = 0; slot < 40; ++slot)
        EXPECT_EQ(state->storage(contract(0), word(slot)), word(slot));
    EXPECT_EQ(state->storage(contract(0), word(45)), word(5));
    EXPECT_EQ(state->storage(contract(0), word(46)), word(6));
}

TEST(stored_chain, stores_what_was_made_from_a_forced_state) {
    const auto database = make_memory_database();
    Staging staging{*database};
    auto forced_spec = spec();
    forced_spec.forced = std::make_shared<execution::Forced>();
    chain::Chain chain{
        forced_spec, genesis(),
        std::make_unique<StoredChain>(staging, CHAIN, StoredChainOptions{.depth = DEPTH})};
    const Hash first = chain.head()->hash;
    const auto force = [&](uint64_t slot) {
        chain::force_state(chain, first, [&](state::State& state) {
            state.set_storage(contract(0), word(slot), word(99));
        });
    };
    force(60);
    force(61);
    extend(chain, {set_slot(0, 0, 45, 5)});
    chain.set_head(first);
    const auto two = extend(chain, {set_slot(0, 0, 46, 6)}, 2);
    for (uint64_t i = 0; i < 2 * *DEPTH; ++i) extend(chain, {});
    const StoredChain afresh{staging, CHAIN, {.depth = DEPTH}};
    const auto state = afresh.state(chain.head()->hash);
    for (const uint64_t slot : {60u, 61u})
        EXPECT_EQ(state->storage(contract(0), word(slot)), word(99));
    EXPECT_EQ(state->storage(contract(0), word(45)), Hash{});
    EXPECT_EQ(state->storage(contract(0), word(46)), word(6));
}

TEST(stored_chain, goes_back_to_what_was_committed) {
    StoredNode node{nullptr};
    auto& chain = node.chain();
    node.staging().commit();
    const Hash first = chain.head()->hash;
    extend(chain, {set_slot(0, 0, 45, 5)});
    const std::vector transactions{set_slot(1, 0, 46, 6)};
    const auto lost = chain.build_block(attributes_after(chain), transactions);
    extend(chain, {set_slot(1, 1, 1, 5)});
    node.staging().drop();
    node.store().forget();
    EXPECT_EQ(chain.head()->hash, first);
    EXPECT_EQ(chain.store().block(lost->sealed.block.header().parent_hash), nullptr);
    extend(chain, {set_slot(0, 2, 3, 4)}, 2);  // with a sequence that was used before
    chain.set_head(first);
    extend(chain, {set_slot(0, 0, 45, 5)});
    chain.adopt(lost->sealed);  // made of a state whose block was dropped
    const auto state = node.afresh().state(chain.head()->hash);
    EXPECT_EQ(state->storage(contract(0), word(45)), word(5));
    EXPECT_EQ(state->storage(contract(0), word(46)), word(6));
    EXPECT_EQ(state->storage(contract(2), word(3)), Hash{});
    for (uint64_t slot = 0; slot < 40; ++slot)
        EXPECT_EQ(state->storage(contract(0), word(slot)), word(slot));
}

TEST(stored_chain, has_no_state_that_is_pruned) {
    StoredNode node{nullptr};
    auto& chain = node.chain();
    const Hash first = chain.head()->hash;
    const auto held = node.afresh().state(first);
    for (uint64_t i = 0; i <= *DEPTH; ++i) extend(chain, {set_slot(i, 0, 1, i + 50)});
    EXPECT_EQ(chain.store().state(first), nullptr);
    EXPECT_NE(chain.store().block(first), nullptr);
    EXPECT_NE(chain.store().state(chain.store().canonical_block(1)->hash), nullptr);
    const auto place = std::static_pointer_cast<const state::StoredState>(held)->place();
    EXPECT_THROW((void)held->storage(contract(0), word(2)), state::Unavailable);
    EXPECT_EQ(held->state_root(), place->root.hash);

    const chain::Chain memory{spec(), genesis()};
    const auto late = memory.build_block(attributes_after(memory, 9), {});
    const auto imported = chain.import(late->sealed.block.block);
    ASSERT_FALSE(imported);
    EXPECT_EQ(imported.error().error, chain::BlockError::parent_state_not_kept);
}

/// A database that fails on one read.
class FailingDatabase final : public Database {
  public:
    explicit FailingDatabase(Database& database) : database_(database) {}
    [[nodiscard]] std::optional<Bytes> get(BytesView key) const override {
        if (++reads == fails_at) throw DatabaseError{DatabaseRule::io, "the disk fails"};
        return database_.get(key);
    }
    void scan_from(BytesView first, BytesView prefix, Order order,
                   const Visitor& visit) const override {
        if (++reads == fails_at) throw DatabaseError{DatabaseRule::io, "the disk fails"};
        database_.scan_from(first, prefix, order, visit);
    }
    void commit(const WriteBatch& batch) override { database_.commit(batch); }
    [[nodiscard]] uint64_t commits() const override { return database_.commits(); }

    mutable size_t reads = 0;
    size_t fails_at = 0;  // 1 is the next; 0: never

  private:
    Database& database_;
};

TEST(stored_chain, imports_a_block_after_each_failed_read) {
    chain::Chain memory{spec(), genesis()};
    std::vector<Transaction> transactions;
    for (uint64_t nonce = 0; nonce < 5; ++nonce) transactions.push_back(transaction(nonce, 0));
    const auto built = memory.build_block(attributes_after(memory), transactions);
    ASSERT_TRUE(built && built->refused.empty());

    const auto real = make_memory_database();
    FailingDatabase database{*real};
    {
        Staging staging{database};
        const chain::Chain first{spec(), genesis(), std::make_unique<StoredChain>(staging, CHAIN)};
        staging.commit();
    }
    size_t failures = 0;
    for (size_t fails_at = 1;; ++fails_at) {
        SCOPED_TRACE(fails_at);
        Staging staging{database};
        auto store = std::make_unique<StoredChain>(staging, CHAIN);
        auto& stored = *store;
        chain::Chain chain{spec(), genesis(), std::move(store)};
        database.reads = 0;
        database.fails_at = fails_at;
        const auto import = [&] { return chain.import(built->sealed.block.block).has_value(); };
        bool failed = false;
        try {
            EXPECT_TRUE(import());
        } catch (const std::runtime_error& error) {
            EXPECT_STREQ(error.what(), "the disk fails");
            failed = true;
            staging.drop();
            stored.forget();
            EXPECT_TRUE(import());
        }
        database.fails_at = 0;
        EXPECT_EQ(chain.head()->hash, built->sealed.block.hash);
        EXPECT_EQ(chain.head()->receipts, built->sealed.block.receipts);
        if (!failed) break;
        ++failures;
    }
    EXPECT_GT(failures, 20u);
}

}  // namespace

}  // namespace scope::store
