#include "state/stored_state.hpp"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <iterator>
#include <mutex>

#include "crypto/keccak.hpp"
#include "evm/analysis.hpp"
#include "rlp/decode.hpp"
#include "rlp/encode.hpp"
#include "state/persistent_map.hpp"
#include "state/unavailable.hpp"

namespace scope::state {

namespace {

/// Bytes that a node that was read adds, and an account or a slot that may be new, roughly; when the
/// sum says that it may be too much, it is measured.
constexpr size_t ESTIMATED_NODE_SIZE = 1280;
constexpr size_t ESTIMATED_CHANGE_SIZE = 640;
/// Storage tries that a state keeps open because they were read.
constexpr size_t MAX_OPENED = 4096;

/// The nodes that were read for a state, and for those that it was made from or that were made from it.
using ReadCount = std::shared_ptr<std::atomic<size_t>>;

/// Calls @p read; what the machine gets wrong meanwhile is Unavailable.
template <typename F>
auto reading(F read) {
    try {
        return read();
    } catch (const Unavailable&) {
        throw;
    } catch (const std::runtime_error& error) {
        std::throw_with_nested(Unavailable{error.what()});
    }
}

/// Returns what an operation of a trie gave, whose nodes could all be read.
template <typename T>
T available(Result<T, trie::NodeError> result) {
    if (!result) throw Unavailable{std::string{trie::to_string(result.error())}};
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

Hash decode_slot(BytesView bytes) {
    rlp::Reader reader{bytes};
    const auto value = reader.u256();
    if (!value || !reader.at_end()) throw Unavailable{"not a slot's value"};
    return to_be(*value);
}

/// Nodes that a source gives, counted.
class CountedNodes final : public trie::NodeSource {
  public:
    CountedNodes(std::unique_ptr<trie::NodeSource> nodes, ReadCount count)
        : nodes_(std::move(nodes)), count_(std::move(count)) {}
    [[nodiscard]] Result<trie::StoredNode, trie::NodeError> node(
        const trie::NodePath& path, const trie::NodeVersion& version) const override {
        count_->fetch_add(1, std::memory_order_relaxed);
        return nodes_->node(path, version);
    }

  private:
    std::unique_ptr<trie::NodeSource> nodes_;
    ReadCount count_;
};

}  // namespace

/// A storage trie, and what gives its nodes.
struct StoredState::Storage {
    std::shared_ptr<const trie::NodeSource> nodes;
    trie::Trie trie;

    static Storage open(const StateSource& source, const Hash& owner, const trie::NodeVersion& root,
                        const ReadCount& count) {
        Storage storage;
        storage.nodes = std::make_shared<const CountedNodes>(source.nodes(owner), count);
        storage.trie = trie::Trie{*storage.nodes, root};
        return storage;
    }
    void set_slot(const Hash& key, const Hash& value) {
        const Hash path = crypto::keccak256(key);
        available(value.is_zero() ? trie.erase(path) : trie.put(path, rlp::encode(from_be(value))));
    }
};

/// A value of the state trie.
struct StoredState::Leaf {
    Account account;
    Hash storage_root = trie::EMPTY_ROOT;

    static Leaf decode(BytesView bytes) {
        const auto fields = [&]() -> rlp::RlpResult<Leaf> {
            rlp::Reader whole{bytes};
            rlp::Reader list = TRY(whole.list());
            Leaf leaf;
            leaf.account.nonce = TRY(list.u64());
            leaf.account.balance = TRY(list.u256());
            leaf.storage_root = TRY(list.fixed<32>());
            leaf.account.code_hash = TRY(list.fixed<32>());
            if (!list.at_end() || !whole.at_end()) throw Unavailable{"not an account"};
            return leaf;
        }();
        if (!fields) throw Unavailable{"not an account"};
        return *fields;
    }
    [[nodiscard]] Bytes encoded() const {
        return rlp::encode_list(account.nonce, account.balance, storage_root, account.code_hash);
    }
};

struct StoredState::Content {
    std::shared_ptr<const StateSource> source;
    std::shared_ptr<const trie::NodeSource> account_nodes;
    trie::Trie accounts;
    PersistentMap<Hash, Storage> storages;    // by owner: those that are in memory, none empty
    PersistentMap<Hash, evm::CodePtr> codes;  // that may not be stored yet
    StatePlace stored_before;                 // where what isn't in memory is found
    ReadCount reads;
    // In memory, roughly, when it was made or measured, and what had been read by then.
    mutable std::atomic<size_t> size_bytes = 0;
    mutable std::atomic<size_t> reads_before = 0;

