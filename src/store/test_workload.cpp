#include "store/test_workload.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"
#include "store/numbers.hpp"
#include "trie/stored_node.hpp"

namespace scope::store {

namespace {

Hash random_hash(std::mt19937_64& random) {
    Hash hash;
    for (auto& byte : hash.bytes) byte = static_cast<uint8_t>(random());
    return hash;
}

Bytes random_bytes(std::mt19937_64& random, size_t size) {
    Bytes bytes(size);
    for (auto& byte : bytes) byte = static_cast<uint8_t>(random());
    return bytes;
}

/// Returns one of few places, so that blocks write the same ones.
TestPlace random_place(std::mt19937_64& random) {
    Owner owner;
    if (random() % 3 == 0) {
        owner.emplace();
        owner->bytes[31] = static_cast<uint8_t>(random() % 3);
    }
    trie::NodePath path;
    for (size_t size = random() % 4; size > 0; --size) path = path.then(random() % 3);
    return {owner, path};
}

/// Returns the bytes of a node that nobody decodes but for where it ends.
Bytes made_up_node(std::mt19937_64& random, uint64_t sequence) {
    trie::StoredNode node;
    node.rlp = random_bytes(random, 40);
    node.rlp[0] = 0xc0 + 39;
    return trie::encode_stored(node, sequence);
}

Transaction made_up_transaction(std::mt19937_64& random, uint64_t nonce) {
    Transaction tx;
    tx.nonce = nonce;
    tx.gas_limit = 21'000;
    tx.to = Address{};
    tx.data = random_bytes(random, random() % 100);
    tx.r = uint256{1u};
    tx.s = uint256{1u};
    return tx;
}

Receipt made_up_receipt(std::mt19937_64& random) {
    Receipt receipt;
    receipt.success = random() % 2 == 0;
    receipt.cumulative_gas_used = random() % 1'000'000;
    if (random() % 2 == 0)
        receipt.logs.push_back({Address{}, {random_hash(random)}, random_bytes(random, 20)});
    receipt.logs_bloom = bloom_of(receipt.logs);
    return receipt;
}

/// @param known  The transactions of its ancestors, and then its own too.
chain::StoredBlock made_up_block(std::mt19937_64& random, const chain::StoredBlock* parent,
                                 uint64_t& nonce, std::set<Hash> known) {
    chain::StoredBlock stored;
    auto& header = stored.block.header;
    if (parent != nullptr) {
        header.parent_hash = parent->hash;
        header.number = parent->header().number + 1;
    }
    header.state_root = random_hash(random);
    header.extra_data = random_bytes(random, 8);
    for (uint64_t count = random() % 4; count > 0; --count) {
        // Some stand on both sides of a branch.
        const uint64_t number = random() % 3 == 0 && nonce > 0 ? nonce - 1 : nonce++;
        std::mt19937_64 of_transaction{number};
        auto tx = made_up_transaction(of_transaction, number);
        const Hash id = hash(tx);
        if (!known.insert(id).second) continue;
        stored.transaction_hashes.push_back(id);
        stored.senders.push_back(Address{});
        stored.receipts.push_back(made_up_receipt(random));
        stored.block.transactions.push_back(std::move(tx));
    }
    if (random() % 2 == 0) stored.requests.push_back(random_bytes(random, 9));
    stored.total_difficulty = uint256{header.number};
    stored.state_bytes = random() % 100'000;
    stored.hash = hash(header);
    return stored;
}

}  // namespace

TestChain::TestChain(Staging& rows, ChainId chain, PruneDepth depth)
    : rows_(rows, chain, depth), chain_(chain), depth_(depth) {}

void TestChain::step(std::mt19937_64& random) {
    if (canonical_.empty()) return set_head(put(Hash{}, random).block->hash);
    Hash parent = canonical_.back();
    if (random() % 4 == 0) {
        auto near = kept();
        std::erase_if(near, [&](const Hash& hash) {
            return blocks_.at(hash).block->header().number + 6 < canonical_.size();
        });
        parent = *std::next(near.begin(), static_cast<std::ptrdiff_t>(random() % near.size()));
    }
    const auto& block = put(parent, random);
    if (parent == canonical_.back() || random() % 3 == 0) set_head(block.block->hash);
}

void TestChain::go_back(uint64_t back) {
    if (canonical_.size() > back + 1 && canonical_.size() - 1 - back >= pruned_)
        set_head(canonical_[canonical_.size() - 1 - back]);
}

const TestBlock& TestChain::put(const Hash& parent, std::mt19937_64& random) {
    const auto found = blocks_.find(parent);
    const TestBlock* const before = found == blocks_.end() ? nullptr : &found->second;
    auto block = std::make_shared<chain::StoredBlock>(
        made_up_block(random, before == nullptr ? nullptr : before->block.get(), nonce_,
                      transactions_up_to(parent)));
    TestBlock after;
    const uint64_t sequence = rows_.next_sequence();
    if (before != nullptr) after.state = before->state;
    StateChanges changes;
    std::set<TestPlace> changed;
    for (uint64_t count = random() % 12; count > 0; --count) {
        const auto place = random_place(random);
        if (!changed.insert(place).second) continue;
        if (const auto old = after.state.find(place); old != after.state.end()) {
            changes.replaced.push_back({place.first, place.second, old->second});
            after.state.erase(old);
            if (random() % 3 == 0) continue;
        }
        after.state[place] = sequence;
        changes.written.push_back({place.first, place.second, made_up_node(random, sequence)});
    }
    if (random() % 8 == 0)
        changes.codes.emplace_back(random_hash(random), random_bytes(random, 30));
    const bool is_same = changes.written.empty() && before != nullptr;
    after.state_row = {block->header().state_root, sequence,
                       is_same ? before->state_row.root_sequence : sequence};
    rows_.put_block(*block);
    rows_.put_state(block->hash, after.state_row, changes);
    after.block = std::move(block);
    const Hash hash = after.block->hash;
    return blocks_.insert_or_assign(hash, std::move(after)).first->second;
}

std::set<Hash> TestChain::transactions_up_to(const Hash& block) const {
    std::set<Hash> transactions;
    Hash at = block;
    for (auto found = blocks_.find(at); found != blocks_.end(); found = blocks_.find(at)) {
        const auto& hashes = found->second.block->transaction_hashes;
        transactions.insert(hashes.begin(), hashes.end());
        at = found->second.block->header().parent_hash;
    }
    return transactions;
}

void TestChain::set_head(const Hash& head) {
    rows_.set_head(head);
    std::vector<Hash> added;
    Hash at = head;
    for (auto found = blocks_.find(at); found != blocks_.end(); found = blocks_.find(at)) {
        added.push_back(at);
        at = found->second.block->header().parent_hash;
    }
    canonical_.assign(added.rbegin(), added.rend());
    if (depth_ && canonical_.size() > *depth_)
        pruned_ = std::max(pruned_, canonical_.size() - 1 - *depth_);
}

std::set<Hash> TestChain::kept() const {
    std::set<Hash> kept;
    for (const auto& [hash, block] : blocks_)
        if (!is_on_pruned(block)) kept.insert(hash);
    return kept;
}

/// Whether a block stands beside or below the last canonical block that was pruned at, or on one
/// that does.
bool TestChain::is_on_pruned(const TestBlock& block) const {
    if (!depth_ || canonical_.size() <= pruned_) return false;
    const auto* at = &block;
    while (at->block->header().number > pruned_) at = &blocks_.at(at->block->header().parent_hash);
    const uint64_t number = at->block->header().number;
    return number < pruned_ || canonical_[number] != at->block->hash;
}

std::string TestChain::difference(const Rows& all) const {
    const auto blocks = difference_of_blocks();
    return blocks.empty() ? difference_of_nodes(all) : blocks;
}

std::string TestChain::difference_of_blocks() const {
    std::map<Hash, ChainRows::Place> places;
    if (rows_.head() != (canonical_.empty() ? std::nullopt : std::optional{canonical_.back()}))
        return "the head";
    for (size_t n = 0; n < canonical_.size(); ++n) {
        if (rows_.canonical(n) != canonical_[n]) return fmt::format("canonical block {}", n);
        const auto& hashes = blocks_.at(canonical_[n]).block->transaction_hashes;
        for (size_t i = 0; i < hashes.size(); ++i) places[hashes[i]] = {canonical_[n], i};
    }
    if (rows_.canonical(canonical_.size())) return "a canonical block behind the head";
    for (const auto& [hash, block] : blocks_) {
        const auto& [stored, state_row, state] = block;
        const auto read = rows_.block(hash);
        if (!read || read->hash != hash || read->block != stored->block ||
            read->receipts != stored->receipts || read->senders != stored->senders ||
            read->transaction_hashes != stored->transaction_hashes ||
            read->requests != stored->requests || read->state_bytes != stored->state_bytes ||
            read->total_difficulty != stored->total_difficulty)
            return "block " + to_hex(hash);
        for (const auto& transaction : stored->transaction_hashes) {
            const auto place = rows_.transaction(transaction);
            const auto wanted = places.find(transaction);
            if (place.has_value() != (wanted != places.end())) return "whether a place is there";
            if (place &&
                (place->block != wanted->second.block || place->index != wanted->second.index))
                return "the place of " + to_hex(transaction);
        }
    }
    return {};
}

std::string TestChain::difference_of_nodes(const Rows& all) const {
    const auto kept = this->kept();
    std::set<Bytes> needed;
    for (const auto& [hash, block] : blocks_) {
        const bool is_kept = kept.contains(hash);
        const auto state = rows_.state(hash);
        if (state.has_value() != is_kept) return "whether there is a state after " + to_hex(hash);
        if (!is_kept) continue;
        if (*state != block.state_row) return "the state after " + to_hex(hash);
        for (const auto& [place, sequence] : block.state) {
            needed.insert(node_key(chain_, place.first, place.second, sequence));
            const auto node = rows_.nodes(place.first)->node(place.second, {Hash{}, sequence});
            if (!node || node->rlp.size() != 40) return "a node of " + to_hex(hash);
            if (place.second.size == 0 &&
                rows_.find_root(place.first, crypto::keccak256(node->rlp), hash) !=
                    trie::NodeVersion{crypto::keccak256(node->rlp), sequence})
                return "the version of a root";
        }
    }
    std::set<Bytes> there;
    all.scan(column_prefix(Column::node, chain_), Order::ascending, [&](BytesView key, BytesView) {
        there.insert(to_bytes(key));
        return true;
    });
    std::vector<Bytes> other;
    std::ranges::set_symmetric_difference(needed, there, std::back_inserter(other));
    if (!other.empty())
        return fmt::format("{}: {}", needed.contains(other[0]) ? "missing" : "left over",
                           describe_key(other[0]));
    return {};
}

TestWorkload::TestWorkload(Staging& staging, uint64_t seed, PruneDepth depth)
    : staging_(staging),
      seed_(seed),
      l1_(staging, TEST_L1, depth),
      rollup_(staging, TEST_ROLLUP, depth),
      blobs_(staging, TEST_L1, depth) {}

void TestWorkload::step() {
    std::mt19937_64 random{seed_ * 1'000'003 + steps_};
    for (uint64_t count = 1 + random() % 2; count > 0; --count) l1_.step(random);
    for (uint64_t count = random() % 4; count > 0; --count) rollup_.step(random);
    if (random() % 8 == 0) l1_.go_back(random() % 3);
    if (random() % 8 == 0) rollup_.go_back(random() % 3);
    const Hash blob = random_hash(random);
    if (random() % 4 == 0) {
        auto stored = std::make_unique<chain::StoredBlob>();
        stored->blob[31] = 7;
        blobs_.put_blob(blob, *stored);
    }
    staging_.put(column_prefix(Column::follower, TEST_L1), random_bytes(random, 40));
    ++steps_;
    staging_.commit();
}

std::string TestWorkload::difference() const {
    if (auto difference = l1_.difference(staging_); !difference.empty()) return "L1: " + difference;
    if (auto difference = rollup_.difference(staging_); !difference.empty())
        return "rollup: " + difference;
    return {};
}

std::map<Bytes, Bytes> rows_of(const Rows& rows) {
    std::map<Bytes, Bytes> all;
    rows.scan({}, Order::ascending, [&](BytesView key, BytesView value) {
        const auto column = static_cast<Column>(key[0]);
        if (column != Column::identity && column != Column::commit)
            all.emplace(to_bytes(key), to_bytes(value));
        return true;
    });
    return all;
}

}  // namespace scope::store
