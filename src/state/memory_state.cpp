#include "state/memory_state.hpp"

#include <algorithm>
#include <iterator>

#include "crypto/keccak.hpp"
#include "evm/analysis.hpp"
#include "rlp/encode.hpp"
#include "state/persistent_map.hpp"
#include "trie/trie.hpp"

namespace scope::state {

namespace {

/// A trie that is all in memory never fails.
template <typename T>
T sure(Result<T, trie::NodeError> result) {
    CHECK(result.has_value());
    return std::move(*result);
}

/// An account with everything that belongs to it. Never changes once it is in a state.
struct Record {
    Account account;
    evm::CodePtr code = evm::empty_code();
    PersistentMap<Hash, Hash> storage;
    trie::Trie storage_trie;

    void set_slot(const Hash& key, const Hash& value) {
        const Hash path = crypto::keccak256(key);
        if (value.is_zero()) {
            storage.erase(key);
            CHECK(storage_trie.erase(path));
        } else {
            storage.put(key, value);
            CHECK(storage_trie.put(path, rlp::encode(from_be(value))));
        }
    }

    [[nodiscard]] Bytes encoded() const {
        return rlp::encode_list(account.nonce, account.balance, storage_trie.root_hash(),
                                account.code_hash);
    }
};
using RecordPtr = std::shared_ptr<const Record>;

/// Bytes of a changed account or slot with the nodes on the paths to it. Measured with glibc's
/// mallinfo2: 0.7 to 2.7 KB, among 10^4 to 10^6 accounts or slots, 1'000 to 10 changes a block.
constexpr size_t CHANGE_SIZE = 2560;
/// Bytes for each byte of code: it stands in its analysis once more, with a bit for each.
constexpr size_t CODE_FACTOR = 3;

}  // namespace

struct MemoryState::Content {
    PersistentMap<Address, RecordPtr> accounts;
    trie::Trie trie;

    [[nodiscard]] const Record* find(const Address& address) const {
        const RecordPtr* record = accounts.find(address);
        return record == nullptr ? nullptr : record->get();
    }
    void put(const Address& address, Record record) {
        CHECK(trie.put(crypto::keccak256(address), record.encoded()));
        accounts.put(address, std::make_shared<const Record>(std::move(record)));
    }
    void erase(const Address& address) {
        CHECK(trie.erase(crypto::keccak256(address)));
        accounts.erase(address);
    }
};

MemoryState::MemoryState() : content_(std::make_unique<Content>()) {}

MemoryState::MemoryState(const GenesisAlloc& alloc) : MemoryState() {
    for (const auto& [address, genesis] : alloc) {
        Record record;
        record.account.nonce = genesis.nonce;
        record.account.balance = genesis.balance;
        if (!genesis.code.empty()) {
            record.code = evm::make_code(genesis.code);
            record.account.code_hash = record.code->hash;
        }
        for (const auto& [key, value] : genesis.storage)
            if (!value.is_zero()) record.set_slot(key, value);
        content_->put(address, std::move(record));
    }
    (void)content_->trie.root_hash();  // so that copies share the hashes
}

MemoryState::MemoryState(const MemoryState& other)
    : content_(std::make_unique<Content>(*other.content_)) {}
MemoryState::MemoryState(MemoryState&&) noexcept = default;
MemoryState& MemoryState::operator=(const MemoryState& other) {
    *content_ = *other.content_;
    return *this;
}
MemoryState& MemoryState::operator=(MemoryState&&) noexcept = default;
MemoryState::~MemoryState() = default;

std::optional<Account> MemoryState::account(const Address& address) const {
    const Record* record = content_->find(address);
    return record == nullptr ? std::nullopt : std::optional{record->account};
}

evm::CodePtr MemoryState::code(const Address& address) const {
    const Record* record = content_->find(address);
    return record == nullptr ? evm::empty_code() : record->code;
}

Hash MemoryState::storage(const Address& address, const Hash& key) const {
    const Record* record = content_->find(address);
    if (record == nullptr) return {};
    const Hash* value = record->storage.find(key);
    return value == nullptr ? Hash{} : *value;
}

bool MemoryState::has_storage(const Address& address) const {
    const Record* record = content_->find(address);
    return record != nullptr && !record->storage.empty();
}

Hash MemoryState::state_root() const {
    return content_->trie.root_hash();
}

Hash MemoryState::storage_root(const Address& address) const {
    const Record* record = content_->find(address);
    return record == nullptr ? trie::EMPTY_ROOT : record->storage_trie.root_hash();
}

AccountProof MemoryState::prove(const Address& address, std::span<const Hash> keys) const {
    AccountProof proof{.account = sure(content_->trie.prove(crypto::keccak256(address))),
                       .slots = {}};
    const Record* record = content_->find(address);
    for (const Hash& key : keys)
        proof.slots.push_back(record == nullptr
                                  ? std::vector<Bytes>{}
                                  : sure(record->storage_trie.prove(crypto::keccak256(key))));
    return proof;
}

std::vector<Bytes> MemoryState::prove_erasure(const Address& address,
                                              std::span<const Hash> keys) const {
    auto nodes = sure(content_->trie.prove_erasure(crypto::keccak256(address)));
    const Record* const record = content_->find(address);
    for (const Hash& key : keys)
        if (record != nullptr)
            std::ranges::move(sure(record->storage_trie.prove_erasure(crypto::keccak256(key))),
                              std::back_inserter(nodes));
    return nodes;
}

std::shared_ptr<const WorldState> MemoryState::after(const StateDiff& diff) const {
    auto next = std::make_shared<MemoryState>(*this);
    next->apply(diff);
    return next;
}

void MemoryState::apply(const StateDiff& diff) {
    for (const AccountDiff& change : diff.accounts) {
        if (change.is_deleted()) {
            content_->erase(change.address);
            continue;
        }
        const Record* before = content_->find(change.address);
        Record record = before == nullptr ? Record{} : *before;
        record.account = *change.account;
        if (change.code) record.code = change.code;
        if (change.storage_cleared) {
            record.storage = {};
            record.storage_trie = {};
        }
        for (const auto& [key, value] : change.storage) record.set_slot(key, value);
        content_->put(change.address, std::move(record));
    }
    (void)content_->trie.root_hash();  // hashed here, so that a shared state is only read
}

uint256 MemoryState::supply() const {
    uint256 wei;
    content_->accounts.for_each(
        [&](const Address&, const RecordPtr& record) { wei += record->account.balance; });
    return wei;
}

GenesisAlloc MemoryState::dump() const {
    GenesisAlloc alloc;
    content_->accounts.for_each([&](const Address& address, const RecordPtr& record) {
        GenesisAccount& account = alloc[address];
        account.nonce = record->account.nonce;
        account.balance = record->account.balance;
        account.code = record->code->bytes;
        record->storage.for_each(
            [&](const Hash& key, const Hash& value) { account.storage.emplace(key, value); });
    });
    return alloc;
}

size_t size_in_memory(const StateDiff& diff) {
    size_t size = 0;
    for (const AccountDiff& change : diff.accounts) {
        size += CHANGE_SIZE * (1 + change.storage.size());
        if (change.code) size += change.code->bytes.size() * CODE_FACTOR;
    }
    return size;
}

}  // namespace scope::state