    mutable std::mutex mutex;  // of what is below
    mutable absl::flat_hash_map<Hash, Storage> opened;
    mutable std::optional<StatePlace> place;
    mutable Origin origin;
};

StoredState::StoredState(std::unique_ptr<Content> content) : content_(std::move(content)) {}

StoredState::~StoredState() {
    // A long line of states that aren't stored is not taken down by recursion.
    Ptr before = std::move(content_->origin.before);
    while (before && before.use_count() == 1) {
        Ptr next;
        {
            const std::unique_lock lock{before->content_->mutex};
            next = std::move(before->content_->origin.before);
        }
        before = std::move(next);
    }
}

StoredState::Ptr StoredState::empty(std::shared_ptr<const StateSource> source) {
    return open(std::move(source), {.block = {}, .root = {trie::EMPTY_ROOT, 0}, .sequence = 0});
}

StoredState::Ptr StoredState::open(std::shared_ptr<const StateSource> source,
                                   const StatePlace& place) {
    auto content = std::make_unique<Content>();
    content->reads = std::make_shared<std::atomic<size_t>>(0);
    content->account_nodes =
        std::make_shared<const CountedNodes>(source->nodes(std::nullopt), content->reads);
    content->source = std::move(source);
    content->accounts = trie::Trie{*content->account_nodes, place.root};
    content->stored_before = place;
    content->place = place;
    return Ptr{new StoredState{std::move(content)}};
}

bool StoredState::is_of(const StateSource& source) const noexcept {
    return content_->source.get() == &source;
}

std::optional<StatePlace> StoredState::place() const {
    const std::unique_lock lock{content_->mutex};
    return content_->place;
}

StoredState::Origin StoredState::origin() const {
    const std::unique_lock lock{content_->mutex};
    return content_->origin;
}

size_t StoredState::nodes_read() const {
    return content_->reads->load(std::memory_order_relaxed) - content_->reads_before;
}

bool StoredState::keeps_read() const {
    return nodes_read() < MAX_KEPT_NODES;
}

size_t StoredState::estimated_size() const {
    return content_->size_bytes + std::min(nodes_read(), MAX_KEPT_NODES) * ESTIMATED_NODE_SIZE;
}

// ---- reading

std::optional<StoredState::Leaf> StoredState::leaf(const Hash& owner) const {
    const trie::Trie& accounts = content_->accounts;
    if (keeps_read()) return available(accounts.get_loaded(owner)).transform(Leaf::decode);
    return available(accounts.get(owner)).transform(Leaf::decode);
}

StoredState::Storage StoredState::storage_of(const Hash& owner, const Hash& root) const {
    const StateSource& source = *content_->source;
    if (root == trie::EMPTY_ROOT)
        return Storage::open(source, owner, {trie::EMPTY_ROOT, 0}, content_->reads);
    if (const Storage* found = content_->storages.find(owner)) return *found;
    StatePlace place = content_->stored_before;
    {
        const std::unique_lock lock{content_->mutex};
        if (const auto found = content_->opened.find(owner); found != content_->opened.end())
            return found->second;
        if (content_->place) place = *content_->place;
    }
    const auto version = source.storage_root(owner, root, place);
    if (!version) throw Unavailable{"the root of a storage trie is missing"};
    Storage storage = Storage::open(source, owner, *version, content_->reads);
    const std::unique_lock lock{content_->mutex};
    if (content_->opened.size() >= MAX_OPENED) return storage;
    return content_->opened.try_emplace(owner, std::move(storage)).first->second;
}

StoredState::Storage StoredState::storage_of(const Hash& owner) const {
    const auto found = leaf(owner);
    return found ? storage_of(owner, found->storage_root) : Storage{};
}

std::optional<Account> StoredState::account(const Address& address) const {
    return reading([&]() -> std::optional<Account> {
        const auto found = leaf(crypto::keccak256(address));
        return found ? std::optional{found->account} : std::nullopt;
    });
}

evm::CodePtr StoredState::code(const Address& address) const {
    return reading([&]() -> evm::CodePtr {
        const auto found = leaf(crypto::keccak256(address));
        if (!found || found->account.code_hash == EMPTY_CODE_HASH) return evm::empty_code();
        const Hash hash = found->account.code_hash;
        if (const evm::CodePtr* code = content_->codes.find(hash)) return *code;
        return evm::cached_code(hash, [&] {
            auto bytes = content_->source->code(hash);
            if (!bytes) throw Unavailable{"code is missing"};
            if (crypto::keccak256(*bytes) != hash) throw Unavailable{"code with another hash"};
            return std::move(*bytes);
        });
    });
}

Hash StoredState::storage(const Address& address, const Hash& key) const {
    return reading([&]() -> Hash {
        const Hash owner = crypto::keccak256(address);
        const auto found = leaf(owner);
        if (!found || found->storage_root == trie::EMPTY_ROOT) return {};
        const Storage storage = storage_of(owner, found->storage_root);
        const Hash path = crypto::keccak256(key);
        const trie::Trie& slots = storage.trie;
        return keeps_read()
                   ? available(slots.get_loaded(path)).transform(decode_slot).value_or(Hash{})
                   : available(slots.get(path)).transform(decode_slot).value_or(Hash{});
    });
}

bool StoredState::has_storage(const Address& address) const {
    return storage_root(address) != trie::EMPTY_ROOT;
}

Hash StoredState::state_root() const {
    return content_->accounts.root_hash();
}

Hash StoredState::storage_root(const Address& address) const {
    return reading([&] {
        const auto found = leaf(crypto::keccak256(address));
        return found ? found->storage_root : trie::EMPTY_ROOT;
    });
}

AccountProof StoredState::prove(const Address& address, std::span<const Hash> keys) const {
    return reading([&] {
        const Hash owner = crypto::keccak256(address);
        AccountProof proof{.account = available(content_->accounts.prove(owner)), .slots = {}};
        const Storage storage = storage_of(owner);
        for (const Hash& key : keys)
            proof.slots.push_back(available(storage.trie.prove(crypto::keccak256(key))));
        return proof;
    });
}

uint256 StoredState::supply() const {
    return reading([&] {
        uint256 wei;
        available(content_->accounts.for_each(
            [&](BytesView, BytesView value) { wei += Leaf::decode(value).account.balance; }));
        return wei;
    });
}

std::vector<Bytes> StoredState::prove_erasure(const Address& address,
                                              std::span<const Hash> keys) const {
    return reading([&] {
        const Hash owner = crypto::keccak256(address);
        auto nodes = available(content_->accounts.prove_erasure(owner));
        const Storage storage = storage_of(owner);
        for (const Hash& key : keys)
            std::ranges::move(available(storage.trie.prove_erasure(crypto::keccak256(key))),
                              std::back_inserter(nodes));
        return nodes;
    });
}

// ---- changing

std::shared_ptr<const WorldState> StoredState::after(const StateDiff& diff) const {
    return reading([&] {
        auto content = std::make_unique<Content>();
        content->source = content_->source;
        content->account_nodes = content_->account_nodes;
        content->reads = content_->reads;
        content->reads_before = content->reads->load(std::memory_order_relaxed);
        content->accounts = content_->accounts;
        content->storages = content_->storages;
        content->size_bytes = estimated_size();
        content->origin = {shared_from_this(), std::make_shared<const StateDiff>(diff)};
        const std::shared_ptr<StoredState> next{new StoredState{std::move(content)}};
        {
            // Before the changes, or one that they empty would be back.
            const std::unique_lock lock{content_->mutex};
            for (const auto& [owner, storage] : content_->opened)
                if (next->content_->storages.find(owner) == nullptr)
                    next->content_->storages.put(owner, storage);
        }
        for (const AccountDiff& each : diff.accounts) next->change(*this, each);
        {
            const std::unique_lock lock{content_->mutex};
            next->content_->stored_before =
                content_->place ? *content_->place : content_->stored_before;
            if (!content_->place)
                content_->codes.for_each([&](const Hash& hash, const evm::CodePtr& code) {
                    next->content_->codes.put(hash, code);
                });
        }
        (void)next->state_root();  // hashed here, so that a shared state is only read
        return std::shared_ptr<const WorldState>{next};
    });
}

void StoredState::change(const StoredState& before, const AccountDiff& change) {
    const Hash owner = crypto::keccak256(change.address);
    content_->size_bytes += ESTIMATED_CHANGE_SIZE * (1 + change.storage.size());
    if (change.is_deleted()) {
        available(content_->accounts.erase(owner));
        content_->storages.erase(owner);
        return;
    }
    Leaf leaf =
        available(content_->accounts.get_loaded(owner)).transform(Leaf::decode).value_or(Leaf{});
    leaf.account = *change.account;
    if (change.code && !change.code->bytes.empty())
        content_->codes.put(change.code->hash, change.code);
    if (change.storage_cleared) leaf.storage_root = trie::EMPTY_ROOT;
    if (change.storage_cleared || !change.storage.empty()) {
        const Storage* const changed = content_->storages.find(owner);
        Storage storage = leaf.storage_root != trie::EMPTY_ROOT && changed != nullptr
                              ? *changed
                              : before.storage_of(owner, leaf.storage_root);
        for (const auto& [key, value] : change.storage) storage.set_slot(key, value);
        leaf.storage_root = storage.trie.root_hash();
        if (storage.trie.empty())
            content_->storages.erase(owner);
        else
            content_->storages.put(owner, std::move(storage));
    }
    available(content_->accounts.put(owner, leaf.encoded()));
}

// ---- storing

void StoredState::visit_changes(uint64_t sequence, StateSink& sink) const {
    const Origin origin = this->origin();
    CHECK(origin.before != nullptr && origin.before->place());
    const StoredState& before = *origin.before;
    reading([&] {
        available(trie::visit_changes(before.content_->accounts, content_->accounts, sequence,
                                      sink.of_trie(std::nullopt)));
        absl::flat_hash_set<Hash> owners;
        for (const AccountDiff& change : origin.diff->accounts) {
            if (change.code && !change.code->bytes.empty())
                sink.code(change.code->hash, change.code->bytes);
            if (!change.is_deleted() && !change.storage_cleared && change.storage.empty()) continue;
            const Hash owner = crypto::keccak256(change.address);
            if (!owners.insert(owner).second) continue;
            const Storage old = before.storage_of(owner);
            const Storage* const now = content_->storages.find(owner);
            available(trie::visit_changes(old.trie, now == nullptr ? trie::Trie{} : now->trie,
                                          sequence, sink.of_trie(owner)));
        }
    });
}

void StoredState::mark_stored(const Hash& block, uint64_t sequence) const {
    const Origin origin = this->origin();
    CHECK(origin.before != nullptr);
    trie::mark_stored(content_->accounts, sequence);
    for (const AccountDiff& change : origin.diff->accounts) {
        if (change.storage.empty()) continue;
        if (const Storage* now = content_->storages.find(crypto::keccak256(change.address)))
            trie::mark_stored(now->trie, sequence);
    }
    Origin released;
    const std::unique_lock lock{content_->mutex};
    content_->place = StatePlace{block, content_->accounts.version(), sequence};
    released = std::exchange(content_->origin, {});
}

trie::SizesByAge StoredState::sizes(uint64_t sequence) const {
    trie::SizesByAge sizes{sequence};
    sizes.add(content_->accounts);
    content_->storages.for_each([&](const Hash&, const Storage& storage) {
        sizes.add(UINT64_MAX, sizeof(Storage));
        sizes.add(storage.trie);
    });
    return sizes;
}

size_t StoredState::size_in_memory() const {
    return sizes(0).sum();
}

StoredState::Ptr StoredState::within(size_t size_bytes) const {
    const auto place = this->place();
    CHECK(place.has_value());
    if (estimated_size() <= size_bytes) return shared_from_this();
    const size_t reads = content_->reads->load(std::memory_order_relaxed);
    const auto sizes = this->sizes(place->sequence);
    if (sizes.sum() <= size_bytes / 8 * 7) {
        content_->size_bytes = sizes.sum();
        content_->reads_before = reads;
        return shared_from_this();
    }
    // Some room is left, so that it isn't done again after the next block.
    const auto cut = sizes.cut(size_bytes / 4 * 3);
    if (cut.size > size_bytes) return open(content_->source, *place);
    auto content = std::make_unique<Content>();
    content->source = content_->source;
    content->account_nodes = content_->account_nodes;
    content->reads = content_->reads;
    content->reads_before = reads;
    content->size_bytes = cut.size;
    content->accounts = content_->accounts;
    if (!content->accounts.empty()) trie::let_go(content->accounts, cut.sequence);
    content_->storages.for_each([&](const Hash& owner, const Storage& storage) {
        if (storage.trie.version().sequence < cut.sequence) return;
        Storage less = storage;
        trie::let_go(less.trie, cut.sequence);
        content->storages.put(owner, std::move(less));
    });
    content->stored_before = *place;
    content->place = place;
    return Ptr{new StoredState{std::move(content)}};
}

}  // namespace scope::state
