#include "store/stored_chain.hpp"

#include <algorithm>

#include "crypto/keccak.hpp"

namespace scope::store {

namespace {

/// States that are kept open. Those of one chain have most in common, but each holds what its block
/// changed.
constexpr size_t OPEN_STATES = 4;

class ChangesOfState final : public state::StateSink {
  public:
    explicit ChangesOfState(StateChanges& into) : into_(into) {}
    trie::NodeSink& of_trie(const state::TrieOwner& owner) override {
        return trie_.emplace(into_, owner);
    }
    void code(const Hash& hash, BytesView bytes) override {
        into_.codes.emplace_back(hash, to_bytes(bytes));
    }

  private:
    StateChanges& into_;
    std::optional<ChangesOfTrie> trie_;
};

/// Returns what makes these accounts of no state.
state::StateDiff diff_to(const state::MemoryState& state) {
    state::StateDiff diff;
    for (const auto& [address, genesis] : state.dump()) {
        state::AccountDiff& change = diff.accounts.emplace_back();
        change.address = address;
        change.account = state.account(address);
        if (!genesis.code.empty()) change.code = state.code(address);
        change.storage.assign(genesis.storage.begin(), genesis.storage.end());
    }
    return diff;
}

/// Returns all that leads to a state from one that has this root.
state::StateDiff changes_since(const Hash& root, const state::StoredState& state) {
    std::vector<state::StoredState::Origin> steps;
    for (const auto* at = &state; at->state_root() != root; at = steps.back().before.get()) {
        steps.push_back(at->origin());
        CHECK(steps.back().before != nullptr);
    }
    state::StateDiff all;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step)
        std::ranges::copy(step->diff->accounts, std::back_inserter(all.accounts));
    return all;
}

state::StoredState::Ptr after(const state::StoredState& before, const state::StateDiff& diff) {
    return std::static_pointer_cast<const state::StoredState>(before.after(diff));
}

}  // namespace

/// The rows of one chain as its states read them. It outlives the chain where they do.
class StoredChain::Source final : public state::StateSource {
  public:
    Source(const ChainRows& rows, std::shared_ptr<std::shared_mutex> mutex)
        : rows_(rows), mutex_(std::move(mutex)) {}

    [[nodiscard]] std::unique_ptr<trie::NodeSource> nodes(
        const state::TrieOwner& owner) const override {
        return rows_.nodes(owner);
    }
    [[nodiscard]] std::optional<trie::NodeVersion> storage_root(
        const Hash& owner, const Hash& root, const state::StatePlace& state) const override {
        const std::shared_lock lock{*mutex_};
        return rows_.find_root(owner, root, state.block);
    }
    [[nodiscard]] std::optional<Bytes> code(const Hash& hash) const override {
        return rows_.code(hash);
    }

  private:
    ChainRows rows_;
    std::shared_ptr<std::shared_mutex> mutex_;
};

StoredChain::StoredChain(Staging& rows, ChainId chain, const StoredChainOptions& options)
    : options_(options),
      staging_(rows),
      rows_(rows, chain, options.depth),
      mutex_(std::make_shared<std::shared_mutex>()),
      source_(std::make_shared<const Source>(rows_, mutex_)),
      blocks_(options.block_bytes),
      states_(OPEN_STATES) {}

StoredChain::~StoredChain() = default;

// ---- blocks

void StoredChain::put_block(chain::StoredBlockPtr block,
                            std::shared_ptr<const state::WorldState> state) {
    if (rows_.header(block->hash)) return;
    const Hash& parent = block->header().parent_hash;
    const StatePtr after = rows_.head() ? state_on(parent, *state) : state_of_first(*state);
    const StatePtr before = after->origin().before;
    const Hash root = after->state_root();
    const uint64_t sequence = rows_.next_sequence();
    StateChanges changes;
    ChangesOfState sink{changes};
    after->visit_changes(sequence, sink);
    uint64_t root_sequence = sequence;
    if (root == trie::EMPTY_ROOT)
        root_sequence = 0;
    else if (root == before->state_root())
        root_sequence = before->place()->root.sequence;
    {
        const std::unique_lock lock{*mutex_};
        rows_.put_block(*block);
        rows_.put_state(block->hash, {root, sequence, root_sequence}, changes);
    }
    after->mark_stored(block->hash, sequence);
    // A state that nobody else holds takes the nodes with it that only older blocks had.
    for (auto& old : states_.put(block->hash, after->within(options_.state_bytes), 1))
        staging_.hold(std::move(old));
    blocks_.put(block->hash, block, size_in_memory(*block) - block->state_bytes);
}

