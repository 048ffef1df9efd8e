#include "store/test_chains.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "execution/host.hpp"
#include "store/test_nodes.hpp"
#include "store/test_workload.hpp"
#include "types/signing.hpp"

namespace scope::store {

namespace {

using namespace scope::literals;

/// Canonical blocks that describe() reads.
constexpr uint64_t DESCRIBED_BLOCKS = 40;
constexpr uint64_t FIRST_ADDRESS = 900, LAST_ADDRESS = 1000;
constexpr uint64_t SLOTS = 30;
/// Stores the first word of its data at the slot that the second one says: PUSH0 CALLDATALOAD PUSH1
/// 32 CALLDATALOAD SSTORE.
const Bytes SETTER = "5f356020355500"_hex;
/// Its init code puts SETTER and two slots: PUSH1 1 PUSH1 1 SSTORE ... PUSH7 code PUSH0 MSTORE PUSH1 7
/// PUSH1 25 RETURN.
const Bytes SETTER_INIT = "60016001556002600255665f3560203555005f5260076019f3"_hex;
/// Destructs itself to the caller when called with data, else stores 7 at slot 9: CALLDATASIZE PUSH1
/// 9 JUMPI PUSH1 7 PUSH1 9 SSTORE STOP; JUMPDEST CALLER SELFDESTRUCT.
const Bytes MORTAL = "366009576007600955005b33ff"_hex;

Address contract(uint64_t i) {
    return to_address(uint256{0xcc00 + i});
}
constexpr uint64_t SETTERS = 3, CONTRACTS = 5;  // the others are mortal

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
    for (uint64_t i = 0; i < CONTRACTS; ++i) {
        auto& account = genesis.alloc[contract(i)];
        account.code = i < SETTERS ? SETTER : MORTAL;
        for (uint64_t slot = 0; slot < SLOTS; slot += 1 + i)
            account.storage[word(slot)] = word(slot + 1);
    }
    for (uint64_t i = FIRST_ADDRESS; i < LAST_ADDRESS; i += 2)
        genesis.alloc[to_address(uint256{i})].balance = 1u;
    return genesis;
}

/// The transaction with this nonce: the same on each branch, but for the variant.
Transaction transaction(ChainId chain, uint64_t nonce, uint64_t variant) {
    std::mt19937_64 random{nonce * 16 + variant};
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = chain;
    tx.nonce = nonce;
    tx.max_fee_per_gas = uint256{uint64_t{20'000'000'000}};
    tx.gas_limit = 300'000;
    switch (random() % 6) {
        case 0:
            tx.to = to_address(uint256{FIRST_ADDRESS + random() % (LAST_ADDRESS - FIRST_ADDRESS)});
            tx.value = uint256{random() % 100};
            break;
        case 1:
            tx.data = SETTER_INIT;
            break;
        case 2:
            tx.to = contract(SETTERS + random() % (CONTRACTS - SETTERS));
            tx.data = Bytes(random() % 2);
            break;
        default:
            tx.to = contract(random() % SETTERS);
            tx.data = concat(word(random() % 3), word(random() % SLOTS));
    }
    sign(tx, key());
    return tx;
}

chain::SealedBlock build_on(const chain::Chain& chain, const Hash& parent,
                            std::mt19937_64& random) {
    const auto state = chain.state_after(parent);
    CHECK(state != nullptr);
    chain::BlockAttributes attributes;
    // Siblings that differ in nothing else.
    attributes.timestamp_s = chain.store().block(parent)->header().timestamp_s + 1 + random() % 3;
    chain::BlockBuilder builder{chain, parent, attributes};
    const uint64_t nonce = state->account(crypto::address_of(key()))->nonce;
    const uint64_t variant = random() % 4 == 0 ? random() % 16 : 0;
    for (uint64_t count = random() % 6, i = 0; i < count; ++i)
        CHECK(builder.try_transaction(transaction(chain.spec().chain_id, nonce + i, variant)));
    auto sealed = builder.seal();
    CHECK(sealed.has_value());
    return std::move(*sealed);
}

/// What a node would note of how far it followed: that both heads are of one moment.
Bytes cursor_of(const Hash& l1_head, const Hash& rollup_head) {
    return concat(l1_head, rollup_head);
}

}  // namespace

std::string describe(const state::WorldState& state) {
    auto text = fmt::format("  root {}\n", to_hex(state.state_root()));
    std::vector<Address> addresses{crypto::address_of(key())};
    for (uint64_t i = 0; i <= CONTRACTS; ++i) addresses.push_back(contract(i));
    for (uint64_t i = FIRST_ADDRESS; i < LAST_ADDRESS; i += 7)
        addresses.push_back(to_address(uint256{i}));
    for (uint64_t nonce = 0; nonce < 40; nonce += 3)
        addresses.push_back(execution::create_address(crypto::address_of(key()), nonce));
    for (const Address& address : addresses) {
        const auto account = state.account(address);
        if (!account) continue;
        text +=
            fmt::format("  {} nonce {} balance {} code {} storage {}:", to_hex(address),
                        account->nonce, to_decimal(account->balance),
                        to_hex(state.code(address)->bytes), to_hex(state.storage_root(address)));
        for (uint64_t slot = 0; slot < SLOTS; slot += 2)
            text += fmt::format(" {}", to_decimal(from_be(state.storage(address, word(slot)))));
        text += '\n';
    }
    return text;
}

std::string describe(const chain::Store& store, std::span<const Hash> states) {
    const auto head = store.head();
    auto text = fmt::format("head {}\n", to_hex(head->hash));
    const uint64_t last = head->header().number;
    for (uint64_t number = last + 1 - std::min(last + 1, DESCRIBED_BLOCKS); number <= last;
         ++number) {
        const auto block = store.canonical_block(number);
        text += fmt::format("block {} {} {} receipts {} difficulty {}", number, to_hex(block->hash),
                            to_hex(crypto::keccak256(encode(block->block))),
                            to_hex(receipts_root(block->receipts)),
                            to_decimal(block->total_difficulty));
        for (size_t i = 0; i < block->transaction_hashes.size(); ++i) {
            const auto place = store.transaction(block->transaction_hashes[i]);
            text +=
                fmt::format(" {} at {} {}", to_hex(block->senders[i]),
                            place ? to_hex(place->block->hash) : "none", place ? place->index : 0);
        }
        text += '\n';
    }
    for (const Hash& hash : states) {
        const auto block = store.block(hash);
        const auto state = store.state(hash);
        text += fmt::format("state after {} {}\n", to_hex(hash),
                            block ? to_hex(receipts_root(block->receipts)) : "none");
        text += state ? describe(*state) : "  none\n";
    }
    return text;
}

// ---- the chains

ChainId TestChains::id_of(size_t chain) {
    return chain == 0 ? TEST_L1 : TEST_ROLLUP;
}

chain::Chain TestChains::begin(size_t chain, std::unique_ptr<chain::Store> store) {
    // In Shanghai storage can be destructed.
    const auto revision = chain == 0 ? evm::Revision::cancun : evm::Revision::shanghai;
    return {chain::ChainSpec::of(revision, id_of(chain)), genesis(), std::move(store)};
}

namespace {

constexpr StoredChainOptions OPTIONS{
    .depth = TestChains::DEPTH, .state_bytes = 20'000, .block_bytes = 5'000};

}  // namespace

TestChains::TestChains(Database& database, uint64_t seed)
    : database_(database), seed_(seed), staging_(database) {
    for (size_t i = 0; i < COUNT; ++i)
        chains_.push_back(std::make_unique<chain::Chain>(
            begin(i, std::make_unique<StoredChain>(staging_, id_of(i), OPTIONS))));
    if (database_.commits() > 0) return;
    put_cursor();
    staging_.commit();
}

StoredChain TestChains::afresh(size_t chain) {
    return StoredChain{staging_, id_of(chain), OPTIONS};
}

std::vector<TestMove> TestChains::step() {
    std::mt19937_64 random{seed_ * 1'000'003 + database_.commits()};
    std::vector<TestMove> moves;
    for (uint64_t count = 1 + random() % 2; count > 0; --count) step_of(0, random, moves);
    for (uint64_t count = random() % 4; count > 0; --count) step_of(1, random, moves);
    put_cursor();
    staging_.commit();
    return moves;
}

void TestChains::step_of(size_t index, std::mt19937_64& random, std::vector<TestMove>& moves) {
    auto& chain = *chains_[index];
    const auto near = [&] {  // one of the last blocks with a state, canonical or not
        const auto blocks = blocks_with_states(staging_, id_of(index));
        return blocks[blocks.size() - 1 - random() % std::min<size_t>(blocks.size(), 8)];
    };
    TestMove move{.chain = index, .block = nullptr, .head = {}};
    auto sealed = build_on(chain, random() % 4 == 0 ? near() : chain.head()->hash, random);
    if (!chain.store().block(sealed.block.hash)) {
        if (random() % 2 == 0) {
            const auto imported = chain.import(sealed.block.block);
            CHECK(imported.has_value());
            move.block = *imported;
        } else {
            move.block = chain.adopt(std::move(sealed));
        }
    }
    if (random() % 8 == 0) chain.set_head(near());
    move.head = chain.head()->hash;
    moves.push_back(std::move(move));
}

void TestChains::put_cursor() {
    staging_.put(column_prefix(Column::follower, TEST_L1),
                 cursor_of(chains_[0]->head()->hash, chains_[1]->head()->hash));
}

// ---- the same, undisturbed

UndisturbedChains::UndisturbedChains(uint64_t seed) : seed_(seed), chains_(*database_, seed) {
    for (size_t i = 0; i < TestChains::COUNT; ++i)
        memory_.push_back(TestChains::begin(i, chain::make_memory_store()));
}

void UndisturbedChains::advance_to(uint64_t commit) {
    while (commits() < commit)
        for (const auto& move : chains_.step()) {
            auto& chain = memory_[move.chain];
            const Hash before = chain.head()->hash;
            if (move.block) {
                ASSERT_TRUE(chain.import(move.block->block));
                ++count_.blocks;
            }
            chain.set_head(move.head);
            const auto still =
                chain.store().canonical_block(chain.store().block(before)->header().number);
            if (!still || still->hash != before) ++count_.reorganisations;
        }
}

UndisturbedChains::Count UndisturbedChains::count() const {
    auto count = count_;
    for (size_t i = 0; i < TestChains::COUNT; ++i)
        for (uint64_t n = 0; n <= memory_[i].head()->header().number; ++n)
            if (!chains_.store(i).state(memory_[i].store().canonical_block(n)->hash))
                ++count.pruned;
    return count;
}

void UndisturbedChains::expect_same(Database& database) const {
    ASSERT_EQ(database.commits(), commits());
    EXPECT_TRUE(rows_of(database) == rows_of(*database_)) << "other rows than without the kills";
    TestChains chains{database, seed_};
    for (size_t i = 0; i < TestChains::COUNT; ++i) {
        SCOPED_TRACE(i == 0 ? "L1" : "rollup");
        const ChainId id = TestChains::id_of(i);
        const auto kept = blocks_with_states(database, id);
        EXPECT_EQ(describe(chains.store(i), kept), describe_chain(i, kept));
        Staging staging{database};
        const ChainRows rows{staging, id, TestChains::DEPTH};
        EXPECT_TRUE(nodes_of_states(rows, id, kept) == nodes_that_are_there(database, id))
            << "other nodes than those of the states that are kept";
    }
    EXPECT_EQ(chains.staging().get(column_prefix(Column::follower, TEST_L1)),
              cursor_of(memory_[0].head()->hash, memory_[1].head()->hash));
}

}  // namespace scope::store
