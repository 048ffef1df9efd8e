#include "store/chain_rows.hpp"

#include <algorithm>

#include "crypto/keccak.hpp"
#include "store/numbers.hpp"
#include "store/row_encoding.hpp"
#include "trie/stored_node.hpp"

namespace scope::store {

namespace {

constexpr uint64_t FIRST_SEQUENCE = 1;
/// Heights that one new head prunes at most, so that a smaller depth than before doesn't make one
/// commit of all that it deletes.
constexpr uint64_t MAX_PRUNED_AT_ONCE = 64;
/// Versions of a root that are read before it is asked which block wrote one.
constexpr size_t VERSIONS_AT_ONCE = 8;

/// The nodes of one trie as rows.
class NodesOfRows final : public trie::NodeSource {
  public:
    NodesOfRows(const Rows& rows, ChainId chain, const Owner& owner)
        : rows_(rows), chain_(chain), owner_(owner) {}

    [[nodiscard]] Result<trie::StoredNode, trie::NodeError> node(
        const trie::NodePath& path, const trie::NodeVersion& version) const override {
        const auto row = rows_.get(node_key(chain_, owner_, path, version.sequence));
        if (!row) return std::unexpected{trie::NodeError::missing_node};
        return trie::decode_stored(*row, version.sequence);
    }