chain::StoredBlockPtr StoredChain::block(const Hash& hash) const {
    if (auto block = blocks_.find(hash)) return block;
    const std::shared_lock lock{*mutex_};
    auto block = rows_.block(hash);
    if (block) blocks_.put(hash, block, size_in_memory(*block) - block->state_bytes);
    return block;
}

chain::StoredBlockPtr StoredChain::block_at(const std::optional<Hash>& hash) const {
    return hash ? block(*hash) : nullptr;
}

// ---- states

std::shared_ptr<const state::WorldState> StoredChain::state(const Hash& block_hash) const {
    return state_of(block_hash);
}

StoredChain::StatePtr StoredChain::state_of(const Hash& block) const {
    // Under the lock to the end, so that none is put that has been pruned meanwhile.
    const std::shared_lock lock{*mutex_};
    if (auto state = states_.find(block)) return state;
    const auto row = rows_.state(block);
    if (!row) return nullptr;
    auto state = state::StoredState::open(
        source_,
        {.block = block, .root = {row->root, row->root_sequence}, .sequence = row->sequence});
    states_.put(block, state, 1);
    return state;
}

/// Returns the state of the first block as one that can be stored.
StoredChain::StatePtr StoredChain::state_of_first(const state::WorldState& state) const {
    const auto* const memory = dynamic_cast<const state::MemoryState*>(&state);
    CHECK(memory != nullptr);
    return after(*state::StoredState::empty(source_), diff_to(*memory));
}

/// Returns a state as one that was made from that of the block @p parent, as it is stored here.
StoredChain::StatePtr StoredChain::state_on(const Hash& parent,
                                            const state::WorldState& state) const {
    const auto* const given = dynamic_cast<const state::StoredState*>(&state);
    CHECK(given != nullptr);
    if (const StatePtr before = given->origin().before; before && before->is_of(*source_))
        if (const auto place = before->place(); place && place->block == parent)
            return given->shared_from_this();
    // It was made from one that isn't stored, as a devnet's forced states, or not here: its nodes are
    // made again.
    const StatePtr before = state_of(parent);
    CHECK(before != nullptr);
    return after(*before, changes_since(before->state_root(), *given));
}

void StoredChain::forget() {
    const std::unique_lock lock{*mutex_};
    source_ = std::make_shared<const Source>(rows_, mutex_);
    const auto all = [](const Hash&) { return true; };
    states_.erase_if(all);
    blocks_.erase_if(all);
}

// ---- the canonical chain

void StoredChain::set_head(const Hash& head) {
    const std::unique_lock lock{*mutex_};
    rows_.set_head(head);
    states_.erase_if([&](const Hash& block) { return !rows_.state(block).has_value(); });
}

void StoredChain::keep_states(uint64_t from_number) {
    const std::unique_lock lock{*mutex_};
    rows_.keep_states(from_number);
}

chain::StoredBlockPtr StoredChain::head() const {
    return block_at(rows_.head());
}

chain::StoredBlockPtr StoredChain::canonical_block(uint64_t number) const {
    return block_at(rows_.canonical(number));
}

std::optional<chain::TransactionPlace> StoredChain::transaction(const Hash& hash) const {
    std::optional<ChainRows::Place> place;
    {
        const std::shared_lock lock{*mutex_};
        place = rows_.transaction(hash);
    }
    if (!place) return std::nullopt;
    return chain::TransactionPlace{block(place->block), place->index};
}

// ---- blobs

void StoredChain::put_blob(const Hash& versioned_hash, chain::StoredBlobPtr blob) {
    rows_.put_blob(versioned_hash, *blob);
}

chain::StoredBlobPtr StoredChain::blob(const Hash& versioned_hash) const {
    return rows_.blob(versioned_hash);
}

}  // namespace scope::store
