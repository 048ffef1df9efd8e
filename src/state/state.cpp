#include "state/state.hpp"

#include <absl/container/flat_hash_map.h>

#include <algorithm>

#include "base/check.hpp"
#include "evm/analysis.hpp"

namespace scope::state {

struct State::SavedCode : Journal::Saved {
    explicit SavedCode(evm::CodePtr before) : code(std::move(before)) {}
    evm::CodePtr code;
};

struct State::SavedStorage : Journal::Saved {
    Slots storage;
    bool was_cleared = false;
};

struct State::SavedTransaction : Journal::Saved {
    explicit SavedTransaction(OpenTransaction before) : transaction(std::move(before)) {}
    OpenTransaction transaction;
};

State::State(const StateView& beneath)
    : beneath_(beneath), own_journal_(std::make_unique<Journal>()), journal_(own_journal_.get()) {}

State::State(const StateView& beneath, Journal& journal) : beneath_(beneath), journal_(&journal) {}

State::~State() {
    if (own_journal_) return;
    for (auto& entry : journal_->entries_)
        if (entry.state == this) entry.state = nullptr;
}

// --- Finding ---

State::Place State::place(const Address& address) const {
    auto& [key, entry] = *accounts_.try_emplace(address).first;
    entry.address = &key;
    return {key, entry};
}

State::AccountEntry& State::loaded(const Address& address) const {
    AccountEntry& entry = place(address).entry;
    if (!entry.is_loaded) {
        if (const auto account = beneath_.account(address)) {
            entry.existed_beneath = entry.exists = true;
            entry.beneath = entry.current = *account;
        }
        entry.is_loaded = true;  // the view may have thrown before
    }
    return entry;
}

const evm::CodePtr& State::code_of(const Place& place) const {
    AccountEntry& entry = place.entry;
    if (!entry.code)
        entry.code = entry.current.code_hash == EMPTY_CODE_HASH ? evm::empty_code()
                                                                : beneath_.code(place.address);
    return entry.code;
}

State::Slots::value_type& State::loaded_slot(const Place& place, const Hash& key) const {
    auto& node = *place.entry.storage.try_emplace(key).first;
    StorageSlot& slot = node.second;
    if (!slot.is_loaded) {
        if (place.entry.existed_beneath && !place.entry.storage_cleared) {
            slot.beneath = slot.current = beneath_.storage(place.address, key);
            slot.from_beneath = true;
        }
        slot.is_loaded = true;  // the view may have thrown before
    }
    return node;
}

// --- Reading ---

std::optional<Account> State::account(const Address& address) const {
    const AccountEntry& entry = loaded(address);
    return entry.exists ? std::optional{entry.current} : std::nullopt;
}

evm::CodePtr State::code(const Address& address) const {
    return code_of({address, loaded(address)});
}

Hash State::storage(const Address& address, const Hash& key) const {
    AccountEntry& entry = loaded(address);
    if (!entry.exists) return {};
    return loaded_slot({address, entry}, key).second.current;
}

bool State::has_storage(const Address& address) const {
    const AccountEntry& entry = loaded(address);
    if (!entry.exists) return false;
    for (const auto& [key, slot] : entry.storage)
        if (slot.is_loaded && !slot.current.is_zero()) return true;
    return entry.existed_beneath && !entry.storage_cleared && beneath_.has_storage(address);
}

bool State::exists(const Address& address) const {
    return loaded(address).exists;
}

bool State::is_empty(const Address& address) const {
    return loaded(address).current.is_empty();
}

uint256 State::balance(const Address& address) const {
    return loaded(address).current.balance;
}

uint64_t State::nonce(const Address& address) const {
    return loaded(address).current.nonce;
}

Hash State::code_hash(const Address& address) const {
    return loaded(address).current.code_hash;
}

StateDiff State::diff() const {
    CHECK(!in_transaction());
    StateDiff diff;
    for (const auto& [address, entry] : accounts_) {
        if (!entry.is_loaded || (!entry.exists && !entry.existed_beneath)) continue;
        AccountDiff change;
        change.address = address;
        if (entry.exists) {
            change.storage_cleared = entry.existed_beneath && entry.storage_cleared;
            for (const auto& [key, slot] : entry.storage)
                if (slot.is_loaded && slot.current != slot.beneath)
                    change.storage.emplace_back(key, slot.current);
            if (entry.existed_beneath && entry.current == entry.beneath &&
                !change.storage_cleared && change.storage.empty())
                continue;
            std::ranges::sort(change.storage);
            change.account = entry.current;
            if (entry.current.code_hash != entry.beneath.code_hash) change.code = entry.code;
        }
        diff.accounts.push_back(std::move(change));
    }
    std::ranges::sort(diff.accounts, {}, &AccountDiff::address);
    return diff;
}

/// An account as it was at a checkpoint, as far as it has changed since.
struct State::Past {
    AccountEntry* entry = nullptr;
    bool existed = false;
    Account account;           // default if it did not exist
    bool was_cleared = false;  // its storage, since
    absl::flat_hash_map<const Slots::value_type*, Hash> slots;
};

/// Goes back through the journal without undoing anything.
std::vector<State::Past> State::past_at(Journal::Checkpoint checkpoint) const {
    CHECK(checkpoint <= journal_->entries_.size());
    std::vector<Past> pasts;
    absl::flat_hash_map<const AccountEntry*, size_t> index;
    const auto past_of = [&](void* subject) -> Past& {
        auto* const account = static_cast<AccountEntry*>(subject);
        const auto [found, is_new] = index.try_emplace(account, pasts.size());
        if (is_new) pasts.push_back({account, account->exists, account->current, false, {}});
        return pasts[found->second];
    };
    for (size_t i = journal_->entries_.size(); i > checkpoint; --i) {
        const auto& entry = journal_->entries_[i - 1];
        if (entry.state != this) continue;
        switch (entry.kind) {
            case Kind::existence:
                past_of(entry.subject).existed = entry.flag;
                break;
            case Kind::balance:
                past_of(entry.subject).account.balance = load_be32(entry.word.data());
                break;
            case Kind::nonce:
                past_of(entry.subject).account.nonce = entry.number;
                break;
            case Kind::code:
                past_of(entry.subject).account.code_hash = entry.word;
                break;
            case Kind::storage:
                past_of(entry.account).slots[static_cast<const Slots::value_type*>(entry.subject)] =
                    entry.word;
                break;
            case Kind::storage_cleared:
                past_of(entry.subject).was_cleared = true;
                break;
            default:
                break;  // nothing that outlives a transaction
        }
    }
    return pasts;
}

/// Returns the change of an account since; nullopt if it is again as it was.
std::optional<AccountDiff> State::difference(const Past& past) {
    const AccountEntry& entry = *past.entry;
    if (!entry.exists && !past.existed) return std::nullopt;
    AccountDiff change;
    change.address = *entry.address;
    if (!entry.exists) return change;
    change.storage_cleared = past.existed && past.was_cleared;
    if (past.was_cleared) {
        // All that is there was written since.
        for (const auto& [key, slot] : entry.storage)
            if (slot.is_loaded && !slot.current.is_zero())
                change.storage.emplace_back(key, slot.current);
    } else {
        for (const auto& [node, value] : past.slots)
            if (node->second.current != value)
                change.storage.emplace_back(node->first, node->second.current);
    }
    if (past.existed && past.account == entry.current && !change.storage_cleared &&
        change.storage.empty())
        return std::nullopt;
    std::ranges::sort(change.storage);
    change.account = entry.current;
    if (entry.current.code_hash != past.account.code_hash) change.code = entry.code;
    return change;
}

StateDiff State::diff_since(Journal::Checkpoint checkpoint) const {
    CHECK(!in_transaction());
    StateDiff diff;
    for (const auto& past : past_at(checkpoint))
        if (auto change = difference(past)) diff.accounts.push_back(std::move(*change));
    std::ranges::sort(diff.accounts, {}, &AccountDiff::address);
    return diff;
}

// --- Changing ---

Journal::Entry& State::record(Kind kind, void* subject) {
    auto& entry = journal_->entries_.emplace_back();
    entry.state = this;
    entry.subject = subject;
    entry.kind = kind;
    return entry;
}

void State::touch(AccountEntry& entry) {
    if (!in_transaction() || entry.touched_in == open_.number) return;
    record(Kind::account_touched, &entry).number = entry.touched_in;
    entry.touched_in = open_.number;
    open_.touched.push_back(&entry);
}

State::Place State::change(const Address& address) {
    AccountEntry& entry = loaded(address);
    if (!entry.exists) {
        record(Kind::existence, &entry).flag = false;
        entry.exists = true;
    }
    touch(entry);
    return {address, entry};
}

void State::set_balance(AccountEntry& entry, const uint256& balance) {
    if (entry.current.balance == balance) return;
    store_be32(record(Kind::balance, &entry).word.data(), entry.current.balance);
    entry.current.balance = balance;
}

void State::set_nonce(AccountEntry& entry, uint64_t nonce) {
    if (entry.current.nonce == nonce) return;
    record(Kind::nonce, &entry).number = entry.current.nonce;
    entry.current.nonce = nonce;
}

void State::set_code(AccountEntry& entry, evm::CodePtr code, const Hash& hash) {
    record(Kind::code, &entry).word = entry.current.code_hash;
    journal_->saved_.push_back(std::make_unique<SavedCode>(std::move(entry.code)));
    entry.code = std::move(code);
    entry.current.code_hash = hash;
}

void State::touch(const Address& address) {
    change(address);
}

void State::set_balance(const Address& address, const uint256& balance) {
    set_balance(change(address).entry, balance);
}

void State::add_balance(const Address& address, const uint256& amount) {
    AccountEntry& entry = change(address).entry;
    set_balance(entry, entry.current.balance + amount);
}

void State::subtract_balance(const Address& address, const uint256& amount) {
    AccountEntry& entry = change(address).entry;
    CHECK(entry.current.balance >= amount);
    set_balance(entry, entry.current.balance - amount);
}

void State::set_nonce(const Address& address, uint64_t nonce) {
    set_nonce(change(address).entry, nonce);
}

void State::set_code(const Address& address, evm::CodePtr code) {
    CHECK(code != nullptr);
    AccountEntry& entry = change(address).entry;
    const Hash hash = code->bytes.empty() ? EMPTY_CODE_HASH : code->hash;
    set_code(entry, std::move(code), hash);
}

evm::StorageChange State::set_storage(const Address& address, const Hash& key, const Hash& value) {
    const Place place{address, loaded(address)};
    auto& node = loaded_slot(place, key);  // before anything is recorded: the view may throw
    if (place.entry.exists)
        touch(place.entry);
    else
        change(address);
    StorageSlot& slot = node.second;
    if (in_transaction() && slot.context != open_.number) {
        auto& entry = record(Kind::storage_context, &slot);
        entry.word = slot.original;
        entry.number = slot.context;
        slot.original = slot.current;
        slot.context = open_.number;
    }
    const evm::StorageChange before{in_transaction() ? slot.original : slot.current, slot.current};
    if (slot.current != value) {
        auto& entry = record(Kind::storage, &node);
        entry.word = slot.current;
        entry.account = &place.entry;
        slot.current = value;
    }
    return before;
}

void State::remove(AccountEntry& entry) {
    set_balance(entry, {});
    set_nonce(entry, 0);
    set_code(entry, evm::empty_code(), EMPTY_CODE_HASH);
    record(Kind::existence, &entry).flag = entry.exists;
    entry.exists = false;
    clear_storage(entry);
}

void State::clear_storage(const Address& address) {
    clear_storage(change(address).entry);
}

void State::clear_storage(AccountEntry& entry) {
    record(Kind::storage_cleared, &entry);
    auto saved = std::make_unique<SavedStorage>();
    saved->was_cleared = entry.storage_cleared;
    for (const auto& [key, slot] : entry.storage)
        if (slot.from_beneath) entry.read_before_clear.push_back(key);
    saved->storage = std::exchange(entry.storage, {});
    entry.storage_cleared = true;
    journal_->saved_.push_back(std::move(saved));
}

// --- Transactions ---

void State::replace_transaction(OpenTransaction next) {
    record(Kind::transaction);
    journal_->saved_.push_back(
        std::make_unique<SavedTransaction>(std::exchange(open_, std::move(next))));
}

void State::begin_transaction() {
    CHECK(!in_transaction());
    const auto carry_address = open_.carry_address;
    const auto carry_number = open_.carry_number;
    OpenTransaction next;
    next.number = next.warmth = ++last_number_;
    replace_transaction(std::move(next));
    if (!carry_address) return;
    AccountEntry& entry = place(*carry_address).entry;
    for (auto& [key, slot] : entry.transient)
        if (slot.set_in == carry_number) set_transient(entry, key, slot.value);
}

std::vector<Log> State::end_transaction(EmptyAccounts empty,
                                        std::optional<Address> carry_transient) {
    CHECK(in_transaction());
    for (AccountEntry* entry : open_.destructed)
        if (entry->exists) remove(*entry);
    if (empty == EmptyAccounts::remove)
        for (AccountEntry* entry : open_.touched)
            if (entry->exists && entry->current.is_empty()) remove(*entry);
    OpenTransaction none;
    none.carry_address = carry_transient;
    none.carry_number = open_.number;
    std::vector<Log> logs = open_.logs;
    replace_transaction(std::move(none));
    return logs;
}

void State::drop_carried_transient() {
    CHECK(!in_transaction());
    if (open_.carry_address) replace_transaction({});
}

Hash State::transient_storage(const Address& address, const Hash& key) const {
    CHECK(in_transaction());
    const AccountEntry& entry = place(address).entry;
    const auto it = entry.transient.find(key);
    if (it == entry.transient.end() || it->second.set_in != open_.number) return {};
    return it->second.value;
}

void State::set_transient(AccountEntry& entry, const Hash& key, const Hash& value) {
    TransientSlot& slot = entry.transient[key];
    auto& undo = record(Kind::transient, &slot);
    undo.word = slot.value;
    undo.number = slot.set_in;
    slot.value = value;
    slot.set_in = open_.number;
}

void State::set_transient_storage(const Address& address, const Hash& key, const Hash& value) {
    CHECK(in_transaction());
    set_transient(place(address).entry, key, value);
}

void State::forget_accesses() {
    CHECK(in_transaction());
    open_.warmth = ++last_number_;
}

evm::AccessStatus State::access_account(const Address& address) {
    CHECK(in_transaction());
    AccountEntry& entry = place(address).entry;
    if (entry.warm_in == open_.warmth) return evm::AccessStatus::warm;
    record(Kind::account_warmed, &entry).number = entry.warm_in;
    entry.warm_in = open_.warmth;
    return evm::AccessStatus::cold;
}

evm::AccessStatus State::access_storage(const Address& address, const Hash& key) {
    CHECK(in_transaction());
    StorageSlot& slot = place(address).entry.storage[key];
    if (slot.warm_in == open_.warmth) return evm::AccessStatus::warm;
    record(Kind::storage_warmed, &slot).number = slot.warm_in;
    slot.warm_in = open_.warmth;
    return evm::AccessStatus::cold;
}

void State::mark_created(const Address& address) {
    CHECK(in_transaction());
    AccountEntry& entry = change(address).entry;
    record(Kind::account_created, &entry).number = entry.created_in;
    entry.created_in = open_.number;
}

bool State::created_in_transaction(const Address& address) const {
    CHECK(in_transaction());
    return place(address).entry.created_in == open_.number;
}

bool State::mark_destructed(const Address& address) {
    CHECK(in_transaction());
    AccountEntry& entry = change(address).entry;
    if (entry.destructed_in == open_.number) return false;
    record(Kind::account_destructed, &entry).number = entry.destructed_in;
    entry.destructed_in = open_.number;
    open_.destructed.push_back(&entry);
    return true;
}

bool State::touched_in_transaction(const Address& address) const {
    return in_transaction() && place(address).entry.touched_in == open_.number;
}

void State::add_log(Log log) {
    CHECK(in_transaction());
    record(Kind::log);
    open_.logs.push_back(std::move(log));
}

// --- The way back ---

void State::undo(const Journal::Entry& entry, std::unique_ptr<Journal::Saved> saved) noexcept {
    const auto account = [&]() -> AccountEntry& {
        return *static_cast<AccountEntry*>(entry.subject);
    };
    const auto slot = [&]() -> StorageSlot& { return *static_cast<StorageSlot*>(entry.subject); };
    switch (entry.kind) {
        case Kind::existence:
            account().exists = entry.flag;
            break;
        case Kind::balance:
            account().current.balance = load_be32(entry.word.data());
            break;
        case Kind::nonce:
            account().current.nonce = entry.number;
            break;
        case Kind::code:
            account().current.code_hash = entry.word;
            account().code = std::move(static_cast<SavedCode&>(*saved).code);
            break;
        case Kind::storage:
            static_cast<Slots::value_type*>(entry.subject)->second.current = entry.word;
            break;
        case Kind::storage_context:
            slot().original = entry.word;
            slot().context = entry.number;
            break;
        case Kind::storage_warmed:
            slot().warm_in = entry.number;
            break;
        case Kind::storage_cleared: {
            auto& before = static_cast<SavedStorage&>(*saved);
            account().storage = std::move(before.storage);
            account().storage_cleared = before.was_cleared;
            break;
        }
        case Kind::transient: {
            auto& transient = *static_cast<TransientSlot*>(entry.subject);
            transient.value = entry.word;
            transient.set_in = entry.number;
            break;
        }
        case Kind::account_warmed:
            account().warm_in = entry.number;
            break;
        case Kind::account_created:
            account().created_in = entry.number;
            break;
        case Kind::account_touched:
            account().touched_in = entry.number;
            open_.touched.pop_back();
            break;
        case Kind::account_destructed:
            account().destructed_in = entry.number;
            open_.destructed.pop_back();
            break;
        case Kind::log:
            open_.logs.pop_back();
            break;
        case Kind::transaction:
            open_ = std::move(static_cast<SavedTransaction&>(*saved).transaction);
            break;
    }
}

// ---- the journal, whose entries are undone by their states

void Journal::rollback(Checkpoint checkpoint) noexcept {
    CHECK(checkpoint <= entries_.size());
    while (entries_.size() > checkpoint) {
        const Entry entry = entries_.back();
        entries_.pop_back();
        std::unique_ptr<Saved> saved;
        if (has_saved(entry.kind)) {
            saved = std::move(saved_.back());
            saved_.pop_back();
        }
        if (entry.state != nullptr) entry.state->undo(entry, std::move(saved));
    }
}

void Journal::forget() noexcept {
    entries_.clear();
    saved_.clear();
}

}  // namespace scope::state
