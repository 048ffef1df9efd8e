#pragma once

#include <absl/container/node_hash_map.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "state/journal.hpp"
#include "state/state_diff.hpp"
#include "state/state_view.hpp"
#include "types/block.hpp"

namespace scope::state {

/// The treatment of accounts that a transaction touched and that are empty at its end: removed from
/// Spurious Dragon on (EIP-161).
enum class EmptyAccounts : uint8_t { keep, remove };

/// An overlay: changes on top of a view, with the way back.
///
/// Everything that a transaction sees and does goes through here: accounts, code, storage, and,
/// with the lifetime of a transaction, transient storage, warm and created sets, marks for deletion
/// and logs. All of it is undone by Journal::rollback, the beginning and end of transactions too.
///
/// A transaction is open between begin_transaction and end_transaction. What is said to need one
/// ends the process without. Reads go through to the view once and are kept.
///
/// A State belongs to one thread at a time. The view must outlive it and must not change.
class State final : public StateView {
  public:
    /// Makes an overlay with a journal of its own.
    explicit State(const StateView& beneath);
    /// Makes an overlay with a journal that other States share.
    State(const StateView& beneath, Journal& journal);
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() override;

    /// Returns it as a view, for another State on top: State upper{lower.as_view()}; a plain
    /// argument would ask for a copy.
    [[nodiscard]] const StateView& as_view() const noexcept { return *this; }

    [[nodiscard]] Journal& journal() noexcept { return *journal_; }
    /// Returns a checkpoint of the journal. A rollback undoes other States of a shared journal too.
    [[nodiscard]] Journal::Checkpoint checkpoint() const noexcept { return journal_->checkpoint(); }
    void rollback(Journal::Checkpoint checkpoint) noexcept { journal_->rollback(checkpoint); }

    // --- Reading ---

    [[nodiscard]] std::optional<Account> account(const Address& address) const override;
    [[nodiscard]] evm::CodePtr code(const Address& address) const override;
    [[nodiscard]] Hash storage(const Address& address, const Hash& key) const override;
    [[nodiscard]] bool has_storage(const Address& address) const override;

    [[nodiscard]] bool exists(const Address& address) const;
    /// Returns whether it does not exist, or has neither code, nonce nor balance (EIP-161).
    [[nodiscard]] bool is_empty(const Address& address) const;
    /// Returns the balance; zero for an account that does not exist.
    [[nodiscard]] uint256 balance(const Address& address) const;
    [[nodiscard]] uint64_t nonce(const Address& address) const;
    /// Returns the code's hash; EMPTY_CODE_HASH for an account that does not exist.
    [[nodiscard]] Hash code_hash(const Address& address) const;

    /// Returns the difference from the view beneath. REQUIRES: no open transaction.
    [[nodiscard]] StateDiff diff() const;
    /// Returns the difference from this state as it was at a checkpoint. It costs what happened
    /// since, not what this state holds.
    /// REQUIRES: no open transaction, neither then; a checkpoint to which a rollback is possible.
    [[nodiscard]] StateDiff diff_since(Journal::Checkpoint checkpoint) const;

    // --- Changing. Each makes the account exist, and marks it as touched if a transaction is open.

    void touch(const Address& address);
    void set_balance(const Address& address, const uint256& balance);
    void add_balance(const Address& address, const uint256& amount);
    /// REQUIRES: balance(address) >= amount.
    void subtract_balance(const Address& address, const uint256& amount);
    void set_nonce(const Address& address, uint64_t nonce);
    /// @param code  Not null; without bytes to take code away.
    void set_code(const Address& address, evm::CodePtr code);
    /// Writes, and returns what was there: at the start of the open transaction (before this one if
    /// none is open) and until here.
    evm::StorageChange set_storage(const Address& address, const Hash& key, const Hash& value);

    /// Drops all slots of an account, as a devnet or a simulation is told to: no code does that.
    void clear_storage(const Address& address);

    // --- Transactions ---

    void begin_transaction();
    /// Deletes what destructed itself, and touched accounts that are empty if so asked; forgets
    /// transient storage, warm and created sets.
    ///
    /// @param carry_transient  The account with whose transient storage the next transaction
    ///                         begins. It is dropped at that one's end, unless asked again.
    /// @return  The logs, in order.
    std::vector<Log> end_transaction(EmptyAccounts empty,
                                     std::optional<Address> carry_transient = std::nullopt);
    [[nodiscard]] bool in_transaction() const noexcept { return open_.number != 0; }
    /// Drops what end_transaction kept for the next transaction.
    void drop_carried_transient();

    // The rest needs an open transaction.

    [[nodiscard]] Hash transient_storage(const Address& address, const Hash& key) const;
    void set_transient_storage(const Address& address, const Hash& key, const Hash& value);

