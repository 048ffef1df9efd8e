#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "state/world_state.hpp"
#include "types/transaction.hpp"

namespace scope::execution {

/// The values of an account that a change by force left.
struct ForcedAccount {
    Address address;
    uint64_t nonce = 0;
    uint256 balance;                             ///< wei
    std::optional<Bytes> code;                   ///< nullopt: unchanged
    std::vector<std::pair<Hash, Hash>> storage;  ///< key, value, of slots that were changed
    friend bool operator==(const ForcedAccount&, const ForcedAccount&) = default;
};
/// A change by force of a state: the accounts that it changed.
using ForcedChange = std::vector<ForcedAccount>;
using ForcedChangePtr = std::shared_ptr<const ForcedChange>;

/// What the tests of a devnet changed by force (anvil_setBalance and its like), as all its nodes
/// replay it: a chain's specification names it, so that builder, attesters and followers come to the
/// same blocks. A chain outside of a devnet has none.
///
/// Thread-safe.
class Forced {
  public:
    /// Values of a block's child that don't follow from the rules.
    struct Child {
        std::optional<uint256> base_fee;
        std::optional<uint64_t> gas_limit;
        friend bool operator==(const Child&, const Child&) = default;
    };
    /// All that was changed: to keep it, and to come back to it.
    struct Contents {
        std::map<Hash, std::vector<ForcedChangePtr>> states;  ///< after a block, in order
        std::map<Hash, Address> senders;                      ///< by transaction
        std::map<Hash, Child> children;                       ///< by block
    };

    /// Changes the state that children of a block are executed on, beside what was changed there.
    /// @param before  As state_after gives it.
    void change_state(const Hash& block, const state::WorldState& before,
                      const state::StateDiff& change);
    /// Returns whether the state after a block was changed.
    [[nodiscard]] bool has_changed(const Hash& block) const;
    /// Returns the state that children of a block are executed on.
    /// @param executed  The one after the block as it was executed; null, and so is what is
    ///                  returned: it is not kept.
    [[nodiscard]] std::shared_ptr<const state::WorldState> state_after(
        const Hash& block, std::shared_ptr<const state::WorldState> executed) const;

    /// Sets who sent a transaction whose signature is not its sender's (impersonate).
    void set_sender(const Hash& transaction, const Address& sender);
    [[nodiscard]] std::optional<Address> sender(const Transaction& transaction) const;

    void set_child(const Hash& block, const Child& child);
    [[nodiscard]] Child child(const Hash& block) const;

    /// Returns whether anything was forced.
    [[nodiscard]] bool empty() const;

    /// Forgets who sent a transaction that nothing came of.
    void forget_sender(const Hash& transaction);

    /// Returns what there is; it is shared until the next change, and never changes itself.
    [[nodiscard]] std::shared_ptr<const Contents> contents() const;
    /// REQUIRES: not null.
    void set_contents(std::shared_ptr<const Contents> contents);

  private:
    /// Returns the contents to change, in a copy if somebody else has them too.
    Contents& own();

    mutable std::mutex mutex_;
    std::shared_ptr<const Contents> contents_ = std::make_shared<const Contents>();
    mutable std::shared_ptr<Contents> owned_;  // the same, if nobody else was given them; or null
    std::atomic<bool> has_states_{false};
    std::atomic<bool> has_senders_{false};  // most chains have none, and need no hash then

    /// A state that the changes of a block made: up to this one.
    struct Made {
        ForcedChangePtr last;
        std::shared_ptr<const state::WorldState> state;
    };
    void keep(const Hash& block, Made made) const;
    mutable std::map<Hash, Made> made_;
};

/// Gives a transaction that its sender did not sign the fields of a signature. They are other ones
/// for each sender, so that two senders' transactions have two hashes. Forced::set_sender makes it
/// count.
void impersonate(Transaction& tx, const Address& sender);
/// Returns whether a transaction has the signature of an impersonated one, or one that its signer
/// chose to look so.
bool looks_impersonated(const Transaction& tx) noexcept;

}  // namespace scope::execution