  private:
    const Rows& rows_;
    ChainId chain_;
    Owner owner_;
};

}  // namespace

// ---- blocks

void ChainRows::put_block(const chain::StoredBlock& block) {
    rows_.put(hash_key(Column::header, chain_, block.hash), encode_header_row(block));
    rows_.put(hash_key(Column::body, chain_, block.hash), encode_body_row(block));
    rows_.put(hash_key(Column::receipts, chain_, block.hash), encode_receipts_row(block.receipts));
    last_put_ = {block.hash, block.transaction_hashes};
}

chain::StoredBlockPtr ChainRows::block(const Hash& hash) const {
    const auto header_key = hash_key(Column::header, chain_, hash);
    const auto header = rows_.get(header_key);
    if (!header) return nullptr;
    const auto row = decode_header_row(header_key, *header);
    auto block = std::make_shared<chain::StoredBlock>();
    block->hash = hash;
    block->total_difficulty = row.total_difficulty;
    block->state_bytes = row.state_bytes;

    const auto body_key = hash_key(Column::body, chain_, hash);
    const auto body = rows_.get(body_key);
    if (!body) refuse_row(body_key, "missing, and its header is there");
    decode_body_row(body_key, *body, *block);
    if (block->block.header != row.header) refuse_row(body_key, "the body of another block");

    const auto receipts_key = hash_key(Column::receipts, chain_, hash);
    const auto receipts = rows_.get(receipts_key);
    if (!receipts) refuse_row(receipts_key, "missing, and its header is there");
    block->receipts = decode_receipts_row(receipts_key, *receipts);
    return block;
}

std::optional<BlockHeader> ChainRows::header(const Hash& hash) const {
    const auto key = hash_key(Column::header, chain_, hash);
    const auto row = rows_.get(key);
    if (!row) return std::nullopt;
    return decode_header_row(key, *row).header;
}

BlockHeader ChainRows::header_that_is_there(const Hash& hash) const {
    auto found = header(hash);
    if (!found) refuse_row(hash_key(Column::header, chain_, hash), "missing, and others name it");
    return std::move(*found);
}

// ---- the canonical chain

void ChainRows::set_head(const Hash& head) {
    const auto before = this->head();
    std::optional header = header_that_is_there(head);
    const uint64_t number = header->number;
    // From the head down to where both chains are one, or where the first block is.
    std::vector<std::pair<uint64_t, Hash>> added;
    for (Hash at = head; header && canonical(header->number) != at; header = this->header(at)) {
        added.emplace_back(header->number, at);
        at = header->parent_hash;
    }
    if (before) {
        const uint64_t first = added.empty() ? number + 1 : added.back().first;
        for (uint64_t n = header_that_is_there(*before).number + 1; n > first; --n)
            unmake_canonical(n - 1);
    } else {
        const auto key = value_key(chain_, ChainValue::head);
        if (header) refuse_row(key, "missing, and canonical blocks are there");
        rows_.put(value_key(chain_, ChainValue::pruned), encode_number_row(added.back().first));
    }
    for (const auto& [n, hash] : added) make_canonical(n, hash);
    rows_.put(value_key(chain_, ChainValue::head), to_bytes(head));
    prune(number);
}

void ChainRows::make_canonical(uint64_t number, const Hash& hash) {
    rows_.put(number_key(Column::canonical, chain_, number), to_bytes(hash));
    const auto hashes = transaction_hashes(hash);
    for (size_t i = 0; i < hashes.size(); ++i)
        rows_.put(hash_key(Column::place, chain_, hashes[i]), encode_place_row({number, i}));
}

void ChainRows::unmake_canonical(uint64_t number) {
    const auto hash = canonical(number);
    if (!hash) return;
    for (const auto& transaction : transaction_hashes(*hash))
        rows_.erase(hash_key(Column::place, chain_, transaction));
    rows_.erase(number_key(Column::canonical, chain_, number));
}

std::vector<Hash> ChainRows::transaction_hashes(const Hash& block) const {
    if (last_put_.first == block) return last_put_.second;
    const auto key = hash_key(Column::body, chain_, block);
    const auto row = rows_.get(key);
    if (!row) refuse_row(key, "missing, and its header is there");
    return decode_transaction_hashes(key, *row);
}

std::optional<Hash> ChainRows::head() const {
    const auto key = value_key(chain_, ChainValue::head);
    const auto row = rows_.get(key);
    if (!row) return std::nullopt;
    return decode_hash_row(key, *row);
}

std::optional<Hash> ChainRows::canonical(uint64_t number) const {
    const auto key = number_key(Column::canonical, chain_, number);
    const auto row = rows_.get(key);
    if (!row) return std::nullopt;
    return decode_hash_row(key, *row);
}

std::optional<ChainRows::Place> ChainRows::transaction(const Hash& hash) const {
    const auto key = hash_key(Column::place, chain_, hash);
    const auto row = rows_.get(key);
    if (!row) return std::nullopt;
    const auto place = decode_place_row(key, *row);
    const auto block = canonical(place.block_number);
    if (!block) refuse_row(key, "it names a block that isn't canonical");
    return Place{*block, place.index};
}

// ---- states

uint64_t ChainRows::next_sequence() const {
    const auto key = value_key(chain_, ChainValue::next_sequence);
    const auto row = rows_.get(key);
    return row ? decode_sequence_row(key, *row) : FIRST_SEQUENCE;
}

std::optional<uint64_t> ChainRows::number(ChainValue name) const {
    const auto key = value_key(chain_, name);
    const auto row = rows_.get(key);
    if (!row) return std::nullopt;
    return decode_number_row(key, *row);
}

void ChainRows::put_state(const Hash& block, const State& state, const StateChanges& changes) {
    CHECK(state.sequence == next_sequence() && state.root_sequence <= state.sequence);
    const auto header = header_that_is_there(block);
    CHECK(header.state_root == state.root);
    const auto parent = this->header(header.parent_hash);
    CHECK(!parent || state_row(parent->number, header.parent_hash));
    for (const auto& [owner, path, node] : changes.written)
        rows_.put(node_key(chain_, owner, path, state.sequence), node);
    for (const auto& [hash, bytes] : changes.codes)
        rows_.put(hash_key(Column::code, chain_, hash), bytes);
    rows_.put(block_key(Column::changes, chain_, header.number, block),
              encode_changes_row(changes, state.sequence));
    rows_.put(block_key(Column::state, chain_, header.number, block),
              encode_state_row({state.sequence, state.root_sequence}));
    rows_.put(value_key(chain_, ChainValue::next_sequence), encode_number_row(state.sequence + 1));
}

std::optional<ChainRows::State> ChainRows::state(const Hash& block) const {
    const auto header = this->header(block);
    if (!header) return std::nullopt;
    const auto row = state_row(header->number, block);
    if (!row) return std::nullopt;
    return State{header->state_root, row->sequence, row->root_sequence};
}

std::optional<StateRow> ChainRows::state_row(uint64_t number, const Hash& block) const {
    const auto key = block_key(Column::state, chain_, number, block);
    const auto row = rows_.get(key);
    if (!row) return std::nullopt;
    return decode_state_row(key, *row);
}

std::unique_ptr<trie::NodeSource> ChainRows::nodes(const Owner& owner) const {
    return std::make_unique<NodesOfRows>(rows_, chain_, owner);
}

std::optional<trie::NodeVersion> ChainRows::find_root(const Owner& owner, const Hash& hash,
                                                      const Hash& block) const {
    const auto state = this->state(block);
    if (!state) return std::nullopt;
    uint64_t last = state->sequence;
    for (bool is_first = true, is_over = false; !is_over; is_first = false) {
        std::vector<uint64_t> found;  // the last first
        size_t read = 0;
        is_over = true;
        rows_.scan_from(node_key(chain_, owner, {}, last), versions_prefix(chain_, owner, {}),
                        Order::descending, [&](BytesView key, BytesView value) {
                            last = read_u64(key.last(8));
                            const auto node = trie::decode_stored(value, last);
                            if (!node) refuse_row(key, to_string(node.error()));
                            if (crypto::keccak256(node->rlp) == hash) found.push_back(last);
                            is_over = ++read < VERSIONS_AT_ONCE || found.empty();
                            return is_over;
                        });
        if (is_first && is_over && found.size() == 1) return trie::NodeVersion{hash, found[0]};
        for (const uint64_t sequence : found)
            if (is_below(sequence, block)) return trie::NodeVersion{hash, sequence};
        if (last == 0) break;
        --last;
    }
    return std::nullopt;
}

bool ChainRows::is_below(uint64_t sequence, const Hash& block) const {
    // Down the block's own branch, to where it is canonical. A block's sequence is above its parent's.
    auto header = header_that_is_there(block);
    for (Hash at = block; canonical(header.number) != at;) {
        const auto state = state_row(header.number, at);
        if (!state) return true;  // as below
        if (state->sequence <= sequence) return state->sequence == sequence;
        at = header.parent_hash;
        auto parent = this->header(at);
        if (!parent) return false;
        header = std::move(*parent);
    }
    // What is older than all states that are kept was written below all of them: what others wrote
    // is deleted.
    uint64_t low = first_kept();
    uint64_t high = header.number;
    if (sequence <= canonical_sequence(low)) return true;
    while (low < high) {
        const uint64_t middle = low + (high - low + 1) / 2;
        if (canonical_sequence(middle) <= sequence)
            low = middle;
        else
            high = middle - 1;
    }
    return canonical_sequence(low) == sequence;
}

uint64_t ChainRows::first_kept() const {
    const uint64_t next = number(ChainValue::pruned).value_or(0);
    if (next == 0) return 0;
    const auto before = canonical(next - 1);
    return before && state_row(next - 1, *before) ? next - 1 : next;
}

uint64_t ChainRows::canonical_sequence(uint64_t number) const {
    const auto block = canonical(number);
    if (!block) refuse_row(number_key(Column::canonical, chain_, number), "missing");
    const auto state = state_row(number, *block);
    if (!state) refuse_row(block_key(Column::state, chain_, number, *block), "missing");
    return state->sequence;
}

std::optional<Bytes> ChainRows::code(const Hash& hash) const {
    return rows_.get(hash_key(Column::code, chain_, hash));
}

// ---- pruning

void ChainRows::prune(uint64_t head_number) {
    if (!depth_) return;
    uint64_t next = number(ChainValue::pruned).value_or(0);
    for (uint64_t count = 0; count < MAX_PRUNED_AT_ONCE; ++count, ++next) {
        if (head_number < *depth_ || next > std::min(head_number - *depth_, keep_from_)) break;
        prune_height(next);
    }
    rows_.put(value_key(chain_, ChainValue::pruned), encode_number_row(next));
}

/// Deletes what no state needs any more when those before the canonical block of this height aren't
/// kept, nor those of other blocks of it.
void ChainRows::prune_height(uint64_t number) {
    const auto kept = canonical(number);
    if (!kept) refuse_row(number_key(Column::canonical, chain_, number), "missing");
    std::vector<Hash> abandoned;
    for (const auto& block : blocks_with_state(number))
        if (block != *kept) abandoned.push_back(block);
    for (uint64_t above = number; !abandoned.empty(); ++above) {
        for (const auto& block : abandoned) forget_abandoned(above, block);
        abandoned = children(abandoned, above + 1);
    }
    if (const auto state = state_row(number, *kept))
        for (const auto& [owner, path, sequence] : changes(number, *kept, state->sequence).replaced)
            rows_.erase(node_key(chain_, owner, path, sequence));
    rows_.erase(block_key(Column::changes, chain_, number, *kept));
    if (number == 0) return;
    for (const auto& block : blocks_with_state(number - 1))
        rows_.erase(block_key(Column::state, chain_, number - 1, block));
}

void ChainRows::forget_abandoned(uint64_t number, const Hash& block) {
    const auto state = state_row(number, block);
    if (!state) return;
    for (const auto& [owner, path] : changes(number, block, state->sequence).written)
        rows_.erase(node_key(chain_, owner, path, state->sequence));
    rows_.erase(block_key(Column::changes, chain_, number, block));
    rows_.erase(block_key(Column::state, chain_, number, block));
}

std::vector<Hash> ChainRows::children(const std::vector<Hash>& parents, uint64_t number) const {
    auto blocks = blocks_with_state(number);
    std::erase_if(blocks, [&](const Hash& block) {
        const Hash parent = header_that_is_there(block).parent_hash;
        return std::ranges::find(parents, parent) == parents.end();
    });
    return blocks;
}

std::vector<Hash> ChainRows::blocks_with_state(uint64_t number) const {
    std::vector<Hash> blocks;
    rows_.scan(number_key(Column::state, chain_, number), Order::ascending,
               [&](BytesView key, BytesView) {
                   blocks.push_back(block_hash_of(key));
                   return true;
               });
    return blocks;
}

ChangedPlaces ChainRows::changes(uint64_t number, const Hash& block, uint64_t sequence) const {
    const auto key = block_key(Column::changes, chain_, number, block);
    const auto row = rows_.get(key);
    if (!row) refuse_row(key, "missing, and its state is there");
    return decode_changes_row(key, *row, sequence);
}

// ---- blobs

void ChainRows::put_blob(const Hash& versioned_hash, const chain::StoredBlob& blob) {
    rows_.put(hash_key(Column::blob, chain_, versioned_hash), encode_blob_row(blob));
}

chain::StoredBlobPtr ChainRows::blob(const Hash& versioned_hash) const {
    const auto key = hash_key(Column::blob, chain_, versioned_hash);
    const auto row = rows_.get(key);
    return row ? decode_blob_row(key, *row) : nullptr;
}

void ChainRows::erase_blob(const Hash& versioned_hash) {
    rows_.erase(hash_key(Column::blob, chain_, versioned_hash));
}

}  // namespace scope::store