    /// Marks as warm; returns what it was (EIP-2929).
    evm::AccessStatus access_account(const Address& address);
    evm::AccessStatus access_storage(const Address& address, const Hash& key);
    /// Makes cold again all that was accessed in this transaction. A rollback doesn't undo that.
    void forget_accesses();

    /// Marks the account as created in this transaction (EIP-6780).
    void mark_created(const Address& address);
    [[nodiscard]] bool created_in_transaction(const Address& address) const;
    /// Marks the account for deletion at the end of the transaction.
    /// @return  Whether it was not marked yet.
    bool mark_destructed(const Address& address);
    /// Returns whether the account was touched in this transaction (EIP-161).
    [[nodiscard]] bool touched_in_transaction(const Address& address) const;

    void add_log(Log log);
    [[nodiscard]] const std::vector<Log>& logs() const noexcept { return open_.logs; }

    // --- What was read: the footprint of a witness ---

    /// Calls visit(address, keys) for each account that was asked for in the view beneath, in no
    /// order, also where it was undone later; keys are the slots that were asked for.
    template <typename Visit>
    void for_each_read(Visit visit) const {
        for (const auto& [address, entry] : accounts_) {
            if (!entry.is_loaded) continue;
            std::vector<Hash> keys = entry.read_before_clear;
            for (const auto& [key, slot] : entry.storage)
                if (slot.from_beneath) keys.push_back(key);
            visit(address, std::as_const(keys));
        }
    }

  private:
    friend class Journal;
    using Kind = Journal::Kind;

    // Lifetimes: each transaction has a number, never used twice. A mark "in transaction n" is not
    // set when another one is open, so that the end of a transaction costs nothing per mark.
    struct StorageSlot {
        Hash beneath;  // in the view; zero if the account's storage was cleared
        Hash current;
        Hash original;         // at the start of transaction `context`
        uint64_t context = 0;  // 0: original was not asked for yet
        uint64_t warm_in = 0;
        bool is_loaded = false;  // beneath and current are known
        bool from_beneath = false;
    };
    struct TransientSlot {
        Hash value;
        uint64_t set_in = 0;
    };
    using Slots = absl::node_hash_map<Hash, StorageSlot>;
    struct AccountEntry {
        bool is_loaded = false;  // beneath and current are known
        bool existed_beneath = false;
        bool exists = false;
        bool storage_cleared = false;  // the view's slots are not visible
        uint64_t warm_in = 0;
        uint64_t created_in = 0;
        uint64_t touched_in = 0;
        uint64_t destructed_in = 0;
        Account beneath;
        Account current;    // default if it does not exist
        evm::CodePtr code;  // null: not asked for yet
        Slots storage;
        absl::node_hash_map<Hash, TransientSlot> transient;
        std::vector<Hash> read_before_clear;
        const Address* address = nullptr;  // its key
    };
    struct OpenTransaction {
        uint64_t number = 0;  // 0: none is open
        uint64_t warmth = 0;  // what is accessed has this number
        std::vector<Log> logs;
        std::vector<AccountEntry*> touched;
        std::vector<AccountEntry*> destructed;
        // What the next one begins with.
        std::optional<Address> carry_address;
        uint64_t carry_number = 0;
    };
    struct SavedCode;
    struct SavedStorage;
    struct SavedTransaction;
    struct Past;
    struct Place {  // an account and where it lies; neither moves
        const Address& address;
        AccountEntry& entry;
    };

    Place place(const Address& address) const;  // not loaded
    AccountEntry& loaded(const Address& address) const;
    Place change(const Address& address);  // loaded, exists, touched
    void touch(AccountEntry& entry);
    const evm::CodePtr& code_of(const Place& place) const;
    Slots::value_type& loaded_slot(const Place& place, const Hash& key) const;
    void set_code(AccountEntry& entry, evm::CodePtr code, const Hash& hash);
    void set_balance(AccountEntry& entry, const uint256& balance);
    void set_nonce(AccountEntry& entry, uint64_t nonce);
    void set_transient(AccountEntry& entry, const Hash& key, const Hash& value);
    void remove(AccountEntry& entry);
    void clear_storage(AccountEntry& entry);
    void replace_transaction(OpenTransaction next);
    Journal::Entry& record(Kind kind, void* subject = nullptr);
    [[nodiscard]] std::vector<Past> past_at(Journal::Checkpoint checkpoint) const;
    static std::optional<AccountDiff> difference(const Past& past);
    void undo(const Journal::Entry& entry, std::unique_ptr<Journal::Saved> saved) noexcept;

    const StateView& beneath_;
    std::unique_ptr<Journal> own_journal_;
    Journal* journal_;
    mutable absl::node_hash_map<Address, AccountEntry> accounts_;
    OpenTransaction open_;
    uint64_t last_number_ = 0;
};

}  // namespace scope::state
